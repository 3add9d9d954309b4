"""Questions about what a method returns, and on which paths."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from modlint.model.facts import ClassFacts, FunctionFacts, Placed
from modlint.model.module_class import ModuleClass
from modlint.model.overrides import STARTS, override, returns_value, written
from modlint.model.tensor_code import is_pure
from modlint.model.values import FunctionRef, Instance

LOOPS: Final = (ast.For, ast.AsyncFor, ast.While)
LEAVING: Final = (ast.Return, ast.Break, ast.Continue, ast.Yield, ast.YieldFrom)
IDLE: Final = (ast.Name, ast.Tuple, ast.BinOp, ast.Subscript)
"""Expressions that do nothing as a statement."""


def returnless_forward(cls: ModuleClass) -> tuple[FunctionFacts, str] | None:
    """The class's own ``forward`` that returns nothing though it ends with a result, and the result's source."""
    function = cls.method("forward")
    if function is None or any(isinstance(statement, ast.Return) for statement in function.statements):
        return None
    if override(cls, "forward") is None or _says_none(function) or returns_value(function):
        return None
    result = unused_result(cls, function)
    return None if result is None else (function, ast.unparse(result))


def unused_result(cls: ModuleClass, function: FunctionFacts) -> ast.expr | None:
    """The variable that the last statement of a method binds for nobody, or the result it drops."""
    body = written(function)
    last = _last(body[-1]) if body else None
    if isinstance(last, ast.Expr):
        value = last.value
        dropped = isinstance(value, IDLE) or _gives_result(cls, function, last)
        return value if dropped else None
    target = _bound(last)
    if target is None or _is_outer(target, function):
        return None
    if isinstance(last, ast.AugAssign) and not _is_own(target, function):
        return None
    return target


def _last(statement: ast.stmt) -> ast.stmt | None:
    """What a block ends with: inside ``with``, in both branches of an ``if``, in a loop that goes on from it."""
    while isinstance(statement, (ast.With, ast.AsyncWith)):
        statement = statement.body[-1]
    if isinstance(statement, ast.If):
        return _of_both(statement)
    if not isinstance(statement, LOOPS):
        return statement
    last = _last(statement.body[-1])
    target = _bound(last)
    carried = target is not None and not statement.orelse and target.id in _gathered(statement.body)
    return last if carried else None


def _of_both(statement: ast.If) -> ast.stmt | None:
    """The last statement of the first branch, if each branch there is binds the same variable."""
    one = _last(statement.body[-1])
    first = _bound(one)
    if first is None or not statement.orelse:
        return one if first is not None else None
    other = _bound(_last(statement.orelse[-1]))
    return one if other is not None and first.id == other.id else None


def _bound(statement: ast.stmt | None) -> ast.Name | None:
    """The variable to which the statement gives something computed; the first of those it unpacks into."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, computed = statement.targets[0], isinstance(statement.value, (ast.Call, ast.BinOp, ast.Subscript))
    elif isinstance(statement, ast.AugAssign):
        target, computed = statement.target, True
    else:
        return None
    names = target.elts if isinstance(target, ast.Tuple) else [target]
    if not computed or not all(isinstance(name, ast.Name) for name in names):
        return None
    return names[0] if isinstance(names[0], ast.Name) else None


def _is_own(target: ast.Name, function: FunctionFacts) -> bool:
    """Whether the method binds the variable itself before, so that ``+=`` changes nothing of the caller's."""
    for statement in function.statements:
        if isinstance(statement, ast.Assign) and target.id in _targets(statement):
            return True
    return False


def _is_outer(target: ast.Name, function: FunctionFacts) -> bool:
    """Whether the name is declared ``global`` or ``nonlocal``."""
    return any(isinstance(s, (ast.Global, ast.Nonlocal)) and target.id in s.names for s in function.statements)


def _gives_result(cls: ModuleClass, function: FunctionFacts, statement: ast.Expr) -> bool:
    """Whether the statement calls a layer of the class or computes a tensor otherwise.

    One of the class's own methods counts where values are returned elsewhere: alone it may be called for its effect.
    """
    for found in cls.events.discarded:
        if found.statement is not statement:
            continue
        callee = found.call.callee if found.call is not None else None
        if isinstance(callee, FunctionRef):
            always = isinstance(callee.function.node.body[-1], ast.Return) and returns_value(callee.function)
            return always and (callee.receiver is None or returns_value(function))
        if isinstance(callee, Instance) and cls.graph.is_module(callee.cls):
            if isinstance(callee.cls, ClassFacts):
                own = callee.cls.method("forward")
                return own is not None and returns_value(own) and "hook" not in cls.facts.file.text
            return "hook" not in cls.facts.file.text
        return is_pure(cls, found, function)
    return False


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
    names = [name for name in _gathered(before) if name in returned]
    return (last, names[0]) if names else None


def _nodes(statement: ast.stmt) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, STARTS):
            waiting.extend(ast.iter_child_nodes(node))


def _gathered(statements: list[ast.stmt]) -> list[str]:
    """Names whose value hangs on the loop's turn before: ``x = f(x)``, ``out += y``, ``outs.append(y)``."""
    bound: set[str] = set()
    found: list[str] = []
    for statement in statements:
        if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            found += [statement.target.id] if statement.target.id not in bound else []
        elif isinstance(statement, ast.Assign):
            names = _targets(statement)
            used = {n.id for n in ast.walk(statement.value) if isinstance(n, ast.Name)}
            carried = _bound(statement) is not None
            found += [n for n in names if carried and n in used and n not in bound]
            bound.update(names)
        elif isinstance(statement, ast.If):
            found += [n for n in _gathered(statement.body) + _gathered(statement.orelse) if n not in bound]
        elif isinstance(statement, ast.Expr):
            found += _appended(statement.value, bound)
    return found


def _targets(statement: ast.Assign) -> list[str]:
    return [n.id for t in statement.targets for n in ast.walk(t) if isinstance(n, ast.Name)]


def _appended(value: ast.expr, bound: set[str]) -> Iterator[str]:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "append":
        owner = value.func.value
        if isinstance(owner, ast.Name) and owner.id not in bound:
            yield owner.id


def partial_return(cls: ModuleClass) -> tuple[FunctionFacts, Placed, str] | None:
    """The class's own ``forward`` that returns a value, but on one way to its end none; where, and under which test."""
    function = cls.method("forward")
    if function is None or isinstance(function.node.body[-1], (ast.Return, ast.Raise)) or not _mixes(function):
        return None
    if override(cls, "forward") is None or any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in function.nodes):
        return None
    result = unused_result(cls, function)
    if result is not None:
        return function, result, ""
    body = written(function)
    last = body[-1]
    if not isinstance(last, ast.If) or last.orelse or not isinstance(last.body[-1], ast.Return):
        return None
    if not _chained(body) and not isinstance(last.test, ast.Compare):
        return function, last, ast.unparse(last.test)
    return None


def _chained(body: list[ast.stmt]) -> bool:
    """Whether the ``if`` is the first or follows another one: what they leave out may never be."""
    return len(body) < 2 or isinstance(body[-2], ast.If)


def _mixes(function: FunctionFacts) -> bool:
    """Whether the method returns values, and nowhere says that it returns ``None``."""
    returns = [s.value for s in function.statements if isinstance(s, ast.Return)]
    given = [v for v in returns if v is not None and not (isinstance(v, ast.Constant) and v.value is None)]
    optional = function.node.returns is not None and "None" in ast.unparse(function.node.returns)
    return bool(given) and len(given) == len(returns) and not optional
