"""Branches, loops and ways out: how paths part and meet."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Final

from modlint.model.calls import Calls
from modlint.model.state import Path, merge, terminates
from modlint.model.values import (
    UNKNOWN,
    Const,
    SelfRef,
)

ATTEMPTED: Final = ast.Name("hasattr", ast.Load())
"""The condition under which an exception handler runs: what was tried isn't there."""


class Branches(Calls):
    """The part of the interpreter that follows paths."""

    exits_stack: list[list[Path]]
    loop_stack: list[list[tuple[Path, bool]]]
    body: Callable[[list[ast.stmt]], None]

    def if_(self, node: ast.If) -> None:
        if _is_type_checking(node.test):
            self.body(node.orelse)
            return
        self.test(node.test)
        before = self.snapshot()
        self.guards.append((node.test, True))
        self.body(node.body)
        self.guards.pop()
        then, self.path = self.path, before
        if node.orelse:
            self.guards.append((node.test, False))
            self.body(node.orelse)
            self.guards.pop()
        self.path = merge([then, self.path], before)
        if terminates(node.body):
            self.guards.append((node.test, False))
        elif node.orelse and terminates(node.orelse):
            self.guards.append((node.test, True))

    def snapshot(self) -> Path:
        """A copy of the present path, to run another branch from."""
        path = self.path
        return Path(dict(path.env), dict(path.attributes), path.started, path.alive)

    def for_(self, node: ast.For | ast.AsyncFor) -> None:
        iterated = self.eval(node.iter)
        self.store(node.target, self.element(iterated), None, "loop")
        self.loop(node.body, node.orelse)

    def while_(self, node: ast.While) -> None:
        self.test(node.test)
        self.guards.append((node.test, True))
        endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
        self.loop(node.body, node.orelse, endless)
        self.guards.pop()

    def loop(self, body: list[ast.stmt], orelse: list[ast.stmt], endless: bool = False) -> None:
        before = self.snapshot()
        self.loops += 1
        self.loop_stack.append([])
        self.body(body)
        leaving = self.loop_stack.pop()
        self.loops -= 1
        if endless:
            self.path = merge([path for path, breaks in leaving if breaks], before)
            return
        self.path = merge([before, self.path, *(path for path, _ in leaving)], before)
        self.body(orelse)

    def leave_loop(self, node: ast.Break | ast.Continue) -> None:
        if self.loop_stack:
            self.loop_stack[-1].append((self.path, isinstance(node, ast.Break)))
        self.path = Path(dict(self.path.env), dict(self.path.attributes), self.path.started, alive=False)

    def with_(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            value = self.eval(item.context_expr)
            if item.optional_vars is not None:
                self.store(item.optional_vars, value if isinstance(value, SelfRef) else UNKNOWN, None)
        self.body(node.body)

    def try_(self, node: ast.Try) -> None:
        before = self.snapshot()
        self.body(node.body)
        after = self.path
        failed = merge([before, Path(after.env, after.attributes, after.started)], before)
        ends = []
        for handler in node.handlers:
            self.path = Path(dict(failed.env), dict(failed.attributes), failed.started)
            self.guards.append((ATTEMPTED, False))
            self.body(handler.body)
            self.guards.pop()
            ends.append(self.path)
        self.path = after
        self.body(node.orelse)
        self.path = merge([self.path, *ends], before)
        alive = self.path.alive
        self.path.alive = True
        self.body(node.finalbody)
        self.path.alive = self.path.alive and alive

    def match(self, node: ast.Match) -> None:
        self.eval(node.subject)
        before = self.snapshot()
        ends = [] if _takes_all(node.cases[-1]) else [before]
        for case in node.cases:
            self.path = Path(dict(before.env), dict(before.attributes), before.started)
            self.body(case.body)
            ends.append(self.path)
        self.path = merge(ends, before)

    def return_(self, node: ast.Return) -> None:
        value = self.eval(node.value) if node.value is not None else Const(None)
        self.frame.returns.append(value)
        self.leave()

    def raise_(self, node: ast.Raise) -> None:
        if node.exc is not None:
            self.eval(node.exc)
        self.path = Path(self.path.env, self.path.attributes, self.path.started, alive=False)

    def leave(self) -> None:
        if self.exits_stack:
            self.exits_stack[-1].append(Path({}, dict(self.path.attributes), self.path.started))
        self.path = Path(self.path.env, self.path.attributes, self.path.started, alive=False)


def _takes_all(case: ast.match_case) -> bool:
    """Whether the case matches whatever the ones above leave."""
    return case.guard is None and isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )
