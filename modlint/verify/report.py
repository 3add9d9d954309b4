"""What a run of the verifier found: what reports print."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from modlint.verify.outcome import CHECKED, FAILED, NOT_RUN, NOTED, SKIPPED, CheckResult, Judgement, Outcome


@dataclass(frozen=True)
class ClassReport:
    """One class, how far it came, and what was found."""

    name: str
    filename: str
    line: int
    defines_forward: bool
    outcome: Outcome
    checks: tuple[CheckResult, ...] = ()
    findings: tuple[Judgement, ...] = ()

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The checks that failed."""
        return tuple(c for c in self.checks if c.status == FAILED)

    @property
    def notes(self) -> tuple[CheckResult, ...]:
        """What checks noted without failing."""
        return tuple(c for c in self.checks if c.status == NOTED)


@dataclass(frozen=True)
class VerifyReport:
    """All classes of a run; ``active`` is what confined the code."""

    classes: tuple[ClassReport, ...]
    active: tuple[str, ...] = ()
    interrupted: bool = False
    total: int = 0

    def status(self, strict: bool = False) -> int:
        """The exit code: 0 nothing wrong, 1 something is; with ``strict`` a class that wasn't reached counts too."""
        if any(c.failed or any(f.verdict == "confirmed" for f in c.findings) for c in self.classes):
            return 1
        unreached = any(c.outcome.outcome not in (CHECKED, SKIPPED) for c in self.classes)
        return 1 if strict and unreached else 0

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
            "verdicts": dict(verdicts),
            "sandbox": list(self.active),
            "interrupted": self.interrupted,
        }
