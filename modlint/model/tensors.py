"""Tensors that torch's factory functions make: how many dimensions, which type, random or not."""

from __future__ import annotations

import ast

from modlint.model.torch_names import (
    FLOATING_DTYPES,
    OTHER_DTYPES,
    RANDOM_MAKERS,
    SIZED_MAKERS,
    VALUE_MAKERS,
    VARIABLE,
)
from modlint.model.values import Box, Const, Dotted, Tensor, Value, inside


def make_tensor(path: str, node: ast.Call, args: list[Value], kwargs: dict[str, Value]) -> Tensor:
    """The tensor a factory call makes, as far as its arguments tell."""
    if path == VARIABLE:
        inner = args[0] if args else kwargs.get("data")
        tensor = inner.derived(node) if isinstance(inner, Tensor) else Tensor(node, path)
    else:
        tensor = Tensor(node, path, _dimensions(path, args, kwargs))
        tensor.random = path in RANDOM_MAKERS and not (path in _LEGACY and _may_be_data(node, args))
        tensor.floating = _floating(path, args, kwargs)
    flag = kwargs.get("requires_grad")
    if isinstance(flag, Const):
        tensor.trainable = tensor.trainable or bool(flag.value)
    device = kwargs.get("device")
    tensor.placed = device is not None and not (isinstance(device, Const) and device.value in (None, "cpu"))
    return tensor


_LEGACY = frozenset({"torch.Tensor", "torch.FloatTensor", "torch.DoubleTensor", "torch.LongTensor", "torch.BoolTensor"})


def _may_be_data(node: ast.expr, args: list[Value]) -> bool:
    """``torch.Tensor([1., 2.])`` takes values, ``torch.Tensor(3, 4)`` a size; of one argument the name may tell."""
    computed = isinstance(node, ast.Call) and len(node.args) == 1 and isinstance(node.args[0], ast.Call)
    return len(args) == 1 and (computed or isinstance(args[0], (Box, Tensor)))


def _dimensions(path: str, args: list[Value], kwargs: dict[str, Value]) -> int | None:
    if path in VALUE_MAKERS:
        return _nesting(args[0] if args else kwargs.get("data"))
    if path not in SIZED_MAKERS:
        return 1
    size = args[0] if args else kwargs.get("size")
    if size is None:
        return None
    return 0 if isinstance(size, Box) and size.literal == 0 else 1


def _nesting(data: Value | None) -> int | None:
    if isinstance(data, Const):
        return 0
    return 1 if isinstance(data, Box) else None


def _floating(path: str, args: list[Value], kwargs: dict[str, Value]) -> bool | None:
    dtype = kwargs.get("dtype")
    if isinstance(dtype, Dotted):
        return True if dtype.path in FLOATING_DTYPES else False if dtype.path in OTHER_DTYPES else None
    if path in VALUE_MAKERS:
        return _holds_float(args[0]) if args else None
    name = path.rpartition(".")[2]
    if name in ("arange", "full"):
        deciding = args[1:2] if name == "full" else args
        found = [_holds_float(a) if isinstance(a, Const) else None for a in deciding]
        return True if True in found else False if found and None not in found and dtype is None else None
    return name not in ("randint", "randperm", "LongTensor", "BoolTensor") if name != "from_numpy" else None


def _holds_float(value: Value) -> bool | None:
    if isinstance(value, Const):
        return isinstance(value.value, float)
    if isinstance(value, Box) and value.items:
        found = [_holds_float(v) for v in inside(value) if not isinstance(v, Box)]
        return True if True in found else None if None in found else False
    return None
