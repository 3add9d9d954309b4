from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.tensor_habits import kept_states
from modlint.rule import Example, Rule


class StateInForward(Rule):
    """A tensor computed in `forward` is kept on `self` with its graph.

    ## What torch does
    The graph that computed the tensor, and all its activations, stay in memory. Used in the next call: `RuntimeError: Trying to backward
    through the graph a second time`. `copy.deepcopy` of the Module fails with `Only Tensors created explicitly by the user (graph leaves)
    support the deepcopy protocol`.

    ## When to ignore
    When the tensor is read and dropped before the next call. Keep `x.detach()` where only the values matter.
    """

    code = "MOD408"
    message = "`self.{attribute}` keeps a result of `forward` with its graph{way}: keep it detached, or return it"
    severity = "info"
    confidence = "low"
    default = False
    invalid = (
        Example(
            """
import torch
from torch import nn

class Memory(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.last = 0.0

    def forward(self, x):
        self.last = self.fc(x) + self.last  # MOD408
        return self.last

net = Memory()
for _ in range(2):
    net(torch.ones(1, 4)).square().sum().backward()
""",
            raises="Trying to backward through the graph a second time",
        ),
        Example(
            """
import torch
from torch import nn

class Record(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.seen = []

    def forward(self, x):
        x = self.fc(x)
        self.seen.append(x)  # MOD408
        return x

net = Record()
for _ in range(3):
    net(torch.ones(1, 4))
""",
            symptom="len(net.seen) == 3 and net.seen[0].grad_fn is not None",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Memory(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.register_buffer("mean", torch.zeros(4))
        self.seen = []
        self.kept = []

    def forward(self, x):
        self.seen = []
        x = self.fc(x)
        self.last = x.detach()
        self.width = x.shape[-1]
        self.mean = self.mean * 0.9 + x.detach().mean(0) * 0.1
        self.seen.append(x)
        self.kept.append(x.detach())
        return x

Memory()(torch.ones(1, 4))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for node, attribute, grows in kept_states(cls):
            way = " and grows with each call" if grows else ""
            yield cls.finding(node, self.message.format(attribute=attribute, way=way), attribute)
