from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.submodule_use import uninitialised_parameters
from modlint.rule import Example, Rule


class UninitialisedParameter(Rule):
    """A parameter is made of uninitialised memory, and nothing in sight fills it.

    ## What torch does
    `torch.empty(n)` and `torch.Tensor(n)` hold what the memory held: often zeros or small numbers, at times huge ones or NaN. Training
    starts from there, and a run can't be repeated.

    ## When to ignore
    When other code fills the parameter: a checkpoint, or an initialisation from outside.
    """

    code = "MOD209"
    message = "nothing initialises `self.{attribute}`: `{maker}` leaves in it whatever the memory held, NaN too"
    severity = "info"
    confidence = "low"
    default = False
    invalid = (
        Example(
            """
import torch
from torch import nn
from torch.utils import deterministic

class Net(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.v = nn.Parameter(torch.empty(n))  # MOD209

    def forward(self, x):
        return x * self.v

torch.use_deterministic_algorithms(True)
deterministic.fill_uninitialized_memory = True
net = Net(3)
torch.use_deterministic_algorithms(False)
""",
            symptom="bool(net.v.isnan().all())",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.v = nn.Parameter(torch.empty(n))
        self.w = nn.Parameter(torch.randn(n))
        self.u = nn.Parameter(torch.Tensor([1.0, 2.0, 3.0]))
        self.t = nn.Parameter(nn.init.zeros_(torch.empty(n)))
        nn.init.normal_(self.v)

    def forward(self, x):
        return x * self.v + self.w + self.u + self.t

class Loop(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.v = nn.Parameter(torch.empty(n))
        self.reset_parameters()

    def reset_parameters(self):
        for p in self.parameters():
            nn.init.zeros_(p)

    def forward(self, x):
        return x * self.v

Net(3)(torch.ones(3)) + Loop(3)(torch.ones(3))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for binding, maker in uninitialised_parameters(cls):
            message = self.message.format(attribute=binding.attribute, maker=maker)
            yield cls.finding(binding.place.statement, message, binding.written)
