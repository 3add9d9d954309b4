"""Fixing in rounds, each proven on the result: with diagnostics made up for the purpose."""

from __future__ import annotations

import re

import pytest

from modlint.diagnostics import Diagnostic, Edit, Fix, Span
from modlint.edits import Text, together
from modlint.errors import SourceError
from modlint.fixing import mend
from modlint.source import Source, parse

WORD = re.compile(r"\b(bad|worse|trap|broken|loud)\b")
MADE = {"bad": "good", "worse": "bad", "trap": "new_bad bad", "broken": "(", "loud": "quiet"}


def at(line: int, column: int, length: int = 0) -> Span:
    return Span(line, column, line, column + length)


def found(source: Source) -> list[Diagnostic]:
    """A finding for each known word, with a fix that replaces it."""
    parse(source)
    diagnostics = []
    for number, line in enumerate(source.lines, start=1):
        for match in WORD.finditer(line):
            place = at(number, match.start() + 1, len(match[0]))
            unsafe = "it is loud" if match[0] == "loud" else None
            fix = Fix("say it better", (Edit(place, MADE[match[0]]),), unsafe)
            diagnostics.append(
                Diagnostic("MOD999", "word", f"`{match[0]}` is said", source.path, place, number, "error", fix)
            )
    return diagnostics


def mended(text: str, unsafe: bool = False, kept: tuple[int, ...] = ()) -> tuple[str, list[str], list[str]]:
    source = Source("a.py", text)
    result = mend(source, found(source), found, unsafe, kept)
    return (
        result.source.text,
        [d.message for d in result.remaining],
        [f"{left.diagnostic.message}: {left.reason}" for left in result.left_out],
    )


def test_all_findings_are_fixed() -> None:
    assert mended("bad\nx = bad\n") == ("good\nx = good\n", [], [])


def capitals(source: Source) -> list[Diagnostic]:
    """A finding for each capital letter, with a fix that makes it small."""
    places = [match.start() + 1 for match in re.finditer("[A-Z]", source.text)]
    return [
        Diagnostic("MOD999", "capital", "a capital", "a.py", at(1, c), 1, "error", Fix("x", (Edit(at(1, c, 1), "x"),)))
        for c in places
    ]


def test_fixes_that_touch_converge_in_rounds() -> None:
    source = Source("a.py", "ABCDE\n")
    result = mend(source, capitals(source), capitals, False)
    assert (result.source.text, len(result.fixed), result.left_out) == ("xxxxx\n", 5, [])


def test_fix_that_brings_a_finding_is_left_out() -> None:
    text, remaining, left = mended("worse\n")
    assert (text, remaining) == ("worse\n", ["`worse` is said"])
    assert left == ["`worse` is said: it would bring MOD999 at line 1: `bad` is said"]


def test_what_would_not_parse_is_left_out_and_the_rest_is_done() -> None:
    text, remaining, left = mended("bad\nbroken\nbad\n")
    assert text == "good\nbroken\ngood\n"
    assert remaining == ["`broken` is said"]
    assert left == ["`broken` is said: the result would not parse (line 2: syntax error: '(' was never closed)"]


def test_unsafe_fixes_are_applied_on_demand() -> None:
    assert mended("loud\nbad\n") == ("loud\ngood\n", ["`loud` is said"], [])
    assert mended("loud\nbad\n", unsafe=True) == ("quiet\ngood\n", [], [])


def test_protected_lines_stay() -> None:
    text, _, left = mended("bad = 1\nx = bad  # noqa\n", kept=(2,))
    assert text == "good = 1\nx = bad  # noqa\n"
    assert left == ["`bad` is said: it would change a line with `# noqa`"]


def test_fix_that_loses_a_comment_is_left_out() -> None:
    source = Source("a.py", "f(1,  # one\n  2)\n")
    fix = Fix("shorten", (Edit(Span(1, 1, 2, 5), "g()"),))
    finding = Diagnostic("MOD999", "call", "long", "a.py", at(1, 1, 3), 1, "error", fix)
    result = mend(source, [finding], lambda _: [], False)
    assert result.source is source
    assert [left.reason for left in result.left_out] == ["it would lose a comment"]


def test_fix_that_mends_nothing_is_left_out() -> None:
    source = Source("a.py", "bad\n")
    fix = Fix("add a line", (Edit(at(1, 4), "\npass"),))
    finding = Diagnostic("MOD999", "word", "`bad` is said", "a.py", at(1, 1, 3), 1, "error", fix)
    result = mend(source, [finding], lambda _: [finding], False)
    assert (result.source, [left.reason for left in result.left_out]) == (source, ["the finding would remain"])


def test_a_result_that_cannot_be_checked_is_left_out() -> None:
    def refuse(_: Source) -> list[Diagnostic]:
        raise SourceError(3, 1, "is nested too deeply")

    source = Source("a.py", "bad\n")
    result = mend(source, found(source), refuse, False)
    assert result.left_out[0].reason == "the result would not parse (line 3: is nested too deeply)"


def finding(*edits: Edit) -> Diagnostic:
    return Diagnostic("MOD999", "x", "x", "a.py", at(1, 1), 1, "error", Fix("x", edits))


def test_fixes_that_touch_wait_for_the_next_round() -> None:
    one, two = finding(Edit(at(1, 1, 3), "a")), finding(Edit(at(1, 4, 2), "b"))
    three = finding(Edit(at(1, 9, 1), "c"))
    assert together([one, two, three])[0] == [one, three]


def test_one_import_serves_two_fixes() -> None:
    needed = Edit(at(1, 13), "\nimport copy")
    one, two = finding(needed, Edit(at(3, 1, 1), "a")), finding(needed, Edit(at(4, 1, 1), "b"))
    chosen, edits = together([one, two])
    assert chosen == [one, two]
    assert Text("import torch\n\nx\ny\n").edited(edits) == "import torch\nimport copy\n\na\nb\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_are_the_files_own(end: str) -> None:
    text = Text(f"a{end}b{end}")
    assert text.edited([Edit(at(1, 2), "\nnew")]) == f"a{end}new{end}b{end}"


def test_edit_at_the_end_of_a_text_without_line_end() -> None:
    assert Text("a\nb").edited([Edit(at(2, 2), "\nc")]) == "a\nb\nc"
    assert Text("a\nb").edited([Edit(Span(2, 1, 3, 1), "")]) == "a\n"
