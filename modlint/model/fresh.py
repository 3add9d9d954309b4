"""Copies of what another file's code makes, so that one file's check leaves no trace in another's."""

from __future__ import annotations

from modlint.model.values import FLAT, Box, Instance, Parameter, Parameters, Tensor, Union, Value


def fresh(value: Value) -> Value:
    """The same objects made anew, as they are now, with all they hold."""
    return _Copier().copied(value)


class _Copier:
    """Copies each object once, so that what was one object stays one."""

    def __init__(self) -> None:
        self._done: dict[int, Value] = {}

    def copied(self, value: Value) -> Value:
        if value.__class__ in FLAT:
            return value
        if isinstance(value, Union):
            return Union(tuple(self.copied(v) for v in value.values))
        known = self._done.get(id(value))
        if known is not None:
            return known
        if isinstance(value, Instance):
            return self._instance(value)
        if isinstance(value, Box):
            return self._box(value)
        if isinstance(value, Tensor):
            return self._tensor(value)
        if isinstance(value, Parameter):
            parameter = Parameter(value.node, value.trainable, value.moved)
            parameter.registered, parameter.escaped = value.registered, value.escaped
            return self._keep(value, parameter)
        if isinstance(value, Parameters):
            return self._keep(value, Parameters(value.node, value.module, value.named, value.loops))
        return value

    def _keep(self, value: Value, copy: Value) -> Value:
        self._done[id(value)] = copy
        return copy

    def _instance(self, value: Instance) -> Value:
        copy = Instance(value.node, value.cls, [], {})
        self._keep(value, copy)
        copy.registered, copy.escaped, copy.handled = value.registered, value.escaped, value.handled
        copy.args = [self.copied(v) for v in value.args]
        copy.kwargs = {name: self.copied(v) for name, v in value.kwargs.items()}
        return copy

    def _box(self, value: Box) -> Value:
        copy = Box(value.node, value.kind, [], value.literal)
        self._keep(value, copy)
        copy.wrapped, copy.escaped = value.wrapped, value.escaped
        copy.items = [self.copied(v) for v in value.items]
        copy.keys, copy.attributes = list(value.keys), list(value.attributes)
        return copy

    def _tensor(self, value: Tensor) -> Value:
        copy = Tensor(value.node, value.made_by, value.dims)
        copy.floating, copy.random, copy.trainable = value.floating, value.random, value.trainable
        copy.computed, copy.placed, copy.registered = value.computed, value.placed, value.registered
        copy.escaped, copy.uses = value.escaped, set(value.uses)
        return self._keep(value, copy)
