from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.norms import shared_norms
from modlint.rule import Example, Rule


class SharedBatchnorm(Rule):
    """One batch normalisation is applied at two places of the same method.

    Make one for each place.

    ## What torch does
    Nothing is said. In training each place is normalised by its own batch; the running statistics become a mixture that
    fits neither, so evaluation differs from training.

    ## When to ignore
    When both places see data of the same distribution, as the two views of a siamese network do.
    """

    code = "MOD508"
    message = (
        "`{layer}` normalises at two places here: its running statistics become a mixture that fits neither in `eval()`"
    )
    severity = "info"
    confidence = "medium"
    default = False
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(1, momentum=0.4)

    def forward(self, x):
        x = self.norm(x)
        return self.norm(100 + x)  # MOD508

net = Net()
for _ in range(9):
    net(torch.randn(8, 1))
""",
            symptom="30 < net.norm.running_mean.item() < 90",
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
        self.first = nn.BatchNorm1d(4)
        self.second = nn.BatchNorm1d(4)
        self.act = nn.ReLU()

    def forward(self, x, late=False):
        if late:
            return self.act(self.second(self.act(x)))
        else:
            x = self.second(x)
        return self.act(self.first(x))

Net()(torch.ones(2, 4))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for call, layer in shared_norms(cls):
            yield cls.finding(call.node, self.message.format(layer=layer), statement=call.place.statement)
