"""Questions about what a Module registers, and what it only holds."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.model.events import Binding
from modlint.model.module_class import ModuleClass
from modlint.model.values import Box, Const, Instance, Parameter, Tensor, Value, alternatives, inside


def hidden_modules(cls: ModuleClass) -> Iterator[tuple[Binding, Box, list[Instance]]]:
    """Attributes that are plain containers of submodules with state that nothing registers, each once."""
    for binding, box in _boxes(cls):
        lost = [i for i in inside(box) if isinstance(i, Instance) and _is_lost(cls, i)]
        if lost and not _hides_on_purpose(binding, box):
            yield binding, box, lost


def hidden_parameters(cls: ModuleClass) -> Iterator[tuple[Binding, Box]]:
    """Attributes that are plain containers of parameters which nothing registers."""
    for binding, box in _boxes(cls):
        if any(isinstance(i, Parameter) and not i.registered for i in inside(box)):
            yield binding, box


def _boxes(cls: ModuleClass) -> Iterator[tuple[Binding, Box]]:
    seen: set[str] = set()
    for binding in cls.own_bindings():
        for value in alternatives(binding.value):
            if not isinstance(value, Box) or value.wrapped or value.escaped or binding.attribute in seen:
                continue
            if (
                binding.how in ("assign", "unpack")
                and not cls.handles_own(binding.attribute)
                and not _wrapped_inside(value)
            ):
                seen.add(binding.attribute)
                yield binding, value


def _wrapped_inside(box: Box) -> bool:
    return any(isinstance(v, Box) and (v.wrapped or v.escaped) for v in inside(box))


def _is_lost(cls: ModuleClass, instance: Instance) -> bool:
    return not instance.registered and not instance.escaped and cls.index.matters(instance)


def _hides_on_purpose(binding: Binding, box: Box) -> bool:
    """A container of one element that was made elsewhere, or under a private name, keeps a Module out on purpose."""
    node = box.node
    elements = (
        node.elts if isinstance(node, (ast.List, ast.Tuple)) else node.values if isinstance(node, ast.Dict) else []
    )
    if box.literal != 1 or len(elements) != 1:
        return False
    return not isinstance(elements[0], ast.Call) or binding.attribute.startswith("_")


def plain_tensors(cls: ModuleClass) -> Iterator[tuple[Binding, Tensor]]:
    """Attributes that are nothing but plain tensors made in the constructor, and that running the Module reads."""
    for binding in cls.own_bindings():
        value = binding.value
        if not isinstance(value, Tensor) or binding.how != "assign" or not binding.place.in_init or value.registered:
            continue
        if _stays_plain(cls, binding.attribute) and _read_when_run(cls, binding.attribute):
            yield binding, value


def computed_with(cls: ModuleClass) -> Iterator[tuple[Binding, Tensor]]:
    """Plain tensors, of one dimension at least, that meet other tensors where the Module runs and aren't moved."""
    for binding, tensor in plain_tensors(cls):
        if tensor.trainable or tensor.placed or not tensor.dims or "operand" not in tensor.uses:
            continue
        moved = "moved" in tensor.uses and not (tensor.random and "weight" in tensor.uses)
        if not moved and not tensor.uses & {"escaped", "passed", "python"}:
            yield binding, tensor


def _stays_plain(cls: ModuleClass, attribute: str) -> bool:
    bindings = cls.bindings_of(attribute)
    return (
        all(b.place.in_init and _is_plain(b.value) for b in bindings)
        and attribute not in cls.events.deleted
        and not cls.handles_own(attribute)
    )


def _is_plain(value: Value) -> bool:
    """A tensor nobody registered, or what stands in its place on another path of the constructor: None, a number."""
    return isinstance(value, Const) or (isinstance(value, Tensor) and not value.registered)


def _read_when_run(cls: ModuleClass, attribute: str) -> bool:
    return any(read.function.name in cls.reached for read in cls.reads(attribute))
