"""Questions about optimizers: what they are given, and what they never see."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.model.events import Call, Events, Place
from modlint.model.facts import Placed
from modlint.model.guards import exclusive, expected_to_raise
from modlint.model.index import FileModel
from modlint.model.overrides import attributes_used
from modlint.model.torch_names import is_optimizer
from modlint.model.values import (
    Box,
    Instance,
    Parameter,
    ParameterOf,
    Parameters,
    SelfRef,
    Tensor,
    Value,
    inside,
)


def optimizer_calls(events: Events, file: FileModel) -> list[Call]:
    """The optimizers made in this file, in order."""
    return [c for c in events.calls if is_optimizer(c.path) and c.place.file is file.facts]


def given(call: Call) -> Value | None:
    """What the optimizer is given to train."""
    return call.kwargs.get("params", call.args[0] if call.args else None)


def optimizers_of_modules(file: FileModel) -> Iterator[tuple[Call, str, str]]:
    """Optimizers given a Module, or a list of iterators: the call, what is wrong, and the source."""
    for call in file.calls:
        value = given(call) if is_optimizer(call.path) else None
        if value is None or not call.node.args or expected_to_raise(call.place):
            continue
        source = ast.unparse(call.node.args[0])
        cls = value.cls if isinstance(value, Instance) else call.place.owner if isinstance(value, SelfRef) else None
        if cls is not None and file.graph.is_module(cls):
            yield call, "module", source
        elif isinstance(value, Box) and value.kind in ("list", "tuple"):
            for item in value.items:
                if isinstance(item, Parameters):
                    yield call, "nested", ast.unparse(item.node)
                    break


def is_parameters_call(node: ast.expr) -> bool:
    """Whether an expression is written as a call of ``parameters``."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "parameters"


def exhausted_parameters(file: FileModel) -> Iterator[tuple[Place, str, bool, Call]]:
    """Second uses of one iterator of parameters, with its source and call; the flag tells of a use in a loop."""
    seen: set[int] = set()
    for call in file.calls:
        made = call.result
        if not isinstance(made, Parameters) or id(made) in seen or made.node is not call.node:
            continue
        seen.add(id(made))
        uses = [p for p in made.taken if p.function is call.place.function and p.file is file.facts]
        for position, place in enumerate(uses):
            if place.loops > made.loops and not _leaves(place):
                yield place, ast.unparse(made.node), True, call
                break
            before = [p for p in uses[:position] if p.statement is not place.statement]
            if any(not exclusive(p.guards, place.guards) for p in before):
                yield place, ast.unparse(made.node), False, call
                break


def _leaves(place: Place) -> bool:
    return isinstance(place.statement, ast.Return)


def computed_targets(file: FileModel) -> Iterator[tuple[Call, str]]:
    """Optimizers given tensors that were computed from others, with what was done to one."""
    for call in file.calls:
        value = given(call) if is_optimizer(call.path) else None
        if value is None or expected_to_raise(call.place):
            continue
        for item in inside(value):
            if isinstance(item, (Parameter, Tensor)) and _is_computed(item):
                yield call, ast.unparse(item.node)


def _is_computed(item: Parameter | Tensor) -> bool:
    """Whether it is the result of an operation that the graph knows of, and so no leaf."""
    if isinstance(item, Tensor):
        return item.computed
    return item.moved is not None and not item.moved.startswith((".data", ".detach"))


def changed_after(file: FileModel) -> Iterator[tuple[Placed, str, Place]]:
    """Parts of a model replaced after an optimizer has got its parameters: what replaces it, the part, the place."""
    for events in file.runs:
        for call in optimizer_calls(events, file):
            value = given(call)
            owners = [v.module for v in inside(value) if isinstance(v, (Parameters, ParameterOf))] if value else []
            later = [c for c in optimizer_calls(events, file) if follows(c.place, call.place)]
            for node, name, place in _replaced(file, events, owners):
                again = any(c.place.statement.lineno > place.statement.lineno for c in later)
                if follows(place, call.place) and not again and not _adds_groups(place):
                    yield node, name, place


def _replaced(file: FileModel, events: Events, owners: list[Instance | SelfRef]) -> Iterator[tuple[Placed, str, Place]]:
    for store in events.stores:
        if any(store.owner is o for o in owners) and brings_parameters(file, store.value):
            yield store.node, ast.unparse(store.node), store.place
    if any(isinstance(o, SelfRef) for o in owners):
        for binding in events.bindings:
            if brings_parameters(file, binding.value) and binding.place.file is file.facts:
                yield binding.node, f"self.{binding.attribute}", binding.place


def brings_parameters(file: FileModel, value: Value) -> bool:
    """Whether the value is a Parameter or a Module that surely has some."""
    if isinstance(value, Parameter):
        return True
    return isinstance(value, Instance) and file.graph.is_module(value.cls) and file.index.stateful(value) is True


def follows(later: Place, earlier: Place) -> bool:
    """Whether one place comes after the other in the same function, on a common path."""
    after = later.function is earlier.function and later.statement.lineno > earlier.statement.lineno
    return after and not exclusive(later.guards, earlier.guards)


def _adds_groups(place: Place) -> bool:
    return place.function is not None and "add_param_group" in attributes_used(place.function)
