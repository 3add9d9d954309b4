"""The lines of source that a finding is about, with its span underlined."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from modlint.diagnostics import Span

TAB = 4
MOST_LINES = 5


def excerpt(lines: tuple[str, ...], span: Span) -> Iterator[tuple[str, str, str]]:
    """For each shown line its number, its text and the carets below it; a long span leaves out its middle."""
    last = min(_last_line(span), len(lines))
    numbers = list(range(span.line, last + 1))
    if len(numbers) > MOST_LINES:
        numbers = [*numbers[: MOST_LINES - 2], 0, numbers[-1]]
    for number in numbers:
        yield _line(lines[number - 1], number, span) if number else ("...", "", "")


def _last_line(span: Span) -> int:
    """The last line that has a character of the span."""
    goes_over = span.end_column == 1 and span.end_line > span.line
    return span.end_line - 1 if goes_over else span.end_line


def _line(line: str, number: int, span: Span) -> tuple[str, str, str]:
    indent = len(line) - len(line.lstrip())
    start = span.column - 1 if number == span.line else indent
    end = span.end_column - 1 if number == span.end_line else len(line.rstrip())
    cells = _cells(line)
    widths = [_width(cell) for cell in cells]
    before = sum(widths[:start]) + max(start - len(line), 0)
    inside = sum(widths[start:end])
    text = "".join(cells).rstrip()
    return str(number), text, " " * before + "^" * max(inside, 1 if number == span.line else 0)


def _cells(line: str) -> list[str]:
    """The line as it is printed, by character: tabs spread out, control characters made visible."""
    if line.isprintable():
        return list(line)
    cells: list[str] = []
    column = 0
    for char in line:
        cell = " " * (TAB - column % TAB) if char == "\t" else _visible(char)
        cells.append(cell)
        column += _width(cell)
    return cells


def _visible(char: str) -> str:
    """A stand-in of width one for a character that would move the cursor or steer the terminal."""
    if ord(char) < 32:
        return chr(0x2400 + ord(char))
    return "\ufffd" if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") else char


def _width(cell: str) -> int:
    """The columns that a cell takes on a terminal."""
    if cell.isascii():
        return len(cell)
    if unicodedata.combining(cell) or unicodedata.category(cell) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(cell) in "WF" else 1
