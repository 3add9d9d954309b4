"""Edits of a file's text: what a rule's fix is made of, by node and in the file's own style.

Every question answers with edits or, where the code has a form that can't be rewritten without loss, with ``None``.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

from modlint.diagnostics import Edit, Span
from modlint.model.facts import FUNCTIONS, Placed, dotted
from modlint.model.written_names import Named, WrittenNames

if TYPE_CHECKING:
    from modlint.model.index import FileModel

Edits = tuple[Edit, ...]
Function = ast.FunctionDef | ast.AsyncFunctionDef
ASSIGNS: Final = re.compile(r"[\s)]*=\s*")


class Editing:
    """Builds the edits of one file."""

    def __init__(self, file: FileModel) -> None:
        self._file = file

    def text(self, node: Placed) -> str:
        """The node's text as it is written."""
        return self._between(self._file.span(node))

    def replace(self, node: Placed, text: str) -> Edits:
        """Write ``text`` where ``node`` is."""
        return (Edit(self._file.span(node), text),)

    def rename(self, node: ast.Attribute, name: str) -> Edits:
        """Another name for the attribute that ``node`` reads."""
        end = self._file.span(node)
        start = Span(end.end_line, end.end_column - len(node.attr), end.end_line, end.end_column)
        return (Edit(start, name),) if self._between(start) == node.attr else ()

    def before(self, node: Placed, text: str) -> Edits:
        """Insert ``text`` at the start of ``node``."""
        span = self._file.span(node)
        return (Edit(Span(span.line, span.column, span.line, span.column), text),)

    def after(self, node: Placed, text: str) -> Edits:
        """Insert ``text`` at the end of ``node``."""
        span = self._file.span(node)
        return (Edit(Span(span.end_line, span.end_column, span.end_line, span.end_column), text),)

    def wrap(self, node: ast.expr, function: str, more: str = "") -> Edits:
        """``function(node)``, with ``more`` arguments; the node itself stays as it is written."""
        bare = isinstance(node, ast.Tuple) and not self.text(node).startswith("(")
        bare = bare or (isinstance(node, ast.GeneratorExp) and bool(more))
        opened, closed = ("((", "))") if bare else ("(", ")")
        end = closed[:-1] + more + closed[-1]
        return (*self.before(node, function + opened), *self.after(node, end))

    def spread(self, call: ast.Call, argument: ast.expr) -> Edits:
        """``f(argument)`` as ``f(*argument)``; a generator may share its brackets with the call."""
        span, whole = self._file.span(argument), self._file.span(call)
        shares = (span.end_line, span.end_column) == (whole.end_line, whole.end_column)
        if not shares:
            return self.before(argument, "*")
        start = Span(span.line, span.column + 1, span.line, span.column + 1)
        return (Edit(start, "*("), *self.after(argument, ")"))

    def argument(self, call: ast.Call, text: str) -> Edits | None:
        """One more argument at the end of a call."""
        given = [*call.args, *(k.value for k in call.keywords)]
        span = self._file.span(call)
        end = Span(span.end_line, span.end_column - 1, span.end_line, span.end_column - 1)
        if not given:
            return (Edit(end, text),)
        last = max(given, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0))
        rest = self._between(Span(*self._end(last), end.line, end.column))
        if isinstance(last, ast.GeneratorExp) and len(given) == 1:
            return None
        if "#" in rest:
            return None
        if rest.strip(") \n\t\r"):  # a comma is there already
            comma = rest.rindex(",") + 1
            return (Edit(end, f"{'' if rest[comma:].strip(' ') else ' '}{text}"),) if not rest[comma:].strip() else None
        place = Span(*self._end(last), *self._end(last)) if not rest.strip() else end
        return (Edit(place, f", {text}"),)

    def first_statement(self, function: Function, text: str) -> Edits:
        """A statement at the start of the body, behind the docstring."""
        first, *rest = function.body
        documented = ast.get_docstring(function, clean=False) is not None
        if documented and (not rest or rest[0].lineno > (first.end_lineno or 0)):
            return self.next_statement(first, text)
        if documented:
            return self.before(rest[0], f"{text}; ")
        start = first_line(first)
        line = start - 1
        while line > function.lineno and self._is_empty(line):
            line -= 1
        if self._file.lines[start - 1][: first.col_offset].strip() and start == first.lineno:
            return self.before(first, f"{text}; ")
        return self.line_after(line, self.indent(first) + text)

    def next_statement(self, statement: ast.stmt, text: str) -> Edits:
        """A statement behind ``statement``, on a line of its own where the other one has that too."""
        last = statement.end_lineno or statement.lineno
        line = self._file.lines[last - 1]
        rest = line[self._file.span_of_statement(statement).end_column - 1 :].strip()
        alone = not self._file.lines[statement.lineno - 1][: statement.col_offset].strip()
        if alone and (not rest or rest.startswith("#")):
            return self.line_after(last, self.indent(statement) + text)
        span = self._file.span_of_statement(statement)
        return (Edit(Span(span.end_line, span.end_column, span.end_line, span.end_column), f"; {text}"),)

    def without_target(self, statement: ast.stmt) -> Edits | None:
        """``x = call()`` as ``call()``."""
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            return None
        start = self._file.span(statement)
        target = self._file.span(statement.targets[0])
        value = self._file.span(statement.value)
        between = self._between(Span(target.end_line, target.end_column, value.line, value.column))
        found = ASSIGNS.match(between)
        if found is None or "\n" in found[0]:
            return None
        column = target.end_column + found.end()
        return (Edit(Span(start.line, start.column, target.end_line, column), ""),)

    def without_statement(self, statement: ast.stmt) -> Edits | None:
        """The file without a statement that has its lines for itself; its comments must stay, so it may have none."""
        first, last = statement.lineno, statement.end_lineno or statement.lineno
        span = self._file.span_of_statement(statement)
        lines = self._file.lines
        rest = lines[last - 1][span.end_column - 1 :]
        if lines[first - 1][: statement.col_offset].strip() or rest.strip() or last >= len(lines):
            return None
        return (Edit(Span(first, 1, last + 1, 1), ""),)

    def without_end(self, node: Placed, inner: Placed) -> Edits | None:
        """``node`` cut off behind ``inner``, with which it begins; no bracket or comment may be lost."""
        return self.with_end(node, inner, "") if self._is_plain_cut(self._end(inner), self._end(node)) else None

    def with_end(self, node: Placed, inner: Placed, text: str) -> Edits | None:
        """``node`` with ``text`` in the place of all that stands behind ``inner``."""
        span = Span(*self._end(inner), *self._end(node))
        return None if "#" in self._between(span) else (Edit(span, text),)

    def with_start(self, node: Placed, inner: Placed, text: str) -> Edits | None:
        """``node`` with ``text`` in the place of all that stands before ``inner``."""
        start, end = self._file.span(node), self._file.span(inner)
        span = Span(start.line, start.column, end.line, end.column)
        return None if "#" in self._between(span) else (Edit(span, text),)

    def _is_plain_cut(self, start: tuple[int, int], end: tuple[int, int]) -> bool:
        text = self._between(Span(*start, *end))
        return text.count("(") == text.count(")")

    def first_argument(self, function: Function, text: str) -> Edits | None:
        """One more argument at the start of a function's."""
        args = function.args
        every = [*args.posonlyargs, *args.args]
        if every:
            return self.before(every[0], f"{text}, ")
        place = self._file.span(function)
        rest = self._file.lines[place.line - 1][place.end_column - 1 :]
        opening = rest.find("(")
        if opening < 0 or rest[:opening].strip():
            return None
        column = place.end_column + opening + 1
        more = args.vararg or args.kwonlyargs or args.kwarg
        return (Edit(Span(place.line, column, place.line, column), f"{text}, " if more else text),)

    def store_as_call(self, node: ast.Attribute, method: str) -> Edits | None:
        """``x.attribute = value`` as ``x.method(value)``."""
        for statement in ast.walk(self._file.facts.tree):
            if isinstance(statement, ast.Assign) and node in statement.targets and len(statement.targets) == 1:
                line, column = self._end(node)
                start = (line, column - len(node.attr))
                equals = ASSIGNS.match(self._between(Span(line, column, *self._end(statement))))
                if equals is None or "\n" in equals[0]:
                    return None
                after = Span(*self._end(statement), *self._end(statement))
                return (Edit(Span(*start, line, column + equals.end()), f"{method}("), Edit(after, ")"))
        return None

    def as_call(self, statement: ast.stmt, value: ast.expr, opening: str, closing: str, declared: str) -> Edits | None:
        """``x = value`` as ``opening value closing``, behind the statement ``declared``, if any."""
        start, end = self._file.span(statement), self._end(statement)
        held = self._file.span(value)
        head = self._between(Span(start.line, start.column, held.line, held.column)).partition("\n")[0]
        equals = head.find("=") + 1
        if not equals:
            return None
        column = start.column + equals + len(head[equals:]) - len(head[equals:].lstrip(" \t"))
        alone = not self._file.lines[start.line - 1][: start.column - 1].strip()
        before = f"{declared}\n{self.indent(statement)}" if declared and alone else f"{declared}; " if declared else ""
        opened = Edit(Span(start.line, start.column, start.line, column), before + opening)
        return (opened, Edit(Span(*end, *end), closing))

    def negation_of(self, node: ast.expr, statement: ast.stmt) -> ast.UnaryOp | None:
        """The ``not`` that stands before ``node``."""
        for inner in ast.walk(statement):
            if isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.Not) and inner.operand is node:
                return inner
        return None

    def dedented(self, statement: ast.stmt, like: ast.stmt) -> Edits | None:
        """A statement that has its lines for itself, moved out to the indentation of ``like``."""
        inner, outer = self.indent(statement), self.indent(like)
        first, last = first_line(statement), statement.end_lineno or statement.lineno
        strings = [n for n in ast.walk(statement) if isinstance(n, (ast.Constant, ast.JoinedStr))]
        if any(n.lineno != n.end_lineno for n in strings) or not inner.startswith(outer) or inner == outer:
            return None
        if self._file.lines[first - 1][: statement.col_offset].strip() and first == statement.lineno:
            return None
        lines = [n for n in range(first, last + 1) if self._file.lines[n - 1].strip()]
        if not all(self._file.lines[n - 1].startswith(inner) for n in lines):
            return None
        return tuple(Edit(Span(n, 1, n, len(inner) + 1), outer) for n in lines)

    def inside_parameter(self, whole: ast.expr, made: ast.Call) -> Edits | None:
        """``Parameter(t).op()`` as ``Parameter(t.op())``: ``made`` is the call inside ``whole``."""
        if len(made.args) != 1 or isinstance(made.args[0], ast.Starred) or not dotted(made.func):
            return None
        data, outer, inner = made.args[0], self._file.span(whole), self._file.span(made)
        held = self._file.span(data)
        head = Span(inner.line, inner.column, held.line, held.column)
        tail = Span(held.end_line, held.end_column, inner.end_line, inner.end_column)
        simple = isinstance(data, (ast.Name, ast.Attribute, ast.Subscript, ast.Call))
        rest = self._between(tail)[:-1].rstrip().rstrip(",")
        if "#" in self._between(head) or "#" in rest or "\n" in rest:
            return None
        start = (outer.line, outer.column)
        opening = self.text(made.func) + "("
        first: Edits
        if start == (inner.line, inner.column):
            first = (Edit(head, opening if simple else f"{opening}("),)
        else:
            first = (Edit(Span(*start, *start), opening), Edit(head, "" if simple else "("))
        end = (outer.end_line, outer.end_column)
        if end == (inner.end_line, inner.end_column):
            return None
        return (*first, Edit(tail, "" if simple else ")"), Edit(Span(*end, *end), f"{rest})"))

    def indent(self, statement: ast.stmt) -> str:
        """The white space before a statement's line."""
        line = self._file.lines[first_line(statement) - 1]
        return line[: len(line) - len(line.lstrip(" \t"))]

    def name(self, path: str, at: Placed) -> Named | None:
        """How the file writes the dotted ``path`` at a node: by a name it has, else with a new import."""
        return WrittenNames(self._file).name(path, at)

    def _is_empty(self, line: int) -> bool:
        text = self._file.lines[line - 1].strip()
        return not text or text.startswith("#")

    def line_after(self, line: int, text: str) -> Edits:
        """A line of text behind a line."""
        end = len(self._file.lines[line - 1]) + 1
        return (Edit(Span(line, end, line, end), f"\n{text}"),)

    def _end(self, node: Placed) -> tuple[int, int]:
        span = self._file.span(node)
        return span.end_line, span.end_column

    def _between(self, span: Span) -> str:
        lines = self._file.lines[span.line - 1 : span.end_line]
        if len(lines) == 1:
            return lines[0][span.column - 1 : span.end_column - 1]
        return "\n".join((lines[0][span.column - 1 :], *lines[1:-1], lines[-1][: span.end_column - 1]))


def first_line(statement: ast.stmt) -> int:
    """The line a statement begins on, decorators included."""
    if isinstance(statement, (*FUNCTIONS, ast.ClassDef)) and statement.decorator_list:
        return statement.decorator_list[0].lineno
    return statement.lineno
