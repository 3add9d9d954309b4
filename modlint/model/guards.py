"""Questions about the conditions that hold where something happens."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from modlint.model.events import Guard, Place


def mentions(node: ast.AST, name: str) -> bool:
    """Whether ``name`` occurs in the expression, as a variable or an attribute."""
    return any(
        (isinstance(n, ast.Name) and n.id == name) or (isinstance(n, ast.Attribute) and n.attr == name)
        for n in ast.walk(node)
    )


def guarded_by(guards: Iterable[Guard], name: str) -> bool:
    """Whether one of the conditions has to do with ``name``."""
    return any(mentions(test, name) for test, _ in guards)


def built_once(guards: Iterable[Guard]) -> bool:
    """Whether the conditions ask if something is there yet: ``is None``, ``not hasattr(…)``, ``not self.built``."""
    return any(_asks_presence(test) for test, _ in guards)


def _asks_presence(test: ast.expr) -> bool:
    for node in ast.walk(test):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len":
            return True
        if isinstance(node, ast.Compare) and any(
            isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for op in node.ops
        ):
            return True
        if isinstance(node, ast.Name) and node.id in ("hasattr", "getattr", "isinstance"):
            return True
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return True
    return isinstance(test, (ast.Attribute, ast.Name))


def exclusive(some: Iterable[Guard], others: Iterable[Guard]) -> bool:
    """Whether two sets of conditions can't both hold: a test that came out true in one and false in the other."""
    outcomes = {id(test): outcome for test, outcome in some}
    return any(outcomes.get(id(test), outcome) is not outcome for test, outcome in others)


def expected_to_raise(place: Place) -> bool:
    """Whether the code around says that an exception is wanted there: ``pytest.raises``, ``assertRaises``."""
    around = place.function.node if place.function is not None else place.file.tree
    line = place.statement.lineno
    for node in ast.walk(around):
        if not isinstance(node, (ast.With, ast.AsyncWith)) or not node.lineno <= line <= (node.end_lineno or line):
            continue
        if any("raises" in ast.unparse(item.context_expr).lower() for item in node.items):
            return True
    return False
