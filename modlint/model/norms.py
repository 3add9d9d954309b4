"""Questions about batch normalisation: momentum, frozen parts, one layer at two places."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.model.events import Call, Place
from modlint.model.facts import ClassFacts, Placed, dotted
from modlint.model.index import FileModel, Index
from modlint.model.library import LibraryClass
from modlint.model.modes import evaluated
from modlint.model.module_class import ModuleClass
from modlint.model.torch_names import NORMS
from modlint.model.values import Const, Dotted, Instance, Method, Parameters, Value, inside


def is_norm(value: Value) -> bool:
    """Whether the value is a batch normalisation of torch's."""
    return _norm(value) != ""


def _norm(value: Value) -> str:
    """The class of a batch normalisation of torch's, by its full name; empty for anything else."""
    cls = value.cls if isinstance(value, Instance) else None
    return cls.path if isinstance(cls, LibraryClass) and cls.path in NORMS else ""


def fast_norms(file: FileModel) -> Iterator[tuple[Call, str, float]]:
    """Batch normalisations whose momentum is that of another framework, with layer and momentum."""
    for call in file.calls:
        made = call.result if call.path != "functools.partial" else call.args[0] if call.args else None
        path = made.path if isinstance(made, Dotted) else ""
        if isinstance(made, Instance) and made.node is call.node:
            path = _norm(made)
        if path not in NORMS:
            continue
        value = call.kwargs.get(
            "momentum", call.args[2] if len(call.args) > 2 and call.path != "functools.partial" else None
        )
        if isinstance(value, Const) and isinstance(value.value, float) and 0.5 <= value.value < 1:
            yield call, path.rpartition(".")[2], value.value


def frozen_norms(cls: ModuleClass) -> Iterator[tuple[Placed, str, Place]]:
    """Parts with batch normalisation whose parameters are frozen while nothing keeps them in evaluation mode."""
    if cls.find_open("train"):
        return
    kept = {
        ast.unparse(c.node.func.value)
        for c in cls.own_calls()
        if evaluated(c) and isinstance(c.node.func, ast.Attribute)
    }
    for call in cls.own_calls():
        callee, function = call.callee, call.node.func
        if (
            not isinstance(callee, Method)
            or not isinstance(callee.receiver, Instance)
            or not isinstance(function, ast.Attribute)
        ):
            continue
        off = bool(call.args) and isinstance(call.args[0], Const) and call.args[0].value is False
        if callee.name == "requires_grad_" and off:
            frozen = True
        else:
            frozen = isinstance(call.result, Parameters) and _freezes(call)
        owner = ast.unparse(function.value)
        if frozen and owner not in kept and callee.receiver.registered and _holds_norm(cls.index, callee.receiver):
            yield call.node, owner, call.place


def _freezes(call: Call) -> bool:
    """Whether the call of ``parameters()`` heads a loop that sets ``requires_grad = False``."""
    loop = call.place.statement
    if not isinstance(loop, ast.For) or loop.iter is not call.node:
        return False
    text = " ".join(ast.unparse(s) for s in loop.body)
    return "requires_grad = False" in text or "requires_grad_(False)" in text


def _holds_norm(index: Index, value: Instance, depth: int = 3) -> bool:
    if is_norm(value):
        return True
    if depth == 0:
        return False
    if isinstance(value.cls, ClassFacts):
        found = [v for b in index.constructed(value.cls).events.bindings for v in inside(b.value)]
    else:
        found = [v for arg in value.args for v in inside(arg)]
    return any(isinstance(v, Instance) and _holds_norm(index, v, depth - 1) for v in found)


def shared_norms(cls: ModuleClass) -> Iterator[tuple[Call, str]]:
    """Second calls of one batch normalisation in a method, both unconditional, with its source."""
    seen: dict[tuple[int, object], Call] = {}
    for call in cls.own_calls():
        if not is_norm(call.callee) or call.place.in_init or call.place.guards or not dotted(call.node.func):
            continue
        first = seen.setdefault((id(call.callee), call.place.function), call)
        if first.node is not call.node:
            yield call, dotted(call.node.func)
