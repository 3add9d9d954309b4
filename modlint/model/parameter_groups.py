"""Questions about parameter groups: which parts of a model an optimizer gets, and which it never sees."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from modlint.model.events import Call, Place
from modlint.model.facts import ClassFacts
from modlint.model.guards import exclusive
from modlint.model.index import FileModel
from modlint.model.module_class import ModuleClass
from modlint.model.optimizers import brings_parameters, follows, given, optimizer_calls
from modlint.model.overrides import attributes_used
from modlint.model.values import Box, Const, Instance, Method, ParameterOf, Parameters, SelfRef, Value, alternatives

FREEZING: Final = frozenset({"requires_grad", "requires_grad_", "add_param_group"})
"""What code mentions that leaves parts out on purpose, or takes them in later."""
CUTTING: Final = frozenset({"no_grad", "inference_mode", "detach"})
"""What a Module does on the way to keep gradients from a part."""
LEFT_OUT: Final = re.compile(
    r"backbone|pretrain|teacher|ema|target|momentum|frozen|base|feature|vgg|clip|bert|discriminator|critic|loss|criterion"
    r"|metric|lpips|percept|reference|old",
    re.IGNORECASE,
)
"""Names of parts that are often not trained on purpose."""


class Covered(msgspec.Struct, eq=False):
    """Which submodules of one model, ``root``, an optimizer gets: by attribute name, or the ``whole`` of it."""

    cls: ClassFacts
    root: object
    parts: list[str] = []
    whole: bool = False


def left_out(file: FileModel) -> Iterator[tuple[Call, str, list[str], list[str]]]:
    """Optimizers of some parts of a model: the last one, the model, the parts given, and those left out."""
    for events in file.runs:
        calls = [c for c in optimizer_calls(events, file) if not _left_on_purpose(c.place)]
        for call in calls:
            covered = _covers(file, call)
            if covered is None or covered.whole:
                continue
            others = [c for c in calls if c is not call and not exclusive(c.place.guards, call.place.guards)]
            taken = _taken_here(file, call, covered, others)
            if len(taken) < 2:
                continue
            known = taken | _taken_elsewhere(file, call, covered, others)
            missing = [a for a in _trainable_parts(file, covered.cls) if a not in known]
            if missing and not any(LEFT_OUT.search(name) for name in missing):
                yield call, covered.cls.name, sorted(taken), missing


def _taken_here(file: FileModel, call: Call, covered: Covered, others: list[Call]) -> set[str]:
    """The parts that optimizers of the same function get; empty if one gets all or a later one may get more."""
    taken = set(covered.parts)
    for other in others:
        if other.place.function is not call.place.function:
            continue
        found = _covers(file, other)
        if found is not None and found.root is not covered.root:
            continue
        if found is None or found.whole or follows(other.place, call.place):
            return set()
        taken.update(found.parts)
    return taken


def _taken_elsewhere(file: FileModel, call: Call, covered: Covered, others: list[Call]) -> set[str]:
    """The parts of models of the same class that optimizers of other functions get."""
    apart = [_covers(file, c) for c in others if c.place.function is not call.place.function]
    return {part for found in apart if found is not None and found.cls is covered.cls for part in found.parts}


def _left_on_purpose(place: Place) -> bool:
    """Whether the code around the optimizer freezes something or adds groups later."""
    if place.function is not None:
        return bool(attributes_used(place.function) & (FREEZING | CUTTING))
    return any(isinstance(n, ast.Attribute) and n.attr in FREEZING for n in ast.walk(place.file.tree))


def _covers(file: FileModel, call: Call) -> Covered | None:
    """What the optimizer gets of one model; ``None`` where that isn't all known, or of several models."""
    value = given(call)
    found: Covered | None = None
    for leaf in _leaves_of(value) if value is not None and not call.spread else [None]:
        place = _part(file, call, leaf)
        if place is None:
            return None
        cls, root, part = place
        if found is not None and found.root is not root:
            return None
        found = found or Covered(cls, root)
        if part:
            found.parts.append(part)
        else:
            found.whole = True
    return found


def _leaves_of(value: Value) -> Iterator[Value]:
    """What stands for parameters in the argument of an optimizer: groups are entered by their ``params``."""
    if not isinstance(value, Box):
        yield from alternatives(value)
    elif value.kind == "dict" and len(value.keys) == len(value.items):
        for key, item in zip(value.keys, value.items, strict=True):
            if not isinstance(key, Const) or key.value == "params":
                yield from _leaves_of(item)
    else:
        for item in value.items:
            yield from _leaves_of(item)


Part = tuple[ClassFacts, object, str]
"""A model's class, the model, and the name of one of its submodules, empty for all of the model."""


def _part(file: FileModel, call: Call, leaf: Value | None) -> Part | None:
    """The part of a model whose parameters ``leaf`` gives."""
    module: Value | None = None
    if isinstance(leaf, (Parameters, ParameterOf)):
        module = leaf.module
    elif isinstance(leaf, Method) and isinstance(leaf.receiver, Instance):
        module = leaf.receiver if leaf.receiver.within is not None else None
    if isinstance(module, SelfRef):
        owner = call.place.owner
        return (owner, owner, "") if owner is not None else None
    if not isinstance(module, Instance):
        return None
    attribute = ""
    while module.within is not None:
        module, attribute = module.within
    if attribute or not module.registered:
        return (module.cls, module, attribute) if isinstance(module.cls, ClassFacts) else None
    return _own_part(file, call, module)


def _own_part(file: FileModel, call: Call, module: Instance) -> Part | None:
    """The same for a submodule that is read off ``self``."""
    owner = call.place.owner
    if owner is None or not file.graph.is_module(owner):
        return (module.cls, module, "") if isinstance(module.cls, ClassFacts) else None
    for binding in file.index.constructed(owner).events.bindings:
        if binding.value is module:
            return owner, owner, binding.attribute
    return None


def _trainable_parts(file: FileModel, cls: ClassFacts) -> list[str]:
    """The submodules with parameters that the class's constructor surely registers, if nothing freezes any."""
    model = ModuleClass(file, cls)
    for function in (f for c in model.project_classes for f in c.methods()):
        used = attributes_used(function)
        if used & FREEZING or (function.name in model.reached and used & CUTTING):
            return []
    found: dict[str, bool] = {}
    for binding in file.index.constructed(cls).events.bindings:
        sure = (
            isinstance(binding.value, Instance) and binding.value.registered and brings_parameters(file, binding.value)
        )
        found[binding.attribute] = found.get(binding.attribute, True) and sure and not binding.place.guards
    return [name for name, sure in found.items() if sure]
