from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.tensor_habits import squeezed
from modlint.rule import Example, Rule


class SqueezeWithoutDim(Rule):
    """A tensor with a batch dimension is squeezed without saying which dimension.

    ## What torch does
    `squeeze()` removes every dimension of size 1. With a batch of one sample it removes the batch dimension too, and what follows fails or
    mixes up dimensions.

    ## When to ignore
    When the tensor has no batch dimension, or when no other dimension can be 1.
    """

    code = "MOD413"
    message = "`{source}` removes every dimension of size 1, the batch too if it holds one sample: pass `dim`"
    severity = "warning"
    confidence = "low"
    default = False
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 1)

    def forward(self, x):
        return self.fc(x).squeeze()  # MOD413

net = Net()
shapes = [net(torch.ones(2, 4)).dim(), net(torch.ones(1, 4)).dim()]
""",
            symptom="shapes == [1, 0]",
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
        self.fc = nn.Linear(4, 1)
        self.weight = nn.Parameter(torch.ones(1, 4))

    def forward(self, x, mask, names):
        index = mask.nonzero().squeeze()
        return self.fc(x).squeeze(-1) + self.weight.squeeze().sum() + index.sum()

Net()(torch.ones(2, 4), torch.ones(2), None)
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for node, source in squeezed(cls):
            yield cls.finding(node, self.message.format(source=source))
