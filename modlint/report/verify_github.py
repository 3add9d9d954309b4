"""The verifier's report as workflow commands: GitHub shows each failed check at its line of a pull request."""

from __future__ import annotations

from modlint.diagnostics import Diagnostic, Span
from modlint.report import Style
from modlint.report.github import command
from modlint.verify.outcome import CheckResult
from modlint.verify.report import VerifyReport


def render(report: VerifyReport, style: Style) -> str:
    """One command per failed check and per confirmed finding."""
    found = [_failed(result) for item in report.classes for result in item.failed]
    for item in report.classes:
        for finding in item.findings:
            if finding.verdict == "confirmed":
                at = finding.location
                span = Span(at.line, at.column, at.line, at.column + 1)
                found.append(Diagnostic(finding.code, "confirmed", finding.evidence, at.filename, span, at.line))
    return "".join(f"{command(diagnostic)}\n" for diagnostic in found)


def _failed(result: CheckResult) -> Diagnostic:
    place = result.location
    filename, line, column = (place.filename, place.line, place.column) if place else ("", 1, 1)
    span = Span(line, column, line, column + 1)
    return Diagnostic(result.code, result.name, result.message, filename, span, line, result.severity)
