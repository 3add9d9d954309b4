"""The report for people: each finding with the code it is about, and a closing line."""

from __future__ import annotations

from collections.abc import Iterator

import click

from modlint.diagnostics import Diagnostic
from modlint.report import Report, Style, marked, printable
from modlint.report.excerpt import excerpt
from modlint.source import Source

_COLORS = {"error": "red", "warning": "yellow", "info": "blue"}


def render(report: Report, style: Style) -> str:
    """The findings, with their source if ``style`` wants it, and the summary."""
    lines: list[str] = []
    for diagnostic in report.diagnostics:
        lines.append(_headline(diagnostic, style))
        source = report.sources.get(diagnostic.filename) if style.show_source else None
        if source is not None:
            lines += [*_excerpt(diagnostic, source, style), ""]
    if style.summary:
        lines += [summary(report), *_fixes(report, style), *report.remarks]
    return "".join(f"{line}\n" for line in lines)


def summary(report: Report) -> str:
    """How much was found in how many files, and how much was fixed."""
    if not report.checked:
        return "No Python files or notebooks to check."
    fixed = ""
    if report.fixed:
        files = len({diagnostic.filename for diagnostic in report.fixed})
        fixed = f"Fixed {_count(len(report.fixed), 'problem')} in {_count(files, 'file')}. "
    if not report.diagnostics and report.unverified:
        return f"{fixed}No rule was broken: {_count(report.checked, 'file')} checked{_unread(report)}."
    if not report.diagnostics:
        return f"{fixed}All clear: {_count(report.checked, 'file')} checked{_unread(report)}."
    files = len({diagnostic.filename for diagnostic in report.diagnostics})
    found = _count(len(report.diagnostics), "problem")
    return f"{fixed}Found {found} in {_count(files, 'file')} ({report.checked} checked{_unread(report)})."


def _unread(report: Report) -> str:
    """What of the files wasn't read."""
    return f", {_count(report.unread, 'cell')} in other languages not read" if report.unread else ""


def _fixes(report: Report, style: Style) -> list[str]:
    """A line about what could be fixed and wasn't yet."""
    failed = {id(left.diagnostic) for left in report.left_out}
    safe = sum(d.fixable(style.unsafe) for d in report.diagnostics if id(d) not in failed)
    more = sum(d.fix is not None and not d.fixable(style.unsafe) for d in report.diagnostics)
    if safe and not report.left_out:
        also = f" ({more} more with `--fix --unsafe-fixes`)" if more else ""
        flags = "--fix --unsafe-fixes" if style.unsafe else "--fix"
        return [f"[*] {safe} fixable with `{flags}`{also}."]
    return [f"{more} fixable with `--fix --unsafe-fixes`."] if more else []


def _headline(diagnostic: Diagnostic, style: Style) -> str:
    color = _COLORS[diagnostic.severity]
    place = f":{diagnostic.place}"
    path = _styled(printable(diagnostic.filename), style, bold=True)
    code = _styled(diagnostic.code, style, fg=color, bold=True)
    name = _styled(diagnostic.name, style, fg=color)
    mark = _styled("[*]", style, fg="cyan") + " " if marked(diagnostic, style) else ""
    return f"{path}{place} {code} {name} {mark}{printable(diagnostic.told)}"


def _excerpt(diagnostic: Diagnostic, source: Source, style: Style) -> Iterator[str]:
    rows = list(excerpt(source.lines_around(diagnostic.span), diagnostic.span))
    width = max((len(number) for number, _, _ in rows), default=0)
    for number, text, carets in rows:
        yield f"{_gutter(number.rjust(width), style)} {text}".rstrip()
        if carets:
            marks = _styled(carets, style, fg=_COLORS[diagnostic.severity], bold=True)
            yield f"{_gutter(' ' * width, style)} {marks}"


def _gutter(number: str, style: Style) -> str:
    return _styled(f"{number} |", style, fg="blue")


def _styled(text: str, style: Style, fg: str | None = None, bold: bool | None = None) -> str:
    return click.style(text, fg=fg, bold=bold) if style.color else text


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
