"""Code that names a GPU itself, on a machine without one: the tensors stay, and all else is as it would be there."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

CPU = torch.device("cpu")
FACTORIES = ("arange", "empty", "eye", "full", "linspace", "ones", "rand", "randint", "randn", "randperm", "tensor", "zeros")  # fmt: skip


def redirect() -> None:
    """From now on ``.cuda()``, ``.to("cuda")`` and ``device="cuda"`` make copies on the CPU. For a child process only."""
    if torch.cuda.is_available():
        return
    plain_to = torch.Tensor.to

    def to(self: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        if not any(_is_gpu(value) for value in (*args, *kwargs.values())):
            return plain_to(self, *args, **kwargs)
        here = [CPU if _is_gpu(value) else value for value in args]
        named = {name: CPU if _is_gpu(value) else value for name, value in kwargs.items()}
        return plain_to(self.clone(), *here, **named)

    torch.Tensor.to = to
    torch.Tensor.cuda = lambda self, *_, **__: self.clone()
    nn.Module.cuda = lambda self, *_, **__: self
    for name in FACTORIES:
        setattr(torch, name, _without_gpu(getattr(torch, name)))


def _without_gpu(factory: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(factory)
    def made(*args: Any, **kwargs: Any) -> Any:
        if _is_gpu(kwargs.get("device")):
            kwargs["device"] = CPU
        return factory(*args, **kwargs)

    return made


def _is_gpu(value: Any) -> bool:
    if isinstance(value, str):
        return value.partition(":")[0] == "cuda"
    return isinstance(value, torch.device) and value.type == "cuda"
