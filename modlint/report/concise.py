"""One line per finding and nothing else: for grep, editors and people in a hurry."""

from __future__ import annotations

from modlint.diagnostics import Diagnostic
from modlint.report import Report, Style, marked, printable


def render(report: Report, style: Style) -> str:
    """A line ``path:line:column CODE name message`` for each finding."""
    return "".join(f"{headline(diagnostic, style)}\n" for diagnostic in report.diagnostics)


def headline(diagnostic: Diagnostic, style: Style) -> str:
    """Where, which rule, what."""
    place = f"{printable(diagnostic.filename)}:{diagnostic.place}"
    return f"{place} {diagnostic.code} {diagnostic.name} {marked(diagnostic, style)}{printable(diagnostic.told)}"
