"""Questions about names that hide each other, and objects that more is shared of than meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from modlint.model.classes import is_root
from modlint.model.events import Binding
from modlint.model.facts import FunctionFacts, defaults
from modlint.model.library import LibraryClass
from modlint.model.module_class import ModuleClass
from modlint.model.names import static_value
from modlint.model.values import Box, ClassRef, Const, Dotted, Instance, Parameter, Tensor

CONSEQUENCES: Final = {
    "train": "`train()` and `eval()` of this Module and of every model it is in raise TypeError",
    "eval": "`eval()` raises TypeError",
    "apply": "`apply()` raises TypeError",
    "to": "`to()` raises TypeError",
    "parameters": "optimizers and `zero_grad()` cannot ask for the parameters",
    "named_parameters": "tools cannot ask for the parameters",
    "modules": "code that loops over `modules()` fails",
    "named_modules": "`modules()` and what loops over it fail",
    "children": "`.to()`, `.apply()` and `train()` fail, as they loop over `children()`",
    "named_children": "`.to()`, `.apply()` and `train()` fail, as they loop over the children",
    "buffers": "code that loops over `buffers()` fails",
    "state_dict": "the model cannot be saved",
    "load_state_dict": "the model cannot be loaded",
    "zero_grad": "`zero_grad()` raises TypeError",
    "register_buffer": "buffers cannot be registered",
}
"""Methods of ``nn.Module`` that torch itself or every training script calls, and what fails without them."""


def hidden_methods(cls: ModuleClass) -> Iterator[tuple[Binding, str]]:
    """Attributes that hide a method of ``nn.Module`` behind something that isn't callable in its place."""
    for binding in cls.own_bindings():
        member = cls.finds(binding.attribute) if binding.attribute in CONSEQUENCES else None
        if member is None or not is_root(member.owner) or binding.how != "assign":
            continue
        value = binding.value
        if isinstance(value, Instance) and cls.graph.is_module(value.cls):
            yield binding, "reading it gives the method, not what is assigned here"
        elif isinstance(value, (Box, Tensor)) or (isinstance(value, Const) and value.value is not None):
            yield binding, CONSEQUENCES[binding.attribute]


def shadowed_by_property(cls: ModuleClass) -> Iterator[Binding]:
    """Modules, parameters and buffers registered under a name that is a property without setter in the same class."""
    for binding in cls.own_bindings():
        function = cls.method(binding.attribute)
        if function is None or not function.is_property or not isinstance(binding.value, (Instance, Parameter)):
            continue
        if isinstance(binding.value, Instance) and not cls.graph.is_module(binding.value.cls):
            continue
        accessors = [f for f in cls.facts.methods() if f.name == binding.attribute]
        if len(accessors) == 1 and binding.how == "assign":
            yield binding


def class_level_modules(cls: ModuleClass) -> Iterator[tuple[ast.stmt, str, str]]:
    """Assignments in the class body that make a layer with weights."""
    for statement in cls.node.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target: ast.expr = statement.targets[0]
        elif isinstance(statement, ast.AnnAssign):
            target = statement.target
        else:
            continue
        layer = _made_layer(cls, statement.value)
        if isinstance(target, ast.Name) and layer:
            yield statement, target.id, layer


def _made_layer(cls: ModuleClass, node: ast.expr | None) -> str:
    """The class name of the layer with weights that a call expression makes; empty if it doesn't."""
    if not isinstance(node, ast.Call):
        return ""
    value = static_value(cls.graph.project, cls.facts.file, node.func, cls.facts.outer)
    if not isinstance(value, (ClassRef, Dotted)) or (
        isinstance(value, Dotted) and not value.path.startswith("torch.nn.")
    ):
        return ""
    made = cls.graph.as_class(value)
    if made is None or not cls.graph.is_module(made):
        return ""
    stateful = made.stateful if isinstance(made, LibraryClass) else cls.index.stateful_class(made)
    return made.name if stateful and not made.name.startswith("InstanceNorm") else ""


def shared_defaults(cls: ModuleClass) -> Iterator[tuple[ast.expr, str, str]]:
    """Default values of arguments that are layers with weights."""
    for function in cls.facts.methods():
        for argument, default in defaults(function).items():
            layer = _made_layer(cls, default)
            if layer:
                yield default, argument, layer


def unused_locals(cls: ModuleClass) -> Iterator[tuple[ast.Assign, str, str]]:
    """Layers with weights that the constructor binds to a local variable nothing reads."""
    init = cls.method("__init__")
    if init is None:
        return
    for statement in init.statements:
        if (
            not isinstance(statement, ast.Assign)
            or len(statement.targets) != 1
            or not isinstance(statement.value, ast.Call)
        ):
            continue
        target = statement.targets[0]
        if not isinstance(target, ast.Name) or target.id.startswith("_"):
            continue
        layer = _made_layer(cls, statement.value)
        if layer and not _is_read(init, target.id) and not _is_outer(init, target.id):
            yield statement, target.id, layer


def _is_read(function: FunctionFacts, name: str) -> bool:
    return any(
        isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load) for n in ast.walk(function.node)
    )


def _is_outer(function: FunctionFacts, name: str) -> bool:
    """Whether ``global`` or ``nonlocal`` makes the variable somebody else's."""
    return any(isinstance(n, (ast.Global, ast.Nonlocal)) and name in n.names for n in ast.walk(function.node))
