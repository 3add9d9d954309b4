"""What is done once in the zygote so that no child has to: imports that torch puts off, first uses that are slow."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from modlint.verify.arguments.attempt import Watch


class _Quiet(TorchDispatchMode):
    def __torch_dispatch__(
        self,
        func: Callable[..., object],
        types: object,
        args: tuple[object, ...] = (),
        kwargs: dict[str, object] | None = None,
    ) -> object:
        return func(*args, **(kwargs or {}))


def warm(device: str) -> None:
    """Use each slow part of torch once."""
    with Watch(), _Quiet():
        nn.Linear(2, 2)(torch.zeros(1, 2))
    import modlint.verify.worker
    from modlint.verify import catalogue

    catalogue.all_checks()
    if device == "cpu":
        modlint.verify.worker.warm()
