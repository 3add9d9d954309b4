"""Questions about what a method returns, and on which paths."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from modlint.model.facts import FunctionFacts
from modlint.model.module_class import ModuleClass
from modlint.model.overrides import STARTS, override, own_nodes, returns_value, written

LOOPS: Final = (ast.For, ast.AsyncFor, ast.While)
LEAVING: Final = (ast.Return, ast.Break, ast.Continue, ast.Raise, ast.Yield, ast.YieldFrom)


def returnless_forward(cls: ModuleClass) -> tuple[FunctionFacts, str] | None:
    """The class's own ``forward`` that returns nothing though it ends with a result, and the result's source."""
    function = override(cls, "forward")
    if function is None or _says_none(function) or returns_value(function):
        return None
    if any(isinstance(node, (ast.Return, *LEAVING[4:])) for node in own_nodes(function)):
        return None
    result = unused_result(function)
    return None if result is None else (function, ast.unparse(result))


def unused_result(function: FunctionFacts) -> ast.expr | None:
    """The variable that the last statement of a method binds for nobody, or the layer's output it drops."""
    body = written(function)
    last = _last(body[-1]) if body else None
    if isinstance(last, ast.Assign) and len(last.targets) == 1:
        target = last.targets[0]
        return (
            target
            if _is_computed(last.value) and isinstance(target, ast.Name) and not _is_outer(target, function)
            else None
        )
    if isinstance(last, ast.Expr) and _calls_self(function, last.value):
        return last.value
    return None


def _is_outer(target: ast.Name, function: FunctionFacts) -> bool:
    """Whether the name is declared ``global`` or ``nonlocal``."""
    return any(isinstance(n, (ast.Global, ast.Nonlocal)) and target.id in n.names for n in own_nodes(function))


def _last(statement: ast.stmt) -> ast.stmt | None:
    """The statement that a block ends with; ``None`` where it hangs on a condition."""
    while isinstance(statement, (ast.With, ast.AsyncWith)):
        statement = statement.body[-1]
    return statement


def _is_computed(value: ast.expr) -> bool:
    return isinstance(value, (ast.Call, ast.BinOp))


def _calls_self(function: FunctionFacts, value: ast.expr) -> bool:
    """Whether the expression is ``self.layer(x)`` on an argument of the method."""
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
        return False
    owner = value.func.value
    return isinstance(owner, ast.Name) and owner.id == function.self_name


def _says_none(function: FunctionFacts) -> bool:
    annotation = function.node.returns
    if isinstance(annotation, ast.Constant):
        return annotation.value in (None, "None")
    return isinstance(annotation, ast.Name) and annotation.id in ("NoReturn", "Never")


def early_returns(cls: ModuleClass) -> Iterator[tuple[ast.Return, ast.For | ast.AsyncFor | ast.While, str]]:
    """``return`` statements at the end of a loop's body that gathers a result over its turns, with the result."""
    for function in cls.facts.methods():
        if function.self_name is None:
            continue
        for node in function.statements:
            if isinstance(node, LOOPS) and not node.orelse:
                found = _gathered_once(node)
                if found is not None:
                    yield found[0], node, found[1]


def _gathered_once(loop: ast.For | ast.AsyncFor | ast.While) -> tuple[ast.Return, str] | None:
    last = loop.body[-1]
    if not isinstance(last, ast.Return) or last.value is None or len(loop.body) < 2:
        return None
    before = loop.body[:-1]
    if any(isinstance(n, LEAVING) for statement in before for n in _nodes(statement)):
        return None
    returned = {n.id for n in ast.walk(last.value) if isinstance(n, ast.Name)}
    for name in _gathered(before):
        if name in returned:
            return last, name
    return None


def _nodes(statement: ast.stmt) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, STARTS):
            waiting.extend(ast.iter_child_nodes(node))


def _gathered(statements: list[ast.stmt]) -> Iterator[str]:
    """Names whose value in one turn of the loop hangs on the one before: ``x = f(x)``, ``out += y``, ``outs.append(y)``."""
    bound: set[str] = set()
    for statement in statements:
        if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            if statement.target.id not in bound:
                yield statement.target.id
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name = statement.targets[0].id
            used = any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(statement.value))
            if used and name not in bound and _is_computed(statement.value):
                yield name
            bound.add(name)
        elif isinstance(statement, ast.Expr):
            yield from _appended(statement.value, bound)


def _appended(value: ast.expr, bound: set[str]) -> Iterator[str]:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "append":
        owner = value.func.value
        if isinstance(owner, ast.Name) and owner.id not in bound:
            yield owner.id


def partial_return(cls: ModuleClass) -> tuple[FunctionFacts, ast.AST, str] | None:
    """The class's own ``forward`` that returns a value, but on one way to its end none; where, and under which test."""
    function = override(cls, "forward")
    if function is None or not _mixes(function):
        return None
    result = unused_result(function)
    body = written(function)
    if result is not None:
        return function, result, ""
    last = _last(body[-1]) if body else None
    if isinstance(last, ast.If) and not last.orelse and len(body) > 1 and not _chained(body):
        return function, last, ast.unparse(last.test)
    return None


def _chained(body: list[ast.stmt]) -> bool:
    """Whether the statement before is another ``if``: together they may leave nothing out."""
    return isinstance(body[-2], ast.If)


def _mixes(function: FunctionFacts) -> bool:
    """Whether the method returns values, and nowhere says that it returns ``None``."""
    if any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in own_nodes(function)):
        return False
    returns = [n.value for n in own_nodes(function) if isinstance(n, ast.Return)]
    given = [v for v in returns if v is not None and not (isinstance(v, ast.Constant) and v.value is None)]
    optional = function.node.returns is not None and "None" in ast.unparse(function.node.returns)
    return bool(given) and len(given) == len(returns) and not optional
