"""The report as workflow commands: GitHub shows each finding at its line of a pull request."""

from __future__ import annotations

from modlint.diagnostics import Diagnostic, Span
from modlint.report import Report, Style

_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}


def render(report: Report, style: Style) -> str:
    """One command per finding, and one that says which classes weren't verified."""
    told = [notice("modlint", "\n".join(report.remarks))] if report.unverified else []
    return "".join(f"{line}\n" for line in (*map(command, report.diagnostics), *told))


def command(diagnostic: Diagnostic) -> str:
    """A diagnostic as a workflow command."""
    properties = {
        "file": diagnostic.filename,
        **({} if diagnostic.span.cell else _lines(diagnostic.span)),
        "title": f"{diagnostic.code} ({diagnostic.name})",
    }
    settings = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    place = f"{diagnostic.place}: " if diagnostic.span.cell else ""
    return f"::{_LEVELS[diagnostic.severity]} {settings}::{_data(place + diagnostic.told)}"


def notice(title: str, text: str) -> str:
    """A remark on the run as a whole, as a workflow command."""
    return f"::notice title={_property(title)}::{_data(text)}"


def _lines(span: Span) -> dict[str, str]:
    """The place as GitHub knows it; the lines of a notebook's file are not those of its cells."""
    return {
        "line": str(span.line),
        "col": str(span.column),
        "endLine": str(span.end_line),
        "endColumn": str(span.end_column),
    }


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
