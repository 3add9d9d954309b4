from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.tensor_habits import devices_of_parameters
from modlint.rule import Example, Rule


class ParametersDeviceInForward(Rule):
    """`forward` asks the first of the Module's parameters for its device or type.

    ## What torch does
    In the replicas that `nn.DataParallel` makes, `parameters()` is empty: `StopIteration`. The same in a Module without parameters.

    ## When to ignore
    When neither `nn.DataParallel` nor a Module without parameters matters. The device of the input is better.
    """

    code = "MOD414"
    message = (
        "`{source}` in `{method}` raises StopIteration where parameters() is empty, as in replicas of `nn.DataParallel`"
    )
    severity = "info"
    confidence = "medium"
    default = False
    invalid = (
        Example(
            """
import torch
from torch import nn

class Noise(nn.Module):
    def forward(self, x):
        device = next(self.parameters()).device  # MOD414
        return x + torch.zeros(4, device=device)

try:
    Noise()(torch.ones(4))
    ended = False
except StopIteration:
    ended = True
""",
            symptom="ended",
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
        self.fc = nn.Linear(4, 4)

    @property
    def device(self):
        return next(self.parameters()).device

    def forward(self, x):
        norm = sum(p.norm() for p in self.parameters())
        return self.fc(x.to(self.fc.weight.device)) * norm

Net()(torch.ones(2, 4))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for node, function in devices_of_parameters(cls):
            message = self.message.format(source=f"next({ast.unparse(node)})", method=function.name)
            yield cls.finding(node, message, "parameters")
