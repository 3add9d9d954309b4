"""The inputs of a call in another precision or on another device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


def in_double(value: Any) -> Any:
    """The value with its floating-point tensors in double precision."""
    return mapped(value, lambda t: t.double() if t.is_floating_point() else t)


def between(value: Any) -> Any:
    """The value with its floating-point tensors squeezed between 0 and 1."""
    return mapped(value, lambda t: t.sigmoid() * 0.8 + 0.1 if t.is_floating_point() else t)


def moved(value: Any, device: str) -> Any:
    """The value with its tensors on another device."""
    return mapped(value, lambda t: t.to(device))


def mapped(value: Any, change: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """The value with each tensor changed, in lists, tuples and dicts too."""
    if isinstance(value, torch.Tensor):
        return change(value)
    if type(value) in (list, tuple):
        return type(value)(mapped(inner, change) for inner in value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(mapped(inner, change) for inner in value))
    if type(value) is dict:
        return {key: mapped(inner, change) for key, inner in value.items()}
    return value
