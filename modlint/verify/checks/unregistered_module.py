from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from modlint.verify.check import Check, Example, Found

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class UnregisteredModule(Check):
    """`forward` calls a layer that the Module holds, but has not registered.

    ## What torch does
    The layer's parameters are in neither `parameters()` nor `state_dict()`, and `.to()`, `train()` and `eval()` don't reach it.

    ## When to ignore
    When the layer is kept apart on purpose, a frozen teacher that must not be saved, say.
    """

    code = "MOD902"
    partial = True
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(4, 4) for _ in range(2)]  # MOD902

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
"""
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(2)])
        self.order = [self.layers[1], self.layers[0]]
        self.act = [nn.ReLU()]

    def forward(self, x):
        for layer in self.order:
            x = self.act[0](layer(x))
        return x
"""
        ),
    )

    def check(self, subject: Subject) -> Iterator[Found]:
        """Name each layer that was called and that ``modules()`` doesn't list."""
        told: set[tuple[type, str]] = set()
        for held in subject.seen.layers:
            owner = type(held.owner)
            inner = list(held.value.modules())
            matters = any(True for m in inner for _ in m.state_dict()) or any("Drop" in type(m).__name__ for m in inner)
            if (owner, held.attribute) in told or not matters:
                continue
            told.add((owner, held.attribute))
            kind = type(held.value).__name__
            message = f"`forward` calls `{held.text}`, a `{kind}` that is not registered: `parameters()`, `state_dict()` and `.to()` miss it"
            yield Found(message, held.attribute, owner)

    def built(self, module: Any) -> Iterator[Found]:
        """Name each container that holds layers with weights which are not registered."""
        from modlint.verify.naming import contained_layers

        for held in contained_layers(module):
            message = f"`{held.text}`, a `{type(held.value).__name__}` with weights, is not registered: `parameters()`, `state_dict()` and `.to()` miss it"
            yield Found(message, held.attribute, type(held.owner))
