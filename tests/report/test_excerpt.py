from __future__ import annotations

import pytest

from modlint.diagnostics import Span
from modlint.report.excerpt import excerpt


def shown(text: str, *span: int) -> list[tuple[str, str, str]]:
    return list(excerpt(tuple(text.split("\n")), Span(*span)))


@pytest.mark.parametrize(
    ("line", "span", "text", "carets"),
    [
        ("self.a = [b]", (1, 10, 1, 13), "self.a = [b]", "         ^^^"),
        ("\tself.a = [b]", (1, 2, 1, 6), "    self.a = [b]", "    ^^^^"),
        ("a\t= [b]", (1, 3, 1, 4), "a   = [b]", "    ^"),
        ("'層' + [b]", (1, 7, 1, 10), "'層' + [b]", "       ^^^"),
        ("['層'] + b", (1, 1, 1, 6), "['層'] + b", "^^^^^^"),
        ("'e\u0301' + b", (1, 8, 1, 9), "'e\u0301' + b", "      ^"),
        ("\x0cimport a", (1, 2, 1, 8), "\u240cimport a", " ^^^^^^"),
        ("a = '\x1b[31m'", (1, 5, 1, 12), "a = '\u241b[31m'", "    ^^^^^^^"),
        ("a = '\u202e'", (1, 1, 1, 2), "a = '\ufffd'", "^"),
        ("a = 1   ", (1, 6, 1, 6), "a = 1", "     ^"),
        ("a", (1, 4, 1, 5), "a", "   ^"),
        ("", (1, 1, 1, 2), "", "^"),
    ],
)
def test_one_line(line: str, span: tuple[int, ...], text: str, carets: str) -> None:
    assert shown(line, *span) == [("1", text, carets)]


def test_span_over_lines_marks_each_without_its_indentation() -> None:
    assert shown("a = [\n    b,\n\n]  # end", 1, 5, 4, 2) == [
        ("1", "a = [", "    ^"),
        ("2", "    b,", "    ^^"),
        ("3", "", ""),
        ("4", "]  # end", "^"),
    ]


def test_long_span_leaves_out_its_middle() -> None:
    rows = shown("[\n" + "x,\n" * 20 + "]", 1, 1, 22, 2)
    assert [number for number, _, _ in rows] == ["1", "2", "3", "...", "22"]


def test_span_that_ends_at_the_start_of_a_line_does_not_show_it() -> None:
    assert shown("a = 1\nb = 2", 1, 1, 2, 1) == [("1", "a = 1", "^^^^^")]


def test_span_after_the_end_shows_nothing() -> None:
    assert shown("a = 1", 7, 1, 7, 2) == []
