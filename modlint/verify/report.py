"""What a run of the verifier found: what reports print."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from modlint.verify.outcome import (
    CHECKED,
    FAILED,
    NOT_RUN,
    NOTED,
    RECIPE_FAILED,
    SKIPPED,
    CheckResult,
    Judgement,
    Outcome,
    Place,
)


@dataclass(frozen=True)
class ClassReport:
    """One class, how far it came, and what was found."""

    name: str
    place: Place
    defines_forward: bool
    outcome: Outcome
    checks: tuple[CheckResult, ...] = ()
    findings: tuple[Judgement, ...] = ()

    @property
    def filename(self) -> str:
        """The file that the class is written in."""
        return self.place.filename

    @property
    def line(self) -> int:
        """The line on which the class begins."""
        return self.place.line

    @property
    def short(self) -> str:
        """The name of the class alone."""
        return self.name.rpartition(".")[2]

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The checks that failed."""
        return tuple(c for c in self.checks if c.status == FAILED)

    @property
    def notes(self) -> tuple[CheckResult, ...]:
        """What checks noted without failing."""
        return tuple(c for c in self.checks if c.status == NOTED)

    def tells(self, result: CheckResult) -> bool:
        """Whether a confirmed finding says the same as a check, with the check's words as evidence."""
        return any(f.check == result.code and f.evidence == result.message for f in self.findings)

    @property
    def verified(self) -> bool:
        """Whether the class was built and run, so that its checks could speak."""
        return self.outcome.outcome == CHECKED

    @property
    def imported(self) -> bool:
        """Whether the file of the class could be imported."""
        return self.outcome.stage != "import"


@dataclass(frozen=True)
class Unverified:
    """Classes that weren't verified for one reason."""

    outcome: str
    reason: str
    classes: tuple[str, ...]


@dataclass(frozen=True)
class VerifyReport:
    """All classes of a run; ``active`` is what confined the code, ``passed_over`` counts files not looked into."""

    classes: tuple[ClassReport, ...]
    active: tuple[str, ...] = ()
    interrupted: bool = False
    total: int = 0
    passed_over: int = 0

    def status(self, strict: bool = False) -> int:
        """The exit code: 0 nothing wrong, 1 something is; with ``strict`` a class that wasn't reached counts too."""
        if any(c.failed or any(f.verdict == "confirmed" for f in c.findings) for c in self.classes):
            return 1
        if any(c.outcome.outcome == RECIPE_FAILED for c in self.classes):
            return 1
        return int(strict and any(not c.verified for c in self.tried))

    @property
    def tried(self) -> list[ClassReport]:
        """The classes that were to be verified."""
        return [c for c in self.classes if c.outcome.outcome != SKIPPED]

    @property
    def nothing_verified(self) -> bool:
        """Whether there were classes to verify and none of them could be."""
        return bool(self.tried) and not any(c.verified for c in self.tried)

    @property
    def unverified(self) -> list[Unverified]:
        """The classes that weren't verified by the reason, the most frequent first."""
        found: dict[tuple[str, str], list[str]] = {}
        for item in self.classes:
            if not item.verified:
                kind = item.outcome.outcome if item.imported else "not-imported"
                found.setdefault((kind, item.outcome.reason), []).append(item.short)
        groups = [Unverified(kind, reason, tuple(names)) for (kind, reason), names in found.items()]
        return sorted(groups, key=lambda group: -len(group.classes))

    def parts(self) -> dict[str, str]:
        """By file, why only a part of it was run, where that is so."""
        return {item.filename: item.outcome.part for item in self.classes if item.outcome.part}

    def summary(self) -> dict[str, Any]:
        """The counts of the run."""
        outcomes = [c.outcome for c in self.classes]
        reasons = Counter(o.outcome for o in outcomes if o.outcome not in (CHECKED, NOT_RUN))
        verdicts = Counter(f.verdict for c in self.classes for f in c.findings)
        return {
            "classes": self.total,
            "constructed": sum(o.built for o in outcomes),
            "forward_ok": sum(o.outcome == CHECKED for o in outcomes),
            "checks_failed": sum(len(c.failed) for c in self.classes),
            "not_reached": {**reasons, **Counter(o.outcome for o in outcomes if o.outcome == NOT_RUN)},
            "unverified": [
                {"outcome": g.outcome, "reason": g.reason, "classes": len(g.classes)} for g in self.unverified
            ],
            "verdicts": dict(verdicts),
            "passed_over": self.passed_over,
            "sandbox": list(self.active),
            "interrupted": self.interrupted,
        }
