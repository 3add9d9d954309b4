"""Copies of what code made elsewhere, so that what happens to them here leaves no trace there."""

from __future__ import annotations

from modlint.model.state import Frame
from modlint.model.values import (
    FLAT,
    Box,
    FunctionRef,
    Instance,
    LambdaRef,
    Method,
    Parameter,
    ParameterOf,
    Parameters,
    SelfRef,
    Tensor,
    Union,
    Value,
)


def fresh(value: Value) -> Value:
    """The same objects made anew, as they are now, with all they hold."""
    return Copier().copied(value)


class Copier:
    """Copies each object once, so that what was one object stays one."""

    def __init__(self) -> None:
        self._done: dict[int, Value] = {}

    def copied(self, value: Value) -> Value:
        """A copy of a value, with all it holds."""
        if value.__class__ in FLAT:
            return self._flat(value)
        known = self._done.get(id(value))
        if known is not None:
            return known
        if isinstance(value, Union):
            return self.keep(value, Union(tuple(self.copied(v) for v in value.values)))
        if isinstance(value, Instance):
            return self._instance(value)
        if isinstance(value, Box):
            return self._box(value)
        if isinstance(value, Tensor):
            return self._tensor(value)
        if isinstance(value, Parameter):
            parameter = Parameter(value.node, value.trainable, value.moved)
            parameter.registered, parameter.escaped = value.registered, value.escaped
            return self.keep(value, parameter)
        if isinstance(value, Parameters):
            return self.keep(value, Parameters(value.node, value.module, value.named, value.loops))
        return value

    def _flat(self, value: Value) -> Value:
        return value

    def keep(self, value: Value, copy: Value) -> Value:
        """Let one object be the copy of another wherever that comes up."""
        self._done[id(value)] = copy
        return copy

    def _instance(self, value: Instance) -> Instance:
        copy = Instance(value.node, value.cls, [], {})
        self.keep(value, copy)
        copy.registered, copy.escaped, copy.handled = value.registered, value.escaped, value.handled
        copy.args = [self.copied(v) for v in value.args]
        copy.kwargs = {name: self.copied(v) for name, v in value.kwargs.items()}
        return copy

    def _box(self, value: Box) -> Value:
        copy = Box(value.node, value.kind, [], value.literal)
        self.keep(value, copy)
        copy.wrapped, copy.escaped = value.wrapped, value.escaped
        copy.items = [self.copied(v) for v in value.items]
        copy.keys, copy.attributes = list(value.keys), list(value.attributes)
        return copy

    def _tensor(self, value: Tensor) -> Value:
        copy = Tensor(value.node, value.made_by, value.dims)
        copy.floating, copy.random, copy.trainable = value.floating, value.random, value.trainable
        copy.computed, copy.placed, copy.registered = value.computed, value.placed, value.registered
        copy.escaped, copy.uses = value.escaped, set(value.uses)
        return self.keep(value, copy)


class Transplant(Copier):
    """Copies what a run of one class's code made, for another class's ``instance``: in place of the one it ran on.

    What refers to that instance or to variables of the run is copied too.
    """

    def __init__(self, instance: Value) -> None:
        super().__init__()
        self._self = instance
        self._frames: dict[int, Frame] = {}

    def copied(self, value: Value) -> Value:
        """A copy of a value, with all it holds."""
        if isinstance(value, SelfRef):
            return self._self
        known = self._done.get(id(value))
        if known is not None:
            return known
        if isinstance(value, LambdaRef):
            return self.keep(value, LambdaRef(value.node, self.frame(value.closure)))
        if isinstance(value, ParameterOf):
            return self.keep(value, ParameterOf(value.node, self._module(value.module)))
        if isinstance(value, Parameters):
            copy = Parameters(value.node, self._module(value.module), value.named, value.loops)
            copy.taken = list(value.taken)
            return self.keep(value, copy)
        return super().copied(value)

    def frame(self, frame: Frame) -> Frame:
        """A copy of the variables of a function that ran, and of those around it."""
        known = self._frames.get(id(frame))
        if known is None:
            known = self._frames[id(frame)] = Frame(frame.file, frame.function, None)
            known.closure = None if frame.closure is None else self.frame(frame.closure)
            known.self_name = frame.self_name
            known.env = {name: self.copied(value) for name, value in frame.env.items()}
        return known

    def _flat(self, value: Value) -> Value:
        if isinstance(value, FunctionRef) and (value.closure is not None or value.receiver is not None):
            closure = None if value.closure is None else self.frame(value.closure)
            receiver = None if value.receiver is None else self.copied(value.receiver)
            return self.keep(value, FunctionRef(value.function, closure, receiver))
        return self.keep(value, Method(self.copied(value.receiver), value.name)) if isinstance(value, Method) else value

    def _instance(self, value: Instance) -> Instance:
        copy = super()._instance(value)
        copy.called = list(value.called)
        copy.parts = {name: self._part(part) for name, part in value.parts.items()}
        copy.within = None if value.within is None else (self._part(value.within[0]), value.within[1])
        return copy

    def _module(self, module: Instance | SelfRef) -> Instance | SelfRef:
        copy = self.copied(module)
        return copy if isinstance(copy, (Instance, SelfRef)) else module

    def _part(self, part: Instance) -> Instance:
        copy = self.copied(part)
        return copy if isinstance(copy, Instance) else part
