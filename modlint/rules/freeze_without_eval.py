from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.norms import frozen_norms
from modlint.rule import Example, Rule


class FreezeWithoutEval(Rule):
    """A part with batch normalisation is frozen by `requires_grad`, but stays in training mode.

    Keep it in evaluation mode as well: override `train` and call the part's `eval()` in it.

    ## What torch does
    Nothing is said. `requires_grad = False` stops gradients only: the running mean and variance go on to follow each batch
    in training mode, so the part changes though its parameters do not.

    ## When to ignore
    When the statistics are meant to adapt to the new data.
    """

    code = "MOD507"
    message = "`{part}` is frozen, but its batch normalisation still follows the batches in training mode: keep it in `eval()` by overriding `train` of `{name}`"
    severity = "warning"
    confidence = "low"
    default = False
    aliases = ("frozen-batchnorm-undone",)
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
        for parameter in self.backbone.parameters():  # MOD507
            parameter.requires_grad = False
        self.stem = nn.BatchNorm1d(4)
        self.stem.requires_grad_(False)  # MOD507

    def forward(self, x):
        return self.backbone(self.stem(x))

net = Net()
net(torch.ones(2, 4))
""",
            symptom="net.stem.running_mean.sum().item() > 0",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
        for parameter in self.backbone.parameters():
            parameter.requires_grad = False
        self.head = nn.Linear(4, 2)
        self.head.requires_grad_(False)

    def train(self, mode=True):
        super().train(mode)
        self.backbone.eval()
        return self

class Adapted(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
        self.norm.requires_grad_(False)

    def forward(self, x):
        self.norm.eval()
        return self.norm(x)

Net()
Adapted()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for node, part, place in frozen_norms(cls):
            yield cls.finding(node, self.message.format(part=part, name=cls.name), statement=place.statement)
