"""Inputs of other sizes made of inputs at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch

from modlint.verify.arguments.outputs import tensors

Call = tuple[tuple[Any, ...], dict[str, Any]]


def resized(call: Call) -> Iterator[Call]:
    """The same inputs with one dimension twice and four times as long: in all tensors with its length, and in one."""
    given = [t for t in tensors(call) if t.dim()]
    for dimension in range(max((t.dim() for t in given), default=0)):
        for times in (2, 4):
            yield _mapped(call, dimension, times, given, given[0].shape)
            for tensor in given if len(given) > 1 else ():
                yield _mapped(call, dimension, times, [tensor], tensor.shape)


def reshaped(call: Call) -> Iterator[Call]:
    """The same inputs with one dimension more or less at the front: of all tensors, and of one."""
    given = [t for t in tensors(call) if t.dim()]
    for chosen in (given, *([t] for t in given if len(given) > 1)):
        yield _applied(call, chosen, lambda t: t.unsqueeze(0))
        yield _applied(call, chosen, lambda t: t[0] if t.dim() > 1 else t)


def _applied(value: Any, chosen: list[torch.Tensor], change: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    if isinstance(value, torch.Tensor):
        return change(value) if any(value is tensor for tensor in chosen) else value
    if type(value) in (list, tuple):
        return type(value)(_applied(inner, chosen, change) for inner in value)
    if type(value) is dict:
        return {key: _applied(inner, chosen, change) for key, inner in value.items()}
    return value


def _mapped(value: Any, dimension: int, times: int, chosen: list[torch.Tensor], shape: torch.Size) -> Any:
    if isinstance(value, torch.Tensor):
        if not any(value is tensor for tensor in chosen) or dimension >= min(value.dim(), len(shape)):
            return value
        return torch.cat([value] * times, dimension) if value.shape[dimension] == shape[dimension] else value
    if type(value) in (list, tuple):
        return type(value)(_mapped(inner, dimension, times, chosen, shape) for inner in value)
    if type(value) is dict:
        return {key: _mapped(inner, dimension, times, chosen, shape) for key, inner in value.items()}
    return value
