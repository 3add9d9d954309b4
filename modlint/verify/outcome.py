"""What the parts of the verifier hand each other: frozen values that go through pipes as JSON."""

from __future__ import annotations

from msgspec import Struct

from modlint.verify.recipe import Recipe

CHECKED, NOT_BUILT, NOT_RUN = "checked", "not-built", "not-run"
SKIPPED, TIMED_OUT, DIED = "skipped", "timed-out", "died"
PASSED, FAILED, NOTED, NOT_REACHED = "passed", "failed", "noted", "not-reached"
"""What a check says: a note is worth reading and no failure."""
RETURNS_NOTHING = "forward returns None"
"""The reason why a class counts as not run although its `forward` came to its end."""


class Place(Struct, frozen=True):
    """A line of a source file."""

    filename: str
    line: int
    column: int = 1


class Culprit(Struct, frozen=True):
    """What a check points at: an attribute of a class, or a line that ran; the parent finds it in the source."""

    module: str = ""
    qualname: str = ""
    attribute: str = ""
    filename: str = ""
    line: int = 0


class CheckResult(Struct, frozen=True):
    """What one check says about a class."""

    code: str
    name: str
    status: str
    message: str = ""
    severity: str = "error"
    culprit: Culprit = Culprit()
    location: Place | None = None


class Suspicion(Struct, frozen=True):
    """A static finding that the run is to judge."""

    code: str
    filename: str
    line: int
    last: int
    subject: str = ""


class Observation(Struct, frozen=True):
    """What a run saw that concerns a suspicion: whether its line ran, and what the attribute turned out to be."""

    line_ran: bool = False
    line_raised: str = ""
    attribute: str = ""


class Judgement(Struct, frozen=True):
    """A static finding and what the run says of it: confirmed, refuted or not-reached."""

    code: str
    location: Place
    verdict: str
    evidence: str = ""


class Recorded(Struct, frozen=True):
    """A way to build and call a class that was seen while another one ran."""

    module: str
    qualname: str
    recipe: Recipe


class Job(Struct, frozen=True):
    """One class to verify."""

    module: str
    qualname: str
    filename: str
    line: int
    package: str
    root: str
    recipes: tuple[Recipe, ...] = ()
    suspicions: tuple[Suspicion, ...] = ()
    siblings: tuple[tuple[str, str], ...] = ()
    codes: tuple[str, ...] = ()
    seconds: float = 8.0
    device: str = "cpu"
    task: str = "verify"

    @property
    def name(self) -> str:
        """The dotted name of the class."""
        return f"{self.module}.{self.qualname}"


class Outcome(Struct, frozen=True):
    """How far a class came, and what was seen on the way."""

    outcome: str
    reason: str = ""
    detail: str = ""
    recipe: Recipe | None = None
    shown: str = ""
    stage: str = ""
    checks: tuple[CheckResult, ...] = ()
    observations: tuple[Observation, ...] = ()
    recorded: tuple[Recorded, ...] = ()
    cpu: float = 0.0
    tries: int = 0

    @property
    def built(self) -> bool:
        """Whether an instance was made."""
        return self.outcome in (CHECKED, NOT_RUN)
