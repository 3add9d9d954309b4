"""Questions about training and evaluation mode: who switches it, whom it reaches, who freezes parts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from modlint.model.events import Call, Place
from modlint.model.facts import ClassFacts, FunctionFacts, Placed, defaults, dotted
from modlint.model.guards import mentions
from modlint.model.index import FileModel, Index
from modlint.model.library import LibraryClass
from modlint.model.module_class import ModuleClass
from modlint.model.overrides import attributes_used, calls_base, override, own_nodes, returns_value, takes, written
from modlint.model.torch_names import DROPOUTS, NORMS
from modlint.model.values import (
    Box,
    Const,
    FunctionRef,
    Instance,
    Method,
    SelfRef,
    Value,
    alternatives,
    inside,
)

SWITCHES: Final = ("train", "eval")


def mode_override(cls: ModuleClass) -> tuple[FunctionFacts, str] | None:
    """The class's own ``train`` and what is wrong with it: ``modeless``, ``silent`` (no result) or ``still``.

    ``still`` is one that uses the mode, but neither calls the base's nor sets ``self.training``, which the class reads.
    """
    function = override(cls, "train")
    if function is None:
        return None
    if not takes(function, 1):
        return function, "modeless"
    args = function.node.args
    names = [a.arg for a in (*args.posonlyargs, *args.args)][1:]
    if _trains(function, names):
        return None
    if not returns_value(function):
        return function, "silent"
    if not names or calls_base(function, "train") or "training" in attributes_used(function):
        return None
    uses_mode = any(mentions(statement, names[0]) for statement in written(function))
    return (function, "still") if uses_mode and cls.reads("training") else None


def _trains(function: FunctionFacts, names: list[str]) -> bool:
    """Whether the method is a training loop: its first argument has a default that is no mode."""
    default = defaults(function).get(names[0]) if names else None
    return default is not None and not (isinstance(default, ast.Constant) and isinstance(default.value, bool))


def returns_early(function: FunctionFacts) -> bool:
    """Whether the method may end before its last statement."""
    return any(isinstance(statement, ast.Return) for statement in function.statements)


def eval_override(cls: ModuleClass) -> FunctionFacts | None:
    """The class's own ``eval`` that does more than switch the mode, while nothing overrides ``train``."""
    function = override(cls, "eval")
    if function is None or cls.find_open("train") or not _does_more(function):
        return None
    return function


def _does_more(function: FunctionFacts) -> bool:
    """Whether a method stores attributes or calls something else than the base's method."""
    for node in own_nodes(function):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr != "training":
            return True
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] not in (*SWITCHES, "super"):
            return True
    return False


def used_as_part(cls: ModuleClass) -> bool:
    """Whether a Module of the file holds an instance of the class as a submodule."""
    for other in cls.file.classes:
        for binding in other.events.bindings:
            if any(isinstance(v, Instance) and v.cls is cls.facts for v in inside(binding.value)):
                return True
    return False


def mode_conditions(file: FileModel) -> Iterator[tuple[ast.expr, str, Place]]:
    """Where a Module's method ``train`` or ``eval`` stands for a truth value, with the method's name."""
    for events in file.runs:
        for condition in events.conditions:
            own = condition.place.file is file.facts
            name = _switch(file, condition.value, condition.node) if own else ""
            if name:
                yield condition.node, name, condition.place
    for call in file.calls:
        if not call.path.startswith("torch.nn.functional."):
            continue
        flag = _training_argument(call.node, 2 if "dropout" in call.path else None)
        value = call.kwargs.get("training", call.args[2] if len(call.args) > 2 else None)
        name = _switch(file, value, None) if flag is not None and value is not None else ""
        if flag is not None and name:
            yield flag, name, call.place


def _training_argument(node: ast.Call, position: int | None) -> ast.expr | None:
    for keyword in node.keywords:
        if keyword.arg == "training":
            return keyword.value
    return node.args[position] if position is not None and len(node.args) > position else None


def _switch(file: FileModel, value: Value, node: ast.expr | None) -> str:
    if isinstance(value, Method) and value.name in SWITCHES and _is_module(file, value.receiver):
        return value.name
    if isinstance(value, FunctionRef) and value.function.name in SWITCHES and isinstance(value.receiver, SelfRef):
        owner = value.function.owner
        return value.function.name if owner is not None and file.graph.is_module(owner) else ""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.args:
        return ""
    return f"{node.func.attr}()" if node.func.attr in SWITCHES and _is_module(file, value) else ""


def _is_module(file: FileModel, value: Value) -> bool:
    return isinstance(value, SelfRef) or (isinstance(value, Instance) and file.graph.is_module(value.cls))


def mode_stores(file: FileModel) -> Iterator[tuple[Placed, str, bool, Place]]:
    """``training`` set by hand on a Module that has children whose mode matters: where, whose, to what."""
    for cls in file.classes:
        for binding in cls.own_bindings("training"):
            flag = binding.value.value if isinstance(binding.value, Const) else None
            if isinstance(flag, bool) and _lone(binding.place) and _any_switching(cls.index, cls.facts):
                yield binding.node, "self", flag, binding.place
    for store in file.stores:
        owner, value = store.owner, store.value
        if store.node.attr != "training" or not isinstance(value, Const) or not isinstance(value.value, bool):
            continue
        if isinstance(owner, Instance) and switching(file.index, owner) and not _is_leaf(owner) and _lone(store.place):
            yield store.node, ast.unparse(store.node.value), value.value, store.place


def _is_leaf(instance: Instance) -> bool:
    return isinstance(instance.cls, LibraryClass) and (instance.cls.path in NORMS or instance.cls.path in DROPOUTS)


def _lone(place: Place) -> bool:
    """Whether the function around switches the mode of nothing else, and isn't there to do so."""
    function = place.function
    if function is None:
        return True
    others = {*SWITCHES, "modules", "children", "named_modules", "named_children", "apply"}
    return function.name not in SWITCHES and not attributes_used(function) & others


def switching(index: Index, value: Value) -> bool | None:
    """Whether a module behaves differently in ``eval()``; ``None`` where that isn't known."""
    if not isinstance(value, Instance):
        return None
    if isinstance(value.cls, ClassFacts):
        return _any_switching(index, value.cls)
    if value.cls.path in NORMS or value.cls.path in DROPOUTS:
        return True
    held = [switching(index, v) for arg in value.args for v in inside(arg) if not isinstance(v, (Box, Const))]
    return True if True in held else None if None in held else False


def _any_switching(index: Index, cls: ClassFacts) -> bool | None:
    """Whether a part of the class's instances, as the constructor makes them, behaves differently in ``eval()``."""
    values = [v for b in index.constructed(cls).events.bindings for v in inside(b.value) if isinstance(v, Instance)]
    return any(
        _direct(v) or (isinstance(v.cls, ClassFacts) and v.cls is not cls and _reads_mode(index, v.cls)) for v in values
    )


def _direct(value: Instance) -> bool:
    parts = [value, *(v for arg in value.args for v in inside(arg))]
    return any(
        isinstance(p, Instance) and isinstance(p.cls, LibraryClass) and (p.cls.path in NORMS or p.cls.path in DROPOUTS)
        for p in parts
    )


def _reads_mode(index: Index, cls: ClassFacts) -> bool:
    bound = [v for b in index.constructed(cls).events.bindings for v in inside(b.value)]
    return any(r.attribute == "training" for r in index.sweep(cls).reads) or any(
        isinstance(v, Instance) and _direct(v) for v in bound
    )


def evaluated_in_init(cls: ModuleClass) -> Iterator[Call]:
    """Where the constructor puts a part into evaluation mode that the next ``train()`` puts back."""
    if cls.find_open("train") or cls.find_open("eval"):
        return
    later = {ast.unparse(c.node.func) for c in cls.own_calls() if evaluated(c) and not c.place.in_init}
    for call in cls.own_calls():
        part = evaluated(call)
        if not isinstance(part, Instance) or not call.place.in_init or not part.registered:
            continue
        if not _is_attribute(call) or f"{_attribute(call)}.eval" in later:
            continue
        if switching(cls.index, part):
            yield call


def _attribute(call: Call) -> str:
    """The attribute that a call is a method of (``self.fc.eval()``) or that gets its value."""
    statement = call.place.statement
    if isinstance(statement, ast.Assign) and statement.value is call.node:
        return dotted(statement.targets[0])
    return dotted(call.node.func).rpartition(".")[0]


def _is_attribute(call: Call) -> bool:
    return "." in _attribute(call)


def evaluated(call: Call) -> Instance | SelfRef | None:
    """What a call of ``eval()`` or ``train(False)`` switches."""
    callee = call.callee
    if (
        not isinstance(callee, Method)
        or callee.name not in SWITCHES
        or not isinstance(callee.receiver, (Instance, SelfRef))
    ):
        return None
    off = callee.name == "eval" or (bool(call.args) and isinstance(call.args[0], Const) and call.args[0].value is False)
    return callee.receiver if off else None


def called_flag(file: FileModel) -> Iterator[tuple[Call, str]]:
    """Calls of ``training``, which is a truth value and no method."""
    for call in file.calls:
        callee = call.callee
        for candidate in alternatives(callee):
            if isinstance(candidate, Method) and candidate.name == "training" and _is_module(file, candidate.receiver):
                yield call, ast.unparse(call.node.func)
