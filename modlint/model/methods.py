"""Methods of known values: what `layers.append`, `weight.to` or `super().__init__` do."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Final

from modlint.model.classes import AnyClass, is_root
from modlint.model.events import Binding, Call, Initialisation, Started
from modlint.model.facts import ClassFacts
from modlint.model.functions import Functions
from modlint.model.library import LibraryClass
from modlint.model.recall import Behind
from modlint.model.torch_names import (
    SAME_MODULE,
    SAME_PARAMETER,
    TENSOR_LOOKS,
    TENSOR_OPERATIONS,
    TENSOR_PLACES,
    TENSOR_TO_PYTHON,
)
from modlint.model.values import (
    NONE,
    UNKNOWN,
    Box,
    ClassRef,
    Const,
    Dotted,
    FunctionRef,
    Instance,
    Parameter,
    Parameters,
    SelfRef,
    SuperRef,
    Tensor,
    Value,
    join,
)

COMPUTED: Final = ""
"""The attribute's name in a binding whose name is worked out at run time."""

FILLING: Final = frozenset({"append", "extend", "insert", "add", "update", "setdefault", "appendleft", "extendleft"})
SPREADING: Final = frozenset({"extend", "update", "extendleft"})


class Methods(Functions):
    """The part of the interpreter that knows methods of containers, modules, tensors, parameters and ``super()``."""

    bind: Callable[..., None]
    grow: Callable[[Box], None]

    def call_instance(self, callee: Instance, event: Call) -> Value:
        callee.called.append(event.node)
        for value in (*event.args, *event.kwargs.values()):
            if self.graph.is_module(callee.cls) and isinstance(callee.cls, LibraryClass):
                self.operand(value, "forward")
            else:
                self.escape(value)
        return UNKNOWN

    def box_method(self, box: Box, name: str, event: Call) -> Value:
        if name in FILLING:
            added = event.args[-1:] if name in ("insert", "setdefault") else event.args
            for value in added:
                box.items += self.items_of(value) if name in SPREADING else [value]
            self.grow(box)
            return box if name == "setdefault" else NONE
        if name == "items":
            pairs = [Box(event.node, "tuple", [UNKNOWN, item], 2) for item in box.items]
            return Box(event.node, "list", list(pairs))
        if name in ("values", "copy"):
            return Box(event.node, "list" if name == "values" else box.kind, list(box.items))
        if name in ("clear", "pop", "popitem", "popleft", "remove"):
            box.escaped = True
        if name in ("pop", "popitem", "get", "popleft"):
            return join(box.items) if box.items else UNKNOWN
        return UNKNOWN

    def instance_method(self, instance: Instance, name: str, event: Call) -> Value:
        if name in SAME_MODULE:
            return instance
        if name in ("parameters", "named_parameters") and self.graph.is_module(instance.cls):
            return Parameters(event.node, instance, name == "named_parameters", self.loops)
        if name == "forward":
            return self.call_instance(instance, event)
        for value in (*event.args, *event.kwargs.values()):
            self.absorb(value)
        if name in ("append", "insert", "add_module", "register_module"):
            instance.args.extend(event.args[-1:])
            return instance
        if name in ("extend", "update"):
            for value in event.args[-1:]:
                instance.args.extend(value.args if isinstance(value, Instance) else [value])
            return instance
        if name in ("load_state_dict", "_load_from_state_dict"):
            instance.handled = True
        if isinstance(instance.cls, ClassFacts):
            return UNKNOWN
        return UNKNOWN

    def tensor_method(self, tensor: Tensor, name: str, event: Call) -> Value:
        if name in TENSOR_PLACES:
            if not self.in_init and not (name == "to" and _only_dtype(event)):
                tensor.uses.add("moved")
            result = tensor.derived(event.node)
            result.placed = result.placed or not (name in ("cpu", "type_as") or _only_dtype(event))
            if name == "new_tensor" or (name in ("to", "cpu") and _stays(name, event)):
                result.computed = tensor.computed
            return result
        if name in TENSOR_TO_PYTHON:
            tensor.uses.add("python")
            return UNKNOWN
        if name == "requires_grad_":
            tensor.trainable = not (event.args and isinstance(event.args[0], Const) and event.args[0].value is False)
            return tensor
        if name in TENSOR_LOOKS or name.endswith("_"):
            return tensor if name.endswith("_") else UNKNOWN
        result = tensor.derived(event.node)
        if name in ("detach", "float", "contiguous"):
            result.computed = tensor.computed
        if name == "detach":
            result.trainable = result.computed = False
        if name in ("float", "double", "half", "bfloat16"):
            result.floating = True
        if name in ("long", "int", "bool", "short", "byte"):
            result.floating = False
        if (
            name in ("sum", "mean", "max", "min", "prod", "norm", "any", "all", "argmax", "argmin", "squeeze")
            and not event.args
        ):
            result.dims = None
        others = [v for v in (*event.args, *event.kwargs.values()) if not isinstance(v, (Const, Tensor))]
        if name in TENSOR_OPERATIONS and others and not self.in_init:
            self.operand(tensor, name)
            return UNKNOWN
        return result

    def parameter_method(self, parameter: Parameter, name: str, event: Call) -> Value:
        if name == "requires_grad_":
            parameter.trainable = not (event.args and isinstance(event.args[0], Const) and event.args[0].value is False)
            return parameter
        if name in SAME_PARAMETER or name.endswith("_"):
            return parameter
        if name in TENSOR_LOOKS or name in TENSOR_TO_PYTHON or parameter.registered or name in ("detach",):
            return UNKNOWN
        if name in ("to", "cpu", "float") and _stays(name, event):
            return parameter
        return Parameter(event.node, parameter.trainable, f".{name}()")

    def self_method(self, receiver: SelfRef, name: str, event: Call) -> Value:
        """A method of the instance that torch's classes define."""
        args = [*event.args, *event.kwargs.values()]
        if name in ("register_buffer", "register_parameter", "add_module", "register_module") and args:
            key = event.kwargs.get("name", event.args[0] if event.args else UNKNOWN)
            value = (
                event.args[1]
                if len(event.args) > 1
                else next((event.kwargs[k] for k in ("tensor", "param", "module") if k in event.kwargs), UNKNOWN)
            )
            fixed = key.value if event.sure and isinstance(key, Const) else None
            self.bind(fixed if isinstance(fixed, str) else COMPUTED, value, event.node, name)
            self.absorb(value)
            return NONE
        if name in SAME_MODULE:
            return self.instance
        if name in ("parameters", "named_parameters"):
            return Parameters(event.node, receiver, name == "named_parameters", self.loops)
        if name == "forward":
            return UNKNOWN
        for value in args:
            self.absorb(value)
        return UNKNOWN

    def super_method(self, receiver: SuperRef, name: str, event: Call) -> Value:
        after = receiver.after
        if name == "__setattr__" and event.args and isinstance(event.args[0], Const):
            self.bind(
                str(event.args[0].value), event.args[1] if len(event.args) > 1 else UNKNOWN, event.node, "setattr"
            )
            return NONE
        if not receiver.bound or self.cls is None:
            return UNKNOWN
        if after is None:
            self.begin(event, name, True)
            return UNKNOWN
        cls = self.cls
        self.ask(Behind(after))
        member = self.on_behalf(lambda: self.graph.find(cls, name, after))
        if member is not None and isinstance(member.owner, ClassFacts):
            function = None if is_root(member.owner) else member.owner.method(name)
            if function is not None and not self._hidden_before(member.owner, after):
                return self.call_function(
                    FunctionRef(function, receiver=self.instance), event.args, event.kwargs, event.node
                )
        self.begin(event, name, member is not None or not self._ends(after))
        if name in ("register_buffer", "register_parameter", "add_module"):
            return self.self_method(self.instance, name, event)
        for value in (*event.args, *event.kwargs.values()):
            self.absorb(value)
        return self.instance if name in SAME_MODULE else UNKNOWN

    def _hidden_before(self, owner: ClassFacts, after: AnyClass) -> bool:
        """Whether a class that isn't known comes between ``after`` and ``owner`` in the MRO and may answer first."""
        cls = self.cls
        rest = self.on_behalf(lambda: self.graph.behind(cls, after)) if cls is not None else ()
        between = rest[: rest.index(owner)] if owner in rest else ()
        return any(isinstance(c, LibraryClass) and c.opaque and not self.graph.is_module(c) for c in between)

    def _ends(self, after: AnyClass) -> bool:
        """Whether behind ``after`` the MRO surely has no class that would run ``Module.__init__``."""
        cls = self.cls
        if cls is None:
            return False
        complete, inside, behind = self.on_behalf(lambda: self.line_behind(after))
        return complete and inside and not any(is_root(c) or (isinstance(c, LibraryClass) and c.opaque) for c in behind)

    def begin(self, event: Call, name: str, runs: bool) -> None:
        """A base's ``__init__`` outside the opened files is called: if it can, it runs ``Module.__init__``."""
        if name != "__init__" or not self.in_init or not runs:
            return
        before = self.path.started
        registered = []
        if before is not Started.NO:
            self.spoil()
            registered = self.registered_so_far()
        self.events.initialisations.append(
            Initialisation(event.node, event.place, before, registered, list(self.callers))
        )
        self.path.started = Started.YES

    def registered_so_far(self) -> list[Binding]:
        """Bindings of the constructor up to here that registered something."""
        current = {id(value) for value in self.path.attributes.values()}
        return [
            b
            for b in self.events.bindings
            if (isinstance(b.value, (Instance, Parameter)) and id(b.value) in current) or b.how == "register_buffer"
        ]

    def class_method(self, receiver: ClassRef, name: str, event: Call) -> Value:
        """``Base.method(self, …)`` on a class whose method isn't in an opened file."""
        if not event.args or isinstance(event.args[0], SelfRef):
            self.begin(event, name, self.graph.is_module(receiver.cls) or not self.graph.mro(receiver.cls).complete)
        for value in event.args[1:]:
            self.absorb(value)
        return UNKNOWN


def _only_dtype(event: Call) -> bool:
    """``.to(torch.float32)``, ``.to(x.dtype)`` and ``.to(dtype=…)`` change no device."""
    values = [*event.args, *event.kwargs.values()]
    if event.spread or not values:
        return False
    if not event.args and "dtype" in event.kwargs and not event.kwargs.keys() & {"device", "other", "tensor"}:
        return True
    named = event.node.args[0] if len(event.node.args) == 1 and not event.kwargs else None
    return (isinstance(named, ast.Attribute) and named.attr == "dtype") or all(
        isinstance(v, Dotted) and v.path.startswith("torch.") for v in values
    )


def _stays(name: str, event: Call) -> bool:
    """Whether the conversion gives back the same Parameter on a fresh CPU float32 one."""
    if name in ("cpu", "float"):
        return True
    values = [*event.args, *event.kwargs.values()]
    return all(
        (isinstance(v, Const) and v.value == "cpu")
        or (isinstance(v, Dotted) and v.path in ("torch.float", "torch.float32"))
        for v in values
    )


RECEIVERS: Final[dict[type[Value], Callable[..., Value]]] = {
    Box: Methods.box_method,
    Instance: Methods.instance_method,
    Tensor: Methods.tensor_method,
    Parameter: Methods.parameter_method,
    SelfRef: Methods.self_method,
    SuperRef: Methods.super_method,
    ClassRef: Methods.class_method,
}
