from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.tensor_habits import changed_inputs
from modlint.rule import Example, Rule


class InplaceInput(Rule):
    """`forward` changes a tensor in place that it was given.

    ## What torch does
    The caller's tensor is changed too: calling the Module twice on one input gives two results. If the tensor is a leaf that needs a
    gradient: `RuntimeError: a leaf Variable that requires grad is being used in an in-place operation.`

    ## When to ignore
    When the caller knows of it, as with a tensor that the Module is to fill.
    """

    code = "MOD418"
    message = "`{source}` changes the caller's tensor `{name}`: write to a new one"
    severity = "warning"
    confidence = "low"
    default = False
    invalid = (
        Example(
            """
import torch
from torch import nn

class Shift(nn.Module):
    def forward(self, x):
        x += x.mean(dim=0)  # MOD418
        return x

net = Shift()
x = torch.ones(2, 2)
net(x)
""",
            symptom="torch.equal(x, torch.full((2, 2), 2.0))",
        ),
        Example(
            """
import torch
from torch import nn

class Clip(nn.Module):
    def forward(self, x):
        x[x.abs() > 1] = 1  # MOD418
        return x

Clip()(torch.ones(2, requires_grad=True))
""",
            raises="a leaf Variable that requires grad",
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

    def forward(self, x, batch, out=None):
        batch["seen"] = True
        y = x.flatten(1)
        y = self.fc(y)
        y += 1
        x = x.clone()
        x[0] = 0
        x.mul_(2)
        return x + y

Net()(torch.ones(2, 4), {})
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for node, name, source in changed_inputs(cls):
            yield cls.finding(node, self.message.format(source=source, name=name))
