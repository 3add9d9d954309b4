"""A check and a run of the models in one report: each finding with its verdict, each failed check as a finding."""

from __future__ import annotations

from msgspec.structs import replace

from modlint.diagnostics import Diagnostic
from modlint.report import Report, readable
from modlint.report.verify_text import summary
from modlint.verify.outcome import Judgement
from modlint.verify.report import VerifyReport

OUTSIDE = "it is outside the classes that were run"


def combined(report: Report, verified: VerifyReport) -> Report:
    """The report of a check with what a run found."""
    said = {_key(f): f for c in verified.classes for f in c.findings}
    judged = [_judged(d, said.get((d.code, d.filename, d.span.cell, d.span.line))) for d in report.diagnostics]
    failed = [r.diagnostic for item in verified.classes for r in item.failed if not item.tells(r)]
    texts = {d.filename: text for d in failed if (text := readable(d.filename)) is not None}
    return replace(
        report,
        diagnostics=tuple(sorted((*judged, *failed), key=lambda d: d.order)),
        sources={**texts, **report.sources},
        remarks=tuple(summary(verified)),
        unverified=sum(not c.verified for c in verified.tried),
        nothing_verified=verified.nothing_verified,
    )


def _key(finding: Judgement) -> tuple[str, str, int, int]:
    return finding.code, finding.location.filename, finding.location.cell, finding.location.line


def _judged(diagnostic: Diagnostic, finding: Judgement | None) -> Diagnostic:
    verdict, evidence = (finding.verdict, finding.evidence) if finding else ("not-reached", OUTSIDE)
    return replace(diagnostic, verdict=verdict, evidence=evidence)
