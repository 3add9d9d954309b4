"""Questions about running Modules: layers made on the way, calls of ``forward``, calls of what has no ``forward``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from modlint.model.events import Binding, Call
from modlint.model.facts import ClassFacts, FunctionFacts
from modlint.model.guards import built_once
from modlint.model.index import FileModel
from modlint.model.library import CONTAINER_PATHS, LibraryClass
from modlint.model.module_class import ModuleClass
from modlint.model.naming import misspelled
from modlint.model.overrides import attributes_used, calls_base, override
from modlint.model.signatures import nested_forwards
from modlint.model.torch_names import DROPOUTS
from modlint.model.values import Box, Instance, Method, Parameter, Value, alternatives

SET_FORWARD: Final = re.compile(r"setattr\(\s*[\w.]+\s*,\s*[\"']forward[\"']")


def made_in_forward(cls: ModuleClass) -> Iterator[tuple[Call, Instance, bool]]:
    """Layers made and used each time the Module runs; the flag tells a layer with weights from a dropout."""
    kept = {id(value) for binding in cls.events.bindings for value in alternatives(binding.value)}
    for call in cls.own_calls():
        made, function = call.result, call.place.function
        if not isinstance(made, Instance) or made.node is not call.node or call.place.in_init or function is None:
            continue
        if function.name not in cls.reached or function.owner is not cls.facts or function.is_static:
            continue
        used = any(_within(use, function.node) for use in made.called)
        lazy = (id(made) in kept or made.registered) and built_once(call.place.guards)
        if made.handled or lazy or not used:
            continue
        stateful = _brings_state(cls, made, function.node)
        if stateful or (isinstance(made.cls, LibraryClass) and made.cls.path in DROPOUTS):
            yield call, made, stateful


def _brings_state(cls: ModuleClass, made: Instance, function: ast.AST) -> bool:
    """Whether the layer has weights that were made here too; a container may only regroup registered ones."""
    if isinstance(made.cls, ClassFacts):
        return cls.index.learnable(made.cls)
    if made.cls.path not in CONTAINER_PATHS:
        return made.cls.stateful is True and cls.index.stateful(made) is True
    fresh = [v for arg in made.args for v in _fresh(arg, function)]
    return any(cls.index.stateful(value) is True for value in fresh)


def _fresh(value: Value, function: ast.AST) -> Iterator[Instance]:
    for candidate in alternatives(value):
        if isinstance(candidate, Box):
            for item in candidate.items:
                yield from _fresh(item, function)
        elif isinstance(candidate, Instance) and _within(candidate.node, function):
            yield candidate


def _within(node: ast.AST, function: ast.AST) -> bool:
    """Whether the node is part of the function; one of another file may have a line number that lies in it."""
    first, last = getattr(function, "lineno", 1), getattr(function, "end_lineno", 0)
    return first <= getattr(node, "lineno", 0) <= last and any(inner is node for inner in ast.walk(function))


def remade_parameters(cls: ModuleClass) -> Iterator[Binding]:
    """Assignments of a new Parameter to an attribute that already is one, where ``forward`` or what it calls runs."""
    for binding in cls.own_bindings():
        function = binding.place.function
        if not isinstance(binding.value, Parameter) or binding.value.moved or binding.place.in_init or function is None:
            continue
        earlier = [b for b in cls.bindings_of(binding.attribute) if b.place.in_init]
        known = bool(earlier) and all(isinstance(b.value, Parameter) for b in earlier)
        if known and function.name in cls.reached and not built_once(binding.place.guards):
            yield binding


def direct_forward_calls(file: FileModel) -> Iterator[tuple[Call, str, str]]:
    """Calls of ``forward`` on a Module that isn't the caller itself, with the sources of callee and Module."""
    for call in file.calls:
        callee, function = call.callee, call.node.func
        if not isinstance(callee, Method) or not isinstance(function, ast.Attribute) or function.attr != "forward":
            continue
        receiver, caller = callee.receiver, call.place.function
        if not isinstance(receiver, Instance) or not file.graph.is_module(receiver.cls):
            continue
        if caller is not None and _within(receiver.node, caller.node) and not receiver.registered:
            continue
        if _overrides_call(file, receiver):
            continue
        yield call, ast.unparse(function), ast.unparse(function.value)


def _overrides_call(file: FileModel, receiver: Instance) -> bool:
    member = file.graph.find(receiver.cls, "__call__")
    return member is not None and isinstance(member.owner, ClassFacts)


def calls_without_forward(file: FileModel) -> Iterator[tuple[Call, ClassFacts]]:
    """Calls of Modules of which it is known that neither they nor a base class define ``forward``."""
    for call in file.calls:
        callee = call.callee
        if not isinstance(callee, Instance) or not isinstance(callee.cls, ClassFacts) or not call.sure:
            continue
        if not isinstance(callee.node, ast.Call):  # an annotation: an instance of a subclass may come
            continue
        if lacks_forward(file, callee.cls):
            yield call, callee.cls


def lacks_forward(file: FileModel, cls: ClassFacts) -> bool:
    """Whether calling an instance of the class must fail for want of a ``forward``."""
    if not file.graph.is_module(cls):
        return False
    model = ModuleClass(file, cls)
    if any(model.find_open(name) for name in ("forward", "__call__", "_call_impl", "__new__")):
        return False
    if model.opaque or file.stores_attribute("forward") or SET_FORWARD.search(file.facts.text):
        return False
    if any(meant == "forward" for _, meant in misspelled(model)) or any(nested_forwards(model)):
        return False
    return not model.stored("forward") and "forward" not in model.touched


def overridden_call(cls: ModuleClass) -> FunctionFacts | None:
    """The class's own ``__call__`` that doesn't hand on to ``nn.Module``'s."""
    function = override(cls, "__call__")
    if function is None or calls_base(function, "__call__", "_call_impl") or "_call_impl" in attributes_used(function):
        return None
    return function
