"""Questions about habits in code that runs with a Module: squeezing, synchronising, leaving torch, changing inputs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from modlint.model.events import Binding, Call
from modlint.model.facts import FunctionFacts, Placed
from modlint.model.index import FileModel
from modlint.model.library import LibraryClass
from modlint.model.module_class import ModuleClass
from modlint.model.overrides import own_nodes
from modlint.model.tensor_code import Tensors, method_calls, running
from modlint.model.values import Box, Instance, Parameter, Tensor, Value, alternatives

SHAPELESS: Final = ("mask", "weight", "loss", "index", "idx", "nonzero", "label", "target", "where")
"""Words in what is squeezed that speak of tensors without a batch dimension."""
SOFTMAXES: Final = ("softmax", "log_softmax", "softmin")
SOFTMAX_LAYERS: Final = ("torch.nn.Softmax", "torch.nn.LogSoftmax", "torch.nn.Softmin")
SCALAR_FUNCTIONS: Final = frozenset(
    "sqrt log log2 prod ceil floor pi exp random seed isscalar issubdtype finfo iinfo".split()
)
"""Functions of numpy that are used on plain numbers."""
DETACHING: Final = frozenset("detach item tolist numpy size dim shape device dtype data cpu".split())


def _where(call: Call, cls: ModuleClass) -> FunctionFacts | None:
    """The method of the class a call stands in, if it runs with the Module."""
    function = call.place.function
    if function is None or function.owner is not cls.facts or function.self_name is None or call.place.in_init:
        return None
    return function if running(cls, function) else None


def squeezed(cls: ModuleClass) -> Iterator[tuple[ast.Call, str]]:
    """Tensors of the forward pass squeezed without saying which dimension, with their source."""
    for node, function in method_calls(cls, "squeeze"):
        if isinstance(node.func, ast.Attribute) and not node.args and not node.keywords:
            owner = node.func.value
            if _has_batch(function, owner) and Tensors(cls, function).has(owner):
                yield node, ast.unparse(node)
    for call in cls.own_calls("torch.squeeze"):
        place = _where(call, cls)
        if place is None or len(call.node.args) != 1 or call.node.keywords:
            continue
        if _has_batch(place, call.node.args[0]) and Tensors(cls, place).has(call.node.args[0]):
            yield call.node, ast.unparse(call.node)


def _has_batch(function: FunctionFacts, node: ast.expr) -> bool:
    """Whether what is squeezed may have a batch dimension that matters: not in a loss, a mask, a weight."""
    local = any(isinstance(n, ast.Name) and n.id in function.scope.names for n in ast.walk(node))
    if isinstance(node, (ast.Subscript, ast.Attribute)) or not (local or _uses_argument(function, node)):
        return False
    around = [s for s in function.statements if s.lineno <= node.lineno <= (s.end_lineno or s.lineno)]
    sources = [ast.unparse(node), ast.unparse(around[-1]).partition("(")[0] if around else ""]
    sources += [ast.unparse(s) for s in around[-1:] if "loss" in ast.unparse(s).lower()]
    return not any(word in source.lower() for word in SHAPELESS for source in sources)


def _uses_argument(function: FunctionFacts, node: ast.expr) -> bool:
    args = function.node.args
    given = {a.arg for a in (*args.posonlyargs, *args.args, *args.kwonlyargs)} - {function.self_name}
    return any(isinstance(n, ast.Name) and n.id in given for n in ast.walk(node))


def devices_of_parameters(cls: ModuleClass) -> Iterator[tuple[ast.Call, FunctionFacts]]:
    """``next(self.parameters())`` in the methods that run with the Module."""
    for node, function in method_calls(cls, "parameters"):
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        if isinstance(owner, ast.Name) and owner.id == function.self_name and _is_first(function, node):
            yield node, function


def _is_first(function: FunctionFacts, node: ast.Call) -> bool:
    for other in own_nodes(function):
        if not isinstance(other, ast.Call) or not isinstance(other.func, ast.Name) or other.func.id != "next":
            continue
        if other.args and other.args[0] is node:
            return True
    return False


def guessed_softmaxes(file: FileModel) -> Iterator[tuple[Call, str]]:
    """Softmaxes that aren't told over which dimension, with the name they are called by."""
    for call in file.calls:
        if call.spread or "dim" in call.kwargs or not call.sure:
            continue
        owner, _, name = call.path.rpartition(".")
        if owner == "torch.nn.functional" and name in SOFTMAXES:
            if len(call.node.args) == 1:
                yield call, f"F.{name}"
            continue
        made = call.result
        if not isinstance(made, Instance) or made.node is not call.node or not isinstance(made.cls, LibraryClass):
            continue
        if made.cls.path in SOFTMAX_LAYERS and not call.node.args and not call.node.keywords:
            yield call, f"nn.{made.cls.name}"


def synchronising(cls: ModuleClass) -> Iterator[tuple[ast.Call, str]]:
    """Calls in the methods that run with the Module that wait for the device, with the method's name."""
    for node, function in method_calls(cls, "item", "tolist", "cpu"):
        owner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        if not node.args and not node.keywords and Tensors(cls, function).has(owner):
            yield node, function.name
    for call in cls.own_calls("torch.cuda.synchronize"):
        place = _where(call, cls)
        if place is not None:
            yield call.node, place.name


def through_numpy(cls: ModuleClass) -> Iterator[tuple[ast.Call, str]]:
    """Calls in the methods that run with the Module that take a tensor to numpy, with the method's name."""
    for node, function in method_calls(cls, "numpy"):
        if not node.args:
            yield node, function.name
    if "numpy" not in cls.facts.file.text:
        return
    for call in cls.own_calls():
        if not call.path.startswith("numpy.") or call.path.rpartition(".")[2] in SCALAR_FUNCTIONS:
            continue
        place = _where(call, cls)
        if place is not None and any(Tensors(cls, place).has(a) for a in call.node.args):
            yield call.node, place.name


def changed_inputs(cls: ModuleClass) -> Iterator[tuple[Placed, str, str]]:
    """Where ``forward`` changes a tensor it was given, before the name is one of its own."""
    function = cls.method("forward")
    if function is None or function.self_name is None or not running(cls, function):
        return
    args = function.node.args
    given = {a.arg for a in (*args.posonlyargs, *args.args)} - {function.self_name}
    for name, node in _changes(cls, function):
        if name not in given or _is_output(name) or _is_rebound(function, name, node):
            continue
        if name in Tensors(cls, function).inputs:
            yield node, name, ast.unparse(node).partition("\n")[0]


def _is_rebound(function: FunctionFacts, name: str, node: ast.stmt | ast.expr) -> bool:
    """Whether the method gives the name a value of its own above a place, or works in place on demand."""
    for statement in function.statements:
        around = statement.lineno <= node.lineno <= (statement.end_lineno or statement.lineno)
        if around and "inplace" in ast.unparse(statement):
            return True
        if statement.lineno < node.lineno and isinstance(statement, (ast.Assign, ast.For, ast.AnnAssign)):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            stored = [
                n for t in targets for n in ast.walk(t) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            ]
            if any(n.id == name for n in stored):
                return True
    return False


def _is_output(name: str) -> bool:
    return any(word in name.lower() for word in ("out", "cache", "buffer", "state", "result", "accum"))


def _changes(cls: ModuleClass, function: FunctionFacts) -> Iterator[tuple[str, ast.stmt | ast.expr]]:
    """In-place operations of a method on variables, with the variable's name."""
    for statement in function.statements:
        if isinstance(statement, ast.AugAssign):
            owner = statement.target.value if isinstance(statement.target, ast.Subscript) else statement.target
            yield _variable(owner), statement
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Subscript):
                    yield _variable(target.value), statement
    for name, calls in cls.sweep.called.items():
        if name.endswith("_") and not name.endswith("__") and name not in ("requires_grad_", "retain_grad_"):
            for node, where in calls:
                if where is function and isinstance(node.func, ast.Attribute):
                    yield _variable(node.func.value), node


def _variable(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def kept_states(cls: ModuleClass) -> Iterator[tuple[Placed, str, bool]]:
    """Tensors with their graph that the methods that run with the Module keep on ``self``: where, attribute,
    and whether it is a list that grows.
    """
    for binding in cls.own_bindings():
        function = binding.place.function
        if binding.place.in_init or function is None or binding.how != "assign" or not running(cls, function):
            continue
        statement = binding.place.statement
        if not isinstance(statement, ast.Assign) or _is_registered(cls, binding) or "cache" in binding.attribute:
            continue
        if Tensors(cls, function).has(statement.value) and not _detaches(statement.value):
            yield statement, binding.attribute, False
    for node, function in method_calls(cls, "append"):
        attribute = _own_attribute(node, function)
        if not attribute or not node.args or not _only_grows(cls, attribute):
            continue
        if Tensors(cls, function).has(node.args[0]) and not _detaches(node.args[0]):
            yield node, attribute, True


def _own_attribute(node: ast.Call, function: FunctionFacts) -> str:
    owner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
    if not isinstance(owner, ast.Attribute) or not isinstance(owner.value, ast.Name):
        return ""
    return owner.attr if owner.value.id == function.self_name else ""


def _only_grows(cls: ModuleClass, attribute: str) -> bool:
    """Whether the list is made in the constructor and nothing of the class empties it."""
    bindings = cls.bindings_of(attribute)
    emptied = any(
        _own_attribute(node, function) == attribute
        for name in ("clear", "pop", "popleft", "remove")
        for node, function in cls.sweep.called.get(name, ())
    )
    lists = all(isinstance(v, Box) for b in bindings for v in alternatives(b.value))
    return bool(bindings) and lists and all(b.place.in_init for b in bindings) and not emptied


def _is_registered(cls: ModuleClass, binding: Binding) -> bool:
    values: list[Value] = [v for b in cls.bindings_of(binding.attribute) for v in alternatives(b.value)]
    return any(isinstance(v, (Tensor, Parameter)) and v.registered for v in values)


def _detaches(node: ast.expr) -> bool:
    return any(
        isinstance(n, ast.Attribute) and (n.attr in DETACHING or n.attr.endswith("_like")) for n in ast.walk(node)
    )
