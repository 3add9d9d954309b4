"""Pinning: a finding of the ``ast`` stage is found again on the concrete syntax (libcst) of what it stands in.

Only the method, class or statement that holds the finding is parsed, never the file, and libcst is
imported only when there is something to pin. What can't be pinned is a bug of modlint's.
"""

from __future__ import annotations

import unicodedata
from typing import Final

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from modlint.bracketed import parsable
from modlint.diagnostics import Finding, Fix, Span
from modlint.errors import PinError

STATEMENTS: Final = {
    "Assign": (cst.Assign,),
    "AnnAssign": (cst.AnnAssign, cst.Assign),
    "AugAssign": (cst.AugAssign,),
    "Expr": (cst.Expr,),
    "Return": (cst.Return,),
    "For": (cst.For,),
    "If": (cst.If,),
    "Call": (cst.Call,),
    "Attribute": (cst.Attribute,),
    "Name": (cst.Name,),
    "ClassDef": (cst.Name,),
    "FunctionDef": (cst.Name,),
    "AsyncFunctionDef": (cst.Name,),
}
"""The concrete nodes an ``ast`` node can be; a class or function is pinned at its name. Others match by place alone.

An annotated target in brackets is parsed as a plain one (see `modlint.bracketed`)."""

TOKENS: Final = (cst.Name, cst.BaseNumber, cst.SimpleString, cst.FormattedStringText, cst.Comment)


class Pinner:
    """Pins the findings of one file; each scope is parsed once."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        self._lines = lines
        self._scopes: dict[tuple[int, int], dict[tuple[int, int, int, int], list[cst.CSTNode]]] = {}

    def pin(self, finding: Finding) -> Span:
        """The exact range of the finding in the file.

        Raises:
            PinError: no concrete node of the kind and name the rule believes in stands there.
        """
        span = finding.span
        first = finding.scope[0] - self._offset(finding.scope)
        start, end = self._column(span.line, span.column), self._column(span.end_line, span.end_column)
        place = (span.line - first + 1, start, span.end_line - first + 1, end)
        wanted = STATEMENTS.get(finding.node)
        for node in self._nodes(finding.scope).get(place, ()):
            if (wanted is None or isinstance(node, wanted)) and self._names(node, finding.subject):
                return span
        raise PinError(span.line, f"no {finding.node} with `{finding.subject}` at column {span.column}")

    def pinned_fix(self, finding: Finding) -> Fix | None:
        """The finding's fix, if none of its edits begins or ends inside a token.

        Raises:
            PinError: an edit would cut a name, a number, a string or a comment in two.
        """
        if finding.fix is None:
            return None
        for edit in finding.fix.edits:
            for line, column in ((edit.span.line, edit.span.column), (edit.span.end_line, edit.span.end_column)):
                if self._cuts(finding.scope, line, column):
                    raise PinError(line, f"the edit at column {column} cuts a token in two")
        return finding.fix

    def _cuts(self, scope: tuple[int, int], line: int, column: int) -> bool:
        if not scope[0] <= line <= scope[1]:
            return False
        place = (line - scope[0] + self._offset(scope) + 1, self._column(line, column))
        for (*start, end_line, end_column), nodes in self._nodes(scope).items():
            inside = (start[0], start[1]) < place < (end_line, end_column)
            if inside and any(isinstance(node, TOKENS) for node in nodes):
                return True
        return False

    def _column(self, line: int, column: int) -> int:
        """The column libcst counts, from 0: without the form feeds before the indentation."""
        text = self._lines[line - 1]
        return column - 1 - (len(text) - len(text.lstrip("\f")))

    def _names(self, node: cst.CSTNode, subject: str) -> bool:
        """Whether the name stands in the node; Python normalises names, the text keeps them as written."""
        return not subject or subject in unicodedata.normalize("NFKC", cst.Module([]).code_for_node(node))

    def _nodes(self, scope: tuple[int, int]) -> dict[tuple[int, int, int, int], list[cst.CSTNode]]:
        if scope not in self._scopes:
            self._scopes[scope] = self._parse(scope)
        return self._scopes[scope]

    def _offset(self, scope: tuple[int, int]) -> int:
        """How many lines stand before the scope in what is parsed: a method needs a class around it."""
        return int(self._lines[scope[0] - 1].lstrip("\f")[:1] in (" ", "\t"))

    def _parse(self, scope: tuple[int, int]) -> dict[tuple[int, int, int, int], list[cst.CSTNode]]:
        text = "\n".join(line.lstrip("\f") for line in self._lines[scope[0] - 1 : scope[1]])
        if self._offset(scope):
            text = f"class _:\n{text}"
        wrapper = MetadataWrapper(_tree(text + "\n", scope[0]), unsafe_skip_copy=True)
        found: dict[tuple[int, int, int, int], list[cst.CSTNode]] = {}
        for node, place in wrapper.resolve(PositionProvider).items():
            where: CodeRange = place
            key = (where.start.line, where.start.column, where.end.line, where.end.column)
            found.setdefault(key, []).append(node)
        return found


def _tree(text: str, line: int) -> cst.Module:
    """The concrete tree of a text that begins on a line of the file."""
    try:
        return cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        changed = parsable(text)
        if changed != text:
            return _tree(changed, line)
        raise PinError(line, f"libcst can't parse this scope: {error.message}") from error
