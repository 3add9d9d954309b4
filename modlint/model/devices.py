"""Questions about devices: tensors made where the Module may not be, devices written into the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from modlint.model.events import Call
from modlint.model.facts import FunctionFacts, dotted
from modlint.model.guards import guarded_by
from modlint.model.module_class import ModuleClass
from modlint.model.overrides import attributes_used, own_nodes
from modlint.model.tensor_code import Tensors, method_calls, running
from modlint.model.torch_names import MAKERS, TENSOR_LOOKS, TENSOR_PLACES, TENSOR_TO_PYTHON
from modlint.model.values import Const, Tensor

COMBINING: Final = frozenset(
    "cat stack where matmul bmm mm einsum add mul sub div minimum maximum addmm baddbmm masked_fill gather"
    " scatter".split()
)
"""Functions of torch whose tensors have to be on one device."""

DEVICE_WORDS: Final = ("cuda", "gpu", "cpu", "device")


def unplaced_tensors(cls: ModuleClass) -> Iterator[tuple[Call, str, str]]:
    """Tensors made on the CPU while the Module runs, that then meet one of its inputs.

    With the call come the source of the other tensor and the method's argument that tells the device, if one does.
    """
    tables: dict[FunctionFacts, Tensors] = {}
    for call in cls.own_calls():
        made, function = call.result, call.place.function
        if (
            call.path not in MAKERS
            or call.path.endswith("_like")
            or not isinstance(made, Tensor)
            or not made.dims
            or made.placed
        ):
            continue
        if function is None or call.place.in_init or not running(cls, function) or function.self_name is None:
            continue
        if "device" in call.kwargs or call.spread or guarded_by(call.place.guards, "device"):
            continue
        tensors = tables.setdefault(function, Tensors(cls, function))
        met = _meets(function, call.node, tensors)
        if met is not None:
            yield call, ast.unparse(met), _input(function, met, tensors)


def _input(function: FunctionFacts, other: ast.expr, tensors: Tensors) -> str:
    """The argument of the method that is a tensor: the one that ``other`` is made of, else the first."""
    named = [n.id for n in ast.walk(other) if isinstance(n, ast.Name)]
    given = [a.arg for a in function.node.args.args[1:] if tensors.has(ast.Name(a.arg, ast.Load()))]
    return next((name for name in named if name in given), next(iter(given), ""))


def _meets(function: FunctionFacts, made: ast.Call, tensors: Tensors) -> ast.expr | None:
    """What the new tensor, or a variable that is nothing else, meets in the first operation with an input."""
    names = _names_of(function, made)
    if names is None:
        return None
    for node in own_nodes(function):
        parts = _operands(node, tensors)
        mine = [p for p in parts if _is_made(p, made, names)]
        others = [p for p in parts if p not in mine and tensors.has(p)]
        if mine and others and isinstance(node, ast.expr):
            return others[0]
    return None


def _names_of(function: FunctionFacts, made: ast.Call) -> set[str] | None:
    """The variables that hold the new tensor and nothing else; ``None`` if it goes where it can't be followed."""
    names: set[str] = set()
    for node in own_nodes(function):
        if isinstance(node, ast.Assign) and _is_made(node.value, made, names):
            target = node.targets[0]
            if not isinstance(target, ast.Name) or len(node.targets) > 1:
                return None
            names.add(target.id)
    for node in own_nodes(function):
        bound = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, _BINDING) else []
        value = getattr(node, "value", None)
        for target in bound:
            for name in ast.walk(target):
                if isinstance(name, ast.Name) and name.id in names and not _is_made(value, made, names):
                    return None
    return names


_BINDING: Final = (ast.AugAssign, ast.AnnAssign, ast.For, ast.NamedExpr, ast.comprehension)


def _is_made(node: ast.expr | None, made: ast.Call, names: set[str]) -> bool:
    """Whether the expression is the new tensor, or computed from it alone by methods that keep its place."""
    if node is made:
        return True
    if isinstance(node, ast.Name):
        return node.id in names
    if isinstance(node, ast.Subscript):
        return _is_made(node.value, made, names)
    if isinstance(node, ast.UnaryOp):
        return _is_made(node.operand, made, names)
    if isinstance(node, ast.BinOp):
        left, right = _is_made(node.left, made, names), _is_made(node.right, made, names)
        return (left and _is_number(node.right)) or (right and _is_number(node.left))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        method = node.func.attr
        stays = method not in TENSOR_PLACES | TENSOR_LOOKS | TENSOR_TO_PYTHON and all(_is_number(a) for a in node.args)
        return (stays or _only_type(node)) and method != "type" and _is_made(node.func.value, made, names)
    return False


def _only_type(node: ast.Call) -> bool:
    """``.to(torch.float32)`` changes no device."""
    given = [*node.args, *(k.value for k in node.keywords if k.arg != "non_blocking")]
    named = all(dotted(g).startswith("torch.") for g in given)
    return isinstance(node.func, ast.Attribute) and node.func.attr == "to" and bool(given) and named


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or (isinstance(node, ast.UnaryOp) and _is_number(node.operand))


def _operands(node: ast.AST, tensors: Tensors) -> list[ast.expr]:
    """The expressions that have to be on one device for the operation to work."""
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.Compare) and not any(
        isinstance(o, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for o in node.ops
    ):
        return [node.left, *node.comparators]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        combines = node.func.attr.rstrip("_") in COMBINING
        given = [node.func.value, *node.args] if combines else node.args if tensors.enters_layer(node) else []
        return [e for g in given for e in (g.elts if isinstance(g, (ast.List, ast.Tuple)) else [g])]
    return []


def fixed_devices(cls: ModuleClass) -> Iterator[ast.Call]:
    """Calls in the methods that run with the Module that bring something to CUDA, or make it there."""
    if "cuda" not in cls.facts.file.text:
        return
    for name in ("cuda", "to"):
        for node, function in method_calls(cls, name):
            if _fixes(node, name) and not _asks_device(function):
                yield node
    for call in cls.own_calls():
        device, place = call.kwargs.get("device"), call.place.function
        if place is None or not isinstance(device, Const) or not str(device.value).startswith("cuda"):
            continue
        if running(cls, place) and not _asks_device(place):
            yield call.node


def _fixes(node: ast.Call, name: str) -> bool:
    if name == "cuda":
        return not any(not isinstance(a, ast.Constant) for a in node.args) and not _is_self(node)
    first = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg == "device"), None)
    return isinstance(first, ast.Constant) and str(first.value).startswith("cuda") and not _is_self(node)


def _is_self(node: ast.Call) -> bool:
    """Whether it is ``self.cuda()``, ``super().cuda()`` or ``torch.cuda()``."""
    owner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
    return isinstance(owner, ast.Name) and owner.id in ("self", "torch")


def _asks_device(function: FunctionFacts) -> bool:
    """Whether the method asks anywhere what device there is, or takes things to the CPU and back."""
    if "cpu" in attributes_used(function):
        return True
    tests = [n.test for n in own_nodes(function) if isinstance(n, (ast.If, ast.IfExp))]
    return any(word in ast.unparse(test) for test in tests for word in DEVICE_WORDS)
