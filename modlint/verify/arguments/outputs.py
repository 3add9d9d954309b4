"""Looking into what goes into and comes out of a call: tensors in nested structures, and whether they agree."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import torch

DEEPEST = 4


def tensors(value: Any, depth: int = 0) -> Iterator[torch.Tensor]:
    """The tensors in a value: in lists, dicts, dataclasses and the attributes of plain objects."""
    if isinstance(value, torch.Tensor):
        yield value
    elif depth > DEEPEST or isinstance(value, (str, bytes, int, float, type, torch.nn.Module)):
        return
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from tensors(inner, depth + 1)
    elif isinstance(value, (list, tuple, set)):
        for inner in value:
            yield from tensors(inner, depth + 1)
    elif dataclasses.is_dataclass(value) or hasattr(value, "__dict__"):
        for inner in vars(value).values():
            yield from tensors(inner, depth + 1)


def numbers(value: Any) -> list[float]:
    """The plain numbers of a value that holds no tensor."""
    if isinstance(value, (bool, int, float)):
        return [float(value)]
    if isinstance(value, (list, tuple)):
        return [n for inner in value for n in numbers(inner)]
    return []


def same(first: Any, second: Any, relative: float = 0.0, absolute: float = 0.0) -> bool:
    """Whether two results hold equal tensors (or numbers)."""
    left, right = list(tensors(first)), list(tensors(second))
    if len(left) != len(right):
        return False
    if not left:
        return numbers(first) == numbers(second)
    return all(_equal(a, b, relative, absolute) for a, b in zip(left, right, strict=True))


def _equal(first: torch.Tensor, second: torch.Tensor, relative: float, absolute: float) -> bool:
    if first.shape != second.shape or first.dtype != second.dtype:
        return False
    a, b = _plain(first), _plain(second)
    if not (a.is_floating_point() or a.is_complex()) or (relative == absolute == 0.0 and not a.isnan().any()):
        return bool(torch.equal(a, b))
    return bool(torch.allclose(a, b, rtol=relative, atol=absolute, equal_nan=True))


def _plain(tensor: torch.Tensor) -> torch.Tensor:
    plain = tensor.detach()
    plain = plain.to_dense() if plain.layout != torch.strided else plain
    return plain.to("cpu") if plain.device.type != "cpu" else plain


def described(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """Arguments of a call for people: ``float32[2, 8], mask=bool[2, 8]``."""
    parts = [_described(value) for value in args] + [f"{k}={_described(v)}" for k, v in kwargs.items()]
    return ", ".join(parts)


def _described(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"{str(value.dtype).removeprefix('torch.')}{list(value.shape)}"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(_described(v) for v in value[:4]) + (", …" if len(value) > 4 else "")
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    text = repr(value)
    return text if len(text) <= 40 else type(value).__name__
