"""Edits applied to a text: which of several fixes go together, and what the text is afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modlint.diagnostics import Diagnostic, Edit, Fix
from modlint.lines import LINE_END


class Text:
    """A text whose places are lines and columns, as spans count them."""

    def __init__(self, text: str) -> None:
        self.text = text
        ends = list(LINE_END.finditer(text))
        self._starts = [0, *(end.end() for end in ends)]
        self._line_end = ends[0][0] if ends else "\n"

    def edited(self, edits: Iterable[Edit]) -> str:
        """The text after ``edits``, none of which overlap; line ends are the file's own."""
        parts: list[str] = []
        done = 0
        for start, end, content in sorted(self._places(edits)):
            parts += [self.text[done:start], content]
            done = end
        return "".join((*parts, self.text[done:]))

    def line(self, number: int) -> str:
        """The text of a line, without its end."""
        start = self._starts[number - 1]
        return LINE_END.split(self.text[start:], maxsplit=1)[0]

    def _places(self, edits: Iterable[Edit]) -> list[tuple[int, int, str]]:
        found = []
        for edit in edits:
            span = edit.span
            content = edit.content.replace("\n", self._line_end)
            found.append((self._at(span.line, span.column), self._at(span.end_line, span.end_column), content))
        return found

    def _at(self, line: int, column: int) -> int:
        if line > len(self._starts):
            return len(self.text)
        return self._starts[line - 1] + column - 1


def together(diagnostics: Sequence[Diagnostic]) -> tuple[list[Diagnostic], list[Edit]]:
    """The first of the fixable ``diagnostics`` that don't get in each other's way, and all their edits.

    Two fixes may insert the same text at the same place (an import both need): it is inserted once.
    """
    chosen: list[Diagnostic] = []
    edits: list[Edit] = []
    for diagnostic in diagnostics:
        fix = diagnostic.fix
        if fix is None or _collides(fix, edits):
            continue
        chosen.append(diagnostic)
        edits += [edit for edit in fix.edits if edit not in edits]
    return chosen, edits


def _collides(fix: Fix, edits: Sequence[Edit]) -> bool:
    return any(edit != other and _meet(edit, other) for edit in fix.edits for other in edits)


def _meet(one: Edit, other: Edit) -> bool:
    """Whether two edits overlap or touch."""
    return _start(one) <= _end(other) and _start(other) <= _end(one)


def _start(edit: Edit) -> tuple[int, int]:
    return edit.span.line, edit.span.column


def _end(edit: Edit) -> tuple[int, int]:
    return edit.span.end_line, edit.span.end_column
