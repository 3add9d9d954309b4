from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.submodule_use import unused_submodules
from modlint.rule import Example, Rule


class UnusedSubmodule(Rule):
    """A layer with weights is registered and never used.

    ## What torch does
    Its parameters are moved, saved and given to the optimizer, but get no gradient. `DistributedDataParallel` stops with `Expected to have
    finished reduction in the prior iteration before starting a new one`.

    ## When to ignore
    When old checkpoints need the layer, or when other code uses it.
    """

    code = "MOD311"
    message = "nothing uses `self.{attribute}`: its parameters are saved and optimized, but never trained"
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
        self.fc1 = nn.Linear(4, 4)
        self.fc2 = nn.Linear(4, 4)  # MOD311

    def forward(self, x):
        return self.fc1(x)

net = Net()
net(torch.ones(1, 4)).sum().backward()
""",
            symptom="net.fc2.weight.grad is None",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, last):
        super().__init__()
        self.fc1 = nn.Linear(4, 4)
        self.fc2 = nn.Linear(4, 4)
        self.fc3 = nn.Linear(4, 4)
        self.act = nn.ReLU()
        self.last = last
        self.used = nn.Linear(4, 4)
        self.layers = nn.ModuleList([self.used])

    def forward(self, x):
        for i in range(1, 4):
            x = getattr(self, f"fc{i}")(x)
        return self.layers[0](x)

class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 4)

    def forward(self, x):
        return x

net = nn.Sequential(Net(None), Head())
net[1].head(net(torch.ones(1, 4)))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for binding, _ in unused_submodules(cls):
            message = self.message.format(attribute=binding.attribute)
            yield cls.finding(binding.place.statement, message, binding.written)
