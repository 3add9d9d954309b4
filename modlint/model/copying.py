"""Questions about Modules as objects that are moved, copied and pickled: what stays behind, what can't be stored."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from modlint.model.events import Binding, Call
from modlint.model.facts import ClassFacts, FunctionFacts, Placed, dotted
from modlint.model.module_class import ModuleClass
from modlint.model.overrides import attributes_used, calls_base, override
from modlint.model.values import (
    Box,
    ClassRef,
    FunctionRef,
    Instance,
    LambdaRef,
    Parameter,
    SelfRef,
    Value,
    alternatives,
)

MOVING: Final = ("_apply", "to", "cuda", "cpu")
GENERIC: Final = frozenset(
    "_apply apply children modules named_children named_modules parameters named_parameters buffers named_buffers"
    " _modules _parameters _buffers __dict__".split()
)
"""What a method uses that treats all parts alike."""
STORED: Final = ("__getstate__", "__reduce__", "__reduce_ex__")
HANDLES: Final = {
    "open": "an open file",
    "threading.Lock": "a lock",
    "threading.RLock": "a lock",
    "Lock": "a lock",
    "RLock": "a lock",
    "socket.socket": "a socket",
}
"""Calls whose results can't be pickled, with what they are."""


def left_behind(cls: ModuleClass) -> Iterator[tuple[FunctionFacts, list[str]]]:
    """Overrides of what moves a Module that call no base and leave out parts with state, with these parts."""
    for name in MOVING:
        function = override(cls, name)
        if function is None or calls_base(function, *MOVING):
            continue
        used = attributes_used(function)
        if used & GENERIC or any(isinstance(n, ast.Name) and n.id == "super" for n in ast.walk(function.node)):
            continue
        missed = [part for part in _stateful_parts(cls) if part not in used]
        if missed:
            yield function, missed


def _stateful_parts(cls: ModuleClass) -> list[str]:
    found: dict[str, bool] = {}
    for binding in cls.events.bindings:
        value = binding.value
        sure = isinstance(value, Parameter) or (isinstance(value, Instance) and cls.index.stateful(value) is True)
        registered = sure and getattr(value, "registered", False) and binding.place.in_init
        found[binding.attribute] = found.get(binding.attribute, True) and registered
    return [name for name, sure in found.items() if sure]


def endless_getattr(cls: ModuleClass) -> tuple[FunctionFacts, str] | None:
    """A ``__getattr__`` that reads a registered part off ``self`` and so calls itself, with that part's name."""
    function = override(cls, "__getattr__")
    if function is None or calls_base(function, "__getattr__", "__getattribute__"):
        return None
    used = attributes_used(function)
    if used & GENERIC or any(isinstance(n, ast.Name) and n.id == "super" for n in ast.walk(function.node)):
        return None
    parts = set(_registered_parts(cls))
    for read in cls.sweep.reads:
        if read.function is function and read.attribute in parts:
            return function, read.attribute
    return None


def _registered_parts(cls: ModuleClass) -> list[str]:
    values = [(b.attribute, v) for b in cls.events.bindings if b.place.in_init for v in alternatives(b.value)]
    return [name for name, value in values if isinstance(value, (Instance, Parameter)) and value.registered]


def unpicklable(cls: ModuleClass) -> Iterator[tuple[Binding, str]]:
    """Attributes that pickling an instance fails on, with what they are."""
    if any(cls.find_open(name) for name in STORED):
        return
    seen: set[str] = set()
    for binding in cls.own_bindings():
        what = _what(binding) if binding.place.in_init and binding.attribute not in seen else ""
        if what:
            seen.add(binding.attribute)
            yield binding, what


def _what(binding: Binding) -> str:
    statement = binding.place.statement
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
        handle = HANDLES.get(dotted(statement.value.func))
        if handle is not None:
            return handle
    for value in alternatives(binding.value):
        kind = _kind(value)
        if kind:
            return kind
    return ""


def _kind(value: Value) -> str:
    if isinstance(value, LambdaRef):
        return "a lambda"
    if isinstance(value, FunctionRef) and value.closure is not None:
        return "a function defined inside another"
    return "a generator" if isinstance(value, Box) and value.kind == "generator" else ""


def self_references(cls: ModuleClass) -> Iterator[tuple[Placed, str, str, ast.stmt]]:
    """Where a Module registers itself, or is handed to a part that registers it: node, attribute, part, statement."""
    if cls.find_open("__setattr__"):
        return
    for binding in cls.own_bindings():
        if isinstance(binding.value, SelfRef) and binding.how == "assign":
            yield binding.place.statement, f"self.{binding.attribute}", "", binding.place.statement
    held = {id(v) for b in cls.events.bindings for v in alternatives(b.value) if isinstance(v, Instance)}
    for call in cls.own_calls():
        made = call.result
        if not isinstance(made, Instance) or made.node is not call.node or id(made) not in held or call.spread:
            continue
        if isinstance(made.cls, ClassFacts) and isinstance(call.callee, ClassRef) and cls.graph.is_module(made.cls):
            attribute = _kept_argument(cls, call, made.cls)
            if attribute:
                yield call.node, f"{made.cls.name}.{attribute}", made.cls.name, call.place.statement


def _kept_argument(cls: ModuleClass, call: Call, part: ClassFacts) -> str:
    """The attribute under which the part's constructor registers the argument that is the caller; empty if none."""
    member = cls.graph.find(part, "__init__")
    function = member.owner.method("__init__") if member is not None and isinstance(member.owner, ClassFacts) else None
    setter = cls.graph.find(part, "__setattr__")
    if function is None or (setter is not None and isinstance(setter.owner, ClassFacts)):
        return ""
    args = function.node.args
    names = [a.arg for a in (*args.posonlyargs, *args.args)][1:]
    given = {n for n, v in zip(names, call.args, strict=False) if isinstance(v, SelfRef)}
    given |= {n for n, v in call.kwargs.items() if isinstance(v, SelfRef)}
    for binding in cls.index.constructed(part).events.bindings:
        statement = binding.place.statement
        if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Name):
            continue
        if binding.place.function is function and statement.value.id in given:
            return binding.attribute
    return ""
