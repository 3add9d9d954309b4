"""Questions about dropout: which calls drop whatever mode the Module is in."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from modlint.model.events import Call, Guard
from modlint.model.facts import FunctionFacts
from modlint.model.guards import guarded_by, mentions
from modlint.model.module_class import ModuleClass
from modlint.model.torch_names import ALWAYS_DROPPING, ATTENTION
from modlint.model.values import Const, FunctionRef

DELIBERATE: Final = ("mc", "bayes", "prenet", "uncertain", "montecarlo", "monte_carlo", "training_step")
"""Words in names of classes and methods that drop in evaluation on purpose, or never run in it."""


def dropping_calls(cls: ModuleClass) -> Iterator[Call]:
    """Calls of functional dropout in the class's methods that nothing turns off in evaluation."""
    if any(word in cls.name.lower() for word in DELIBERATE):
        return
    for call in cls.own_calls(*ALWAYS_DROPPING, ATTENTION):
        function = call.place.function
        if function is None or (function.is_static and function.owner is not None):
            continue
        if any(word in function.name.lower() for word in DELIBERATE):
            continue
        drops = _attention_drops(cls, call) if call.path == ATTENTION else _drops(cls, call)
        if drops and not _by_mode(function, call.place.guards) and not _called_by_mode(cls, function):
            yield call


def _by_mode(function: FunctionFacts, guards: tuple[Guard, ...]) -> bool:
    """Whether a condition asks for the mode, itself or through a variable."""
    if guarded_by(guards, "training"):
        return True
    names = {n.id for test, _ in guards for n in ast.walk(test) if isinstance(n, ast.Name)}
    return any(_assigned_by_mode(function, name) for name in names)


def _called_by_mode(cls: ModuleClass, function: FunctionFacts) -> bool:
    """Whether the method is a helper that every call runs only where the mode was asked for."""
    calls = [c for c in cls.events.calls if isinstance(c.callee, FunctionRef) and c.callee.function is function]
    return bool(calls) and all(guarded_by(c.place.guards, "training") for c in calls)


def _drops(cls: ModuleClass, call: Call) -> bool:
    if call.spread or len(call.args) > 2 or "training" in call.kwargs:
        return False
    rate = _argument(call.node, 1, "p")
    return rate is None or not _off(cls, call, rate)


def _attention_drops(cls: ModuleClass, call: Call) -> bool:
    rate = attention_rate(call)
    if call.spread or rate is None or isinstance(rate, ast.Name):
        return False
    return not _off(cls, call, rate)


def attention_rate(call: Call) -> ast.expr | None:
    """The rate that a call of ``scaled_dot_product_attention`` is given."""
    return _argument(call.node, 4, "dropout_p")


def _off(cls: ModuleClass, call: Call, rate: ast.expr) -> bool:
    """Whether the rate is zero or depends on the mode."""
    value = call.kwargs.get("p", call.kwargs.get("dropout_p", call.args[1] if len(call.args) > 1 else None))
    if isinstance(value, Const) and value.value in (0, 0.0, None):
        return True
    if mentions(rate, "training") or mentions(rate, "train"):
        return True
    if isinstance(rate, ast.Name):
        return call.place.function is not None and _assigned_by_mode(call.place.function, rate.id)
    return _worked_out_by_mode(cls, rate)


def _worked_out_by_mode(cls: ModuleClass, rate: ast.expr) -> bool:
    """Whether the rate is a property or method of the class that asks for the mode."""
    named = rate.func if isinstance(rate, ast.Call) else rate
    member = cls.finds(named.attr) if isinstance(named, ast.Attribute) else None
    return member is not None and isinstance(member.binder, FunctionFacts) and mentions(member.binder.node, "training")


def _argument(node: ast.Call, position: int, name: str) -> ast.expr | None:
    for keyword in node.keywords:
        if keyword.arg == name:
            return keyword.value
    return node.args[position] if len(node.args) > position else None


def _assigned_by_mode(function: FunctionFacts, name: str) -> bool:
    """Whether the variable is given a value that depends on the mode somewhere in the function."""
    for statement in ast.walk(function.node):
        if not isinstance(statement, ast.Assign) or not mentions(statement.value, "training"):
            continue
        if any(isinstance(target, ast.Name) and target.id == name for target in statement.targets):
            return True
    return False
