from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modlint.verify.check import Check, Example, Found

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class SharedInstance(Check):
    """One layer object stands several times in the same container.

    ## What torch does
    All places share the same weights, although the code reads as if there were as many layers: `[layer] * 3` has the parameters of one.

    ## When to ignore
    When the weights are shared on purpose.
    """

    code = "MOD918"
    severity = "warning"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4)] * 3)  # MOD918

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
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])
        self.first = self.layers[0]
        self.acts = nn.Sequential(*[nn.ReLU()] * 3)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.acts(x)
"""
        ),
    )

    def check(self, subject: Subject) -> Iterator[Found]:
        """Look for repeated objects in each container."""
        from torch import nn

        module = subject.fresh()
        for owner in module.modules():
            for attribute, container in owner._modules.items():
                if not isinstance(container, (nn.ModuleList, nn.Sequential, nn.ModuleDict)):
                    continue
                parts = [
                    part
                    for part in container._modules.values()
                    if part is not None and any(True for _ in part.parameters())
                ]
                if len({id(part) for part in parts}) < len(parts):
                    yield Found(
                        f"`self.{attribute}` holds the same layer several times: all places share one set of weights",
                        attribute,
                        type(owner),
                    )
