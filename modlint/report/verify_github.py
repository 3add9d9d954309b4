"""The verifier's report as workflow commands: GitHub shows each failed check at its line of a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Diagnostic
from modlint.report import Style
from modlint.report.github import command, notice
from modlint.report.verify_text import MOST_REASONS
from modlint.verify.report import VerifyReport


def render(report: VerifyReport, style: Style) -> str:
    """One command per failed check and per confirmed finding, and one that says what wasn't verified."""
    found = [result.diagnostic for item in report.classes for result in item.failed]
    for item in report.classes:
        for finding in item.findings:
            if finding.verdict == "confirmed":
                at = finding.location
                found.append(Diagnostic(finding.code, "confirmed", finding.evidence, at.filename, at.span, at.line))
    return "".join(f"{line}\n" for line in (*map(command, found), *_unverified(report)))


def _unverified(report: VerifyReport) -> Iterator[str]:
    count = sum(len(group.classes) for group in report.unverified)
    if count:
        reasons = "; ".join(f"{len(g.classes)} {g.outcome}: {g.reason}" for g in report.unverified[:MOST_REASONS])
        yield notice("modlint verify", f"{count} of {report.total} classes were not verified: {reasons}")
