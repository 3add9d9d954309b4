from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.submodule_use import mistaken_submodules
from modlint.rule import Example, Rule


class CopyPasteSubmodule(Rule):
    """A layer is used at two places, while its twin of nearly the same name is used nowhere.

    ## What torch does
    Nothing is said. The first layer is trained for both places, and its twin gets no gradient: `DistributedDataParallel` stops with
    `Expected to have finished reduction`.

    ## When to ignore
    When the weights are shared on purpose. The unused layer can go then.
    """

    code = "MOD419"
    message = "`self.{used}` is called a second time and `self.{twin}` never: was `self.{twin}` meant?"
    severity = "warning"
    confidence = "medium"
    default = False
    invalid = (
        Example(
            """
import torch
from torch import nn

class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc_k = nn.Linear(4, 4)
        self.fc_v = nn.Linear(4, 4)

    def forward(self, x):
        k = self.fc_k(x)
        v = self.fc_k(x)  # MOD419
        return k * v

net = Attention()
net(torch.ones(1, 4)).sum().backward()
""",
            symptom="net.fc_v.weight.grad is None",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Attention(nn.Module):
    def __init__(self, twice=False):
        super().__init__()
        self.twice = twice
        self.fc_k = nn.Linear(4, 4)
        self.fc_v = nn.Linear(4, 4)

    def forward(self, x):
        k = self.fc_k(self.fc_k(x))
        return k * self.fc_v(x)

class Branches(nn.Module):
    def __init__(self, old=False):
        super().__init__()
        self.old = old
        self.fc_k = nn.Linear(4, 4)
        self.fc_old = nn.Linear(4, 4)

    def forward(self, x):
        if self.old:
            return self.fc_k(x)
        else:
            return self.fc_k(x) + 1

Attention()(torch.ones(1, 4))
Branches()(torch.ones(1, 4))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for call, used, twin in mistaken_submodules(cls):
            message = self.message.format(used=used, twin=twin)
            yield cls.finding(call.node, message, call.written, statement=call.place.statement)
