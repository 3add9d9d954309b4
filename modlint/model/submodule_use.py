"""Questions about what becomes of a Module's parts: layers nobody reads, parameters nobody initialises."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Final

from modlint.model.events import Binding, Call
from modlint.model.facts import FunctionFacts
from modlint.model.guards import exclusive
from modlint.model.library import CONTAINER_PATHS, LibraryClass
from modlint.model.module_class import ModuleClass
from modlint.model.values import Instance, LambdaRef, Parameter, Tensor

WALKING: Final = frozenset(
    "modules named_modules children named_children _modules get_submodule __getattr__ __dict__ state_dict"
    " __getitem__".split()
)
"""Attributes through which submodules are reached without their names."""
LEFT_EMPTY: Final = frozenset(f"torch.{name}" for name in ("empty", "Tensor", "FloatTensor", "DoubleTensor"))
INITIALISING: Final = re.compile(r"init|reset", re.IGNORECASE)
COMPUTED_READ: Final = re.compile(r"getattr\(\s*\w+\s*,\s*(?![\"'\s])")
"""A read of an attribute whose name is worked out at run time."""
NEAR: Final = 0.6
"""From which likeness on two names are taken for each other's twins."""
WEIGHTED: Final = ("Linear", "Conv", "Embedding", "LSTM", "GRU", "Bilinear")


def unused_submodules(cls: ModuleClass) -> Iterator[tuple[Binding, Instance]]:
    """Layers with weights that the constructor registers and that nothing in the file reads."""
    if (
        cls.opaque
        or cls.inherits(*CONTAINER_PATHS)
        or not cls.find_open("forward")
        or cls.is_abstract
        or cls.facts in cls.file.subclassed
    ):
        return
    if any(WALKING & names for c in cls.project_classes for names in cls.index.sweep(c).uses.values()):
        return
    for binding in cls.own_bindings():
        value = binding.value
        if not binding.place.in_init or not isinstance(value, Instance) or binding.how not in ("assign", "add_module"):
            continue
        if cls.index.stateful(value) is True and not _is_read(cls, binding) and _is_named_once(cls, value):
            yield binding, value


def _is_read(cls: ModuleClass, binding: Binding) -> bool:
    """Whether anything may read the attribute: the class, other code of the file, a string that names it."""
    name = binding.attribute
    if not name or cls.reads(name) or name in cls.touched or cls.finds(name) is not None:
        return True
    if COMPUTED_READ.search(cls.facts.file.text):
        return True
    used = rf"\.{re.escape(name)}\b(?!\s*=[^=])|[\"']{re.escape(name)}[\"'.]"
    return re.search(used, cls.facts.file.text) is not None


def _is_named_once(cls: ModuleClass, value: Instance) -> bool:
    """Whether the layer is known under this one attribute, and was made here."""
    names = {b.attribute for b in cls.events.bindings if b.value is value}
    return len(names) == 1 and isinstance(value.node, ast.Call) and not value.escaped


def mistaken_submodules(cls: ModuleClass) -> Iterator[tuple[Call, str, str]]:
    """Second calls of a layer in one method while its twin is never used: call, the layer used, the twin."""
    for binding, unused in unused_submodules(cls):
        for other in cls.own_bindings():
            used = other.value
            if other.attribute == binding.attribute or not isinstance(used, Instance) or used.cls is not unused.cls:
                continue
            if SequenceMatcher(None, other.attribute, binding.attribute).ratio() < NEAR:
                continue
            second = _second_call(cls, used)
            if second is not None:
                yield second, other.attribute, binding.attribute
                break


def _second_call(cls: ModuleClass, layer: Instance) -> Call | None:
    calls = [c for c in cls.own_calls() if c.callee is layer and c.sure and not c.place.loops]
    for first in calls:
        for second in calls:
            if second.node is first.node or second.place.function is not first.place.function:
                continue
            if first.node.lineno < second.node.lineno and not exclusive(first.place.guards, second.place.guards):
                return second
    return None


def uninitialised_parameters(cls: ModuleClass) -> Iterator[tuple[Binding, str]]:
    """Parameters made of uninitialised memory that nothing in sight fills, with the function that made it."""
    if _initialises(cls):
        return
    makers = {id(c.node): c for c in cls.own_calls(*LEFT_EMPTY)}
    for binding in cls.own_bindings():
        value = binding.value
        if not binding.attribute or not isinstance(value, Parameter) or not isinstance(value.node, ast.Call):
            continue
        call = makers.get(id(value.node.args[0])) if value.node.args else None
        if call is None or not isinstance(call.result, Tensor) or not call.result.random or not value.trainable:
            continue
        if not _is_filled(cls, binding.attribute) and _is_direct(binding, value.node):
            yield binding, call.path


def _is_direct(binding: Binding, made: ast.Call) -> bool:
    """Whether the parameter goes from where it is made to the attribute, without a name of its own on the way."""
    node = binding.place.statement
    return any(n is made for n in ast.walk(node))


def _initialises(cls: ModuleClass) -> bool:
    """Whether the class has code that may initialise all its parameters, its own or that of a base."""
    if (
        not cls.mro.complete
        or "_init_weights" in cls.facts.file.text
        or any(INITIALISING.search(f.name) for c in cls.project_classes for f in c.methods() if f.name != "__init__")
    ):
        return True
    looping = {"parameters", "named_parameters", "modules", "named_modules", "apply", "state_dict", "children"}
    return any(looping & names for c in cls.project_classes for names in cls.index.sweep(c).uses.values())


def _is_filled(cls: ModuleClass, attribute: str) -> bool:
    """Whether code outside what runs with the Module, or an in-place operation, touches the parameter."""
    if any(not _runs(cls, r.function) for r in cls.reads(attribute)) or attribute in cls.touched:
        return True
    name = re.escape(attribute)
    return re.search(rf"_\(\s*[\w.]*\.{name}\b|\.{name}\.(data\b|[a-z]+_\()", cls.facts.file.text) is not None


def _runs(cls: ModuleClass, function: FunctionFacts) -> bool:
    return function.name in cls.reached and function not in cls.index.init_reached(cls.facts)


def early_initialisations(cls: ModuleClass) -> Iterator[tuple[ast.Call, str]]:
    """Calls that initialise all modules in the constructor before it makes the last ones: call, a layer it misses."""
    calls = [(n, f) for name in ("apply", "modules") for n, f in cls.sweep.called.get(name, ()) if f.name == "__init__"]
    own = [(n, f) for n, f in calls if _on_self(n, f) and _sets_weights(n, f)]
    for node, function in own[:1]:
        last = max(n.lineno for n, _ in own)
        late = [b for b in cls.own_bindings() if b.place.function is function and b.place.statement.lineno > last]
        for binding in late:
            value = binding.value
            if isinstance(value, Instance) and _has_weight(value) and not _handled_later(cls, binding, function):
                yield node, binding.attribute
                break


def _on_self(node: ast.Call, function: FunctionFacts) -> bool:
    owner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
    return isinstance(owner, ast.Name) and owner.id == function.self_name


def _sets_weights(node: ast.Call, function: FunctionFacts) -> bool:
    """Whether it is ``self.apply(...init...)``, or a loop over ``self.modules()`` that initialises weights."""
    if node.args:
        return INITIALISING.search(ast.unparse(node.args[0])) is not None
    loops = [s for s in function.node.body if isinstance(s, ast.For) and s.iter is node]
    return any("init." in ast.unparse(loop) or ".data." in ast.unparse(loop) for loop in loops)


def _has_weight(value: Instance) -> bool:
    return isinstance(value.cls, LibraryClass) and value.cls.name.startswith(WEIGHTED)


def _handled_later(cls: ModuleClass, binding: Binding, function: FunctionFacts) -> bool:
    """Whether the constructor itself goes on to touch the layer: it is initialised on its own."""
    reads = cls.reads(binding.attribute)
    return any(r.function is function or INITIALISING.search(r.function.name) for r in reads)


def lambda_attributes(cls: ModuleClass) -> Iterator[tuple[Binding, bool]]:
    """Attributes that are lambdas, and whether the lambda uses the Module itself."""
    for binding in cls.own_bindings():
        value, function = binding.value, binding.place.function
        if not isinstance(value, LambdaRef) or function is None or not binding.attribute:
            continue
        yield binding, any(isinstance(n, ast.Name) and n.id == function.self_name for n in ast.walk(value.node))
