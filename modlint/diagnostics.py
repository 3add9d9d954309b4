"""What modlint says about code: frozen values that every stage can hand on.

A rule answers with a *finding*; pinned on the concrete syntax and given its rule's code it becomes a
*diagnostic*; a *fix* is made of *edits*. Nothing here imports the rest of modlint.
"""

from __future__ import annotations

import msgspec


class Span(msgspec.Struct, frozen=True, order=True):
    """A range of source text: lines and columns count from 1, columns in characters, the end is exclusive.

    ``cell`` is the number of a notebook's cell in which the lines are counted, from 1; 0 where there are no cells.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    cell: int = 0

    @property
    def row(self) -> str:
        """The line as reports print it, in a notebook after the number of the cell."""
        return f"cell {self.cell}:{self.line}" if self.cell else str(self.line)


class Edit(msgspec.Struct, frozen=True):
    """Replace the text in ``span`` by ``content``; an empty span inserts."""

    span: Span
    content: str


class Fix(msgspec.Struct, frozen=True):
    """Edits that mend one finding. ``unsafe`` says why a person should look first; ``None`` means safe."""

    message: str
    edits: tuple[Edit, ...]
    unsafe: str | None = None


class Finding(msgspec.Struct, frozen=True):
    """What a rule proposes, as the ``ast`` stage sees it: not yet checked against the concrete syntax.

    ``span`` covers the node, ``node`` is its ``ast`` class name, ``statement`` the first line of the statement
    it stands in and ``scope`` the lines (first, last) of the function, else the class or statement, that holds it.
    ``subject`` is the name that must be found there (an attribute, a callee), so that a pin can refuse a wrong place.
    ``fix`` is how the rule would mend it, where it can.
    """

    message: str
    span: Span
    node: str
    statement: int
    scope: tuple[int, int]
    subject: str = ""
    fix: Fix | None = None


class Diagnostic(msgspec.Struct, frozen=True):
    """A finding with its rule and its exact place: what reports print and doors hand out.

    ``verdict`` is what a run says of it, with its ``evidence``; empty where nothing was run.
    """

    code: str
    name: str
    message: str
    filename: str
    span: Span
    statement: int
    severity: str = "error"
    fix: Fix | None = None
    verdict: str = ""
    evidence: str = ""

    @property
    def told(self) -> str:
        """The message, and what a run says of the finding where there was one."""
        return f"{self.message} [{self.verdict}: {self.evidence}]" if self.verdict else self.message

    def fixable(self, unsafe: bool) -> bool:
        """Whether it has a fix that may be applied when unsafe ones are wanted or not."""
        return self.fix is not None and (unsafe or self.fix.unsafe is None)

    @property
    def order(self) -> tuple[str, int, Span, str, str]:
        """The key reports are sorted by: file, place, code."""
        return (self.filename, self.span.cell, self.span, self.code, self.message)

    @property
    def place(self) -> str:
        """Where it is, as reports print it: the line and column, in a notebook after the number of the cell."""
        return f"{self.span.row}:{self.span.column}"


class LeftOut(msgspec.Struct, frozen=True):
    """A fix that was tried and not kept, and why."""

    diagnostic: Diagnostic
    reason: str
