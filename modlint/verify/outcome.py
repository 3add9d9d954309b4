"""What the parts of the verifier hand each other: frozen values that go through pipes as JSON."""

from __future__ import annotations

from msgspec import Struct

from modlint.diagnostics import Diagnostic, Span
from modlint.verify.recipe import Recipe

CHECKED, NOT_BUILT, NOT_RUN = "checked", "not-built", "not-run"
SKIPPED, TIMED_OUT, DIED = "skipped", "timed-out", "died"
RECIPE_FAILED = "recipe-failed"
PASSED, FAILED, NOTED, NOT_REACHED = "passed", "failed", "noted", "not-reached"
"""What a check says: a note is worth reading and no failure."""
RETURNS_NOTHING = "forward returns None"
"""The reason why a class counts as not run although its `forward` came to its end."""


class Place(Struct, frozen=True):
    """A line of a source file; of a notebook a line of its cell, where ``cell`` isn't 0."""

    filename: str
    line: int
    column: int = 1
    cell: int = 0

    @property
    def span(self) -> Span:
        """The one character at the place."""
        return Span(self.line, self.column, self.line, self.column + 1, self.cell)

    @property
    def shown(self) -> str:
        """The place as reports print it, without the column."""
        return f"{self.filename}:{self.span.row}"


class Culprit(Struct, frozen=True):
    """What a check points at: an attribute of a class of some file, or a line that ran; the parent finds it there."""

    path: str = ""
    qualname: str = ""
    attribute: str = ""
    filename: str = ""
    line: int = 0


class CheckResult(Struct, frozen=True):
    """What one check says about a class; ``error`` tells that it was not reached since something in it failed."""

    code: str
    name: str
    status: str
    message: str = ""
    severity: str = "error"
    culprit: Culprit = Culprit()
    location: Place | None = None
    error: bool = False

    @property
    def diagnostic(self) -> Diagnostic:
        """The result in the form of a finding; at the start of no file where it has no place."""
        place = self.location or Place("", 1)
        return Diagnostic(self.code, self.name, self.message, place.filename, place.span, place.line, self.severity)


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
    """A static finding and what the run says of it: confirmed, refuted or not-reached; ``check`` is who saw it."""

    code: str
    location: Place
    verdict: str
    evidence: str = ""
    check: str = ""


class Recorded(Struct, frozen=True):
    """A way to build and call a class, known by its file, that was seen while another one ran."""

    path: str
    qualname: str
    recipe: Recipe


class Job(Struct, frozen=True):
    """One class to verify: ``path`` is its file's absolute one, ``siblings`` are the classes of the run, and
    ``given`` says that its recipe is the user's: no other is tried.
    """

    module: str
    qualname: str
    path: str
    filename: str
    line: int
    package: str
    root: str
    recipes: tuple[Recipe, ...] = ()
    suspicions: tuple[Suspicion, ...] = ()
    siblings: tuple[tuple[str, str], ...] = ()
    codes: tuple[str, ...] = ()
    given: bool = False
    seconds: float = 8.0
    device: str = "cpu"
    task: str = "verify"

    @property
    def key(self) -> tuple[str, str]:
        """What tells the class from others: its file and its name there."""
        return self.path, self.qualname


class Outcome(Struct, frozen=True):
    """How far a class came, and what was seen on the way; ``part`` says why only a part of its file was run.

    ``location`` is the line of user code at which building or calling it failed.
    """

    outcome: str
    reason: str = ""
    detail: str = ""
    recipe: Recipe | None = None
    shown: str = ""
    stage: str = ""
    checks: tuple[CheckResult, ...] = ()
    observations: tuple[Observation, ...] = ()
    recorded: tuple[Recorded, ...] = ()
    part: str = ""
    location: Place | None = None
    cpu: float = 0.0
    tries: int = 0

    @property
    def built(self) -> bool:
        """Whether an instance was made."""
        return self.outcome in (CHECKED, NOT_RUN)
