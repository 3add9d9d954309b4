"""A check and a run of the models in one report: each finding with its verdict, each failed check as a finding."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from modlint.diagnostics import Diagnostic, Span
from modlint.report import Report, readable
from modlint.report.verify_text import summary
from modlint.verify.outcome import SKIPPED, CheckResult, Judgement
from modlint.verify.report import ClassReport, VerifyReport

OUTSIDE = "it is outside the classes that were run"


def combined(report: Report, verified: VerifyReport) -> Report:
    """The report of a check with what a run found."""
    said = {_key(f): f for c in verified.classes for f in c.findings}
    judged = [_judged(d, said.get((d.code, d.filename, d.span.cell, d.span.line))) for d in report.diagnostics]
    failed = [d for item in verified.classes for d in _failed(item)]
    texts = {d.filename: text for d in failed if (text := readable(d.filename)) is not None}
    tried = [c for c in verified.classes if c.outcome.outcome != SKIPPED]
    return replace(
        report,
        diagnostics=tuple(sorted((*judged, *failed), key=lambda d: d.order)),
        sources={**texts, **report.sources},
        remarks=tuple(summary(verified)),
        verified=sum(c.verified for c in tried),
        unverified=sum(not c.verified for c in tried),
    )


def _key(finding: Judgement) -> tuple[str, str, int, int]:
    return finding.code, finding.location.filename, finding.location.cell, finding.location.line


def _judged(diagnostic: Diagnostic, finding: Judgement | None) -> Diagnostic:
    verdict, evidence = (finding.verdict, finding.evidence) if finding else ("not-reached", OUTSIDE)
    return replace(diagnostic, verdict=verdict, evidence=evidence)


def _failed(item: ClassReport) -> Iterator[Diagnostic]:
    """The failed checks of a class that no confirmed finding tells of."""
    for result in item.failed:
        if not any(f.check == result.code and f.evidence == result.message for f in item.findings):
            yield as_diagnostic(result)


def as_diagnostic(result: CheckResult) -> Diagnostic:
    """A check's result in the form of a finding."""
    place = result.location
    filename, line, column, cell = (place.filename, place.line, place.column, place.cell) if place else ("", 1, 1, 0)
    span = Span(line, column, line, column + 1, cell)
    return Diagnostic(result.code, result.name, result.message, filename, span, line, result.severity)
