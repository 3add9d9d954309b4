"""What calls make: instances, parameters, containers, tensors, copies."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Final

from modlint.model.classes import AnyClass
from modlint.model.expressions import Expressions
from modlint.model.torch_names import LIKE_MAKERS
from modlint.model.values import (
    FLAT,
    UNKNOWN,
    Box,
    ClassRef,
    Const,
    Dotted,
    Instance,
    Parameter,
    Parameters,
    Tensor,
    Union,
    Value,
    alternatives,
    inside,
    join,
)

BOXES: Final = {
    "builtins.list": "list",
    "builtins.tuple": "tuple",
    "builtins.set": "set",
    "builtins.frozenset": "set",
    "builtins.dict": "dict",
    "builtins.sorted": "list",
    "builtins.reversed": "list",
    "builtins.iter": "list",
    "builtins.filter": "list",
    "collections.OrderedDict": "dict",
    "collections.defaultdict": "dict",
    "collections.deque": "list",
    "typing.OrderedDict": "dict",
    "itertools.chain": "list",
}
"""Callables that make a plain container of what they are given."""


class Makers(Expressions):
    """The part of the interpreter that makes new values."""

    call_one: Callable[..., Value]

    def construct(self, cls: AnyClass, node: ast.Call, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """An instance. A Module may register what its constructor is given; any other class may do anything with it."""
        instance = Instance(node, cls, args, kwargs)
        keep = self.absorb if self.graph.is_module(cls) else self.escape
        for value in (*args, *kwargs.values()):
            keep(value)
        return instance

    def make_parameter(self, node: ast.Call, args: list[Value], kwargs: dict[str, Value]) -> Value:
        data = args[0] if args else kwargs.get("data", UNKNOWN)
        flag = args[1] if len(args) > 1 else kwargs.get("requires_grad")
        trainable: bool | None = True if flag is None else None
        if isinstance(flag, Const):
            trainable = bool(flag.value)
        for candidate in inside(data):
            if isinstance(candidate, Tensor):
                candidate.registered = True
                candidate.uses.add("escaped")
        return Parameter(node, trainable)

    def make_box(self, path: str, node: ast.Call, args: list[Value], kwargs: dict[str, Value]) -> Value:
        kind = BOXES[path]
        if path.endswith("defaultdict") or not args:
            named = [*kwargs.values()] if kind == "dict" else []
            return Box(node, kind, named, len(named) if not args else None)
        source = args if path == "itertools.chain" else args[-1:]
        items = [item for value in source for item in self.items_of(value)]
        if kind == "dict":
            items = [item.items[1] if isinstance(item, Box) and len(item.items) == 2 else item for item in items]
        return Box(node, kind, items)

    def iterator(self, path: str, node: ast.Call, args: list[Value]) -> Value:
        if path == "builtins.enumerate" and args:
            return Box(node, "list", [Box(node, "tuple", [UNKNOWN, self.element(args[0])], 2)])
        if path == "builtins.zip":
            return Box(node, "list", [Box(node, "tuple", [self.element(a) for a in args], len(args))])
        if path == "builtins.map" and len(args) == 2:
            element = self.element(args[1])
            made = self.call_one(args[0], node, [element], {}, False) if args[0] is not UNKNOWN else UNKNOWN
            return Box(node, "list", [made])
        return UNKNOWN

    def wrapped_module(self, path: str, node: ast.Call, args: list[Value]) -> Value:
        first = args[0] if args else UNKNOWN
        if path.startswith("torch.nn.utils.skip_init"):
            return self.call_one(first, node, args[1:], {}, False) if first is not UNKNOWN else UNKNOWN
        if not path.startswith("copy."):
            return first
        return join([copied_value(candidate) for candidate in alternatives(first)])

    def partial(self, args: list[Value]) -> Value:
        first = args[0] if args else UNKNOWN
        for value in args[1:]:
            self.escape(value)
        named = first.path.rpartition(".")[2] if isinstance(first, Dotted) else ""
        return first if isinstance(first, ClassRef) or named[:1].isupper() else UNKNOWN

    def torch_function(self, path: str, node: ast.Call, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """A function of torch: a tensor in, a tensor out; with tensors of the forward pass its arguments must fit."""
        values = [*args, *kwargs.values()]
        tensors = [v for value in values for v in inside(value) if isinstance(v, Tensor)]
        parameters = [v for value in values for v in inside(value) if isinstance(v, Parameter)]
        if not tensors:
            for value in values:
                self.escape(value)
            return Parameter(node, None, path) if parameters and not any(p.registered for p in parameters) else UNKNOWN
        plain = all(isinstance(v, (Tensor, Const)) for value in values for v in inside(value) if not isinstance(v, Box))
        if plain or self.in_init or path in LIKE_MAKERS:
            result = tensors[0].derived(node)
            result.dims = (
                None
                if path not in LIKE_MAKERS and path.rpartition(".")[2] in ("sum", "mean", "max", "min", "norm", "dot")
                else result.dims
            )
            if path in LIKE_MAKERS:
                result.trainable = result.computed = False
            return result
        for value in values:
            self.operand(value, path)
        return UNKNOWN


def copied_value(value: Value, depth: int = 4) -> Value:
    """A fresh object of the same kind: what a deep copy or another call of a factory gives."""
    if value.__class__ in FLAT:
        return value
    if isinstance(value, Instance):
        return Instance(value.node, value.cls, value.args, value.kwargs)
    if isinstance(value, Parameter):
        return Parameter(value.node, value.trainable, value.moved)
    if isinstance(value, Tensor):
        copied = value.derived(value.node)
        copied.uses, copied.computed = set(), value.computed
        return copied
    if isinstance(value, Parameters):
        return Parameters(value.node, value.module, value.named, value.loops)
    if not isinstance(value, Box):
        return value
    if depth == 0:
        return UNKNOWN
    items = [
        join([copied_value(c, depth - 1) for c in item.values])
        if isinstance(item, Union)
        else copied_value(item, depth - 1)
        for item in value.items
    ]
    box = Box(value.node, value.kind, items, value.literal)
    box.wrapped, box.escaped = value.wrapped, value.escaped
    return box
