from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.returning import partial_return
from modlint.rule import Example, Rule


class PartialReturn(Rule):
    """`forward` returns a result on one path and falls off its end on another.

    ## What torch does
    On that path calling the Module gives `None`. The error comes later, where the output is used.

    ## When to ignore
    When `None` is meant. Write `return None`, and the rule is silent.
    """

    code = "MOD403"
    message = "`{cls}.forward` returns a result on one path, but {way} it gives None"
    severity = "warning"
    confidence = "medium"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, deep=True):
        super().__init__()
        self.deep = deep
        self.fc1 = nn.Linear(4, 4)
        self.fc2 = nn.Linear(4, 2)

    def forward(self, x):
        x = self.fc1(x)
        if not self.deep:
            return x
        x = self.fc2(x)  # MOD403

y = Net()(torch.ones(1, 4))
""",
            symptom="y is None",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def forward(self, x, mode="a"):
        if mode == "a":
            return x
        elif mode == "b":
            return -x

class Sparse(nn.Module):
    def forward(self, x, mask=None):
        if mask is None:
            return None
        return x * mask

class Checked(nn.Module):
    def forward(self, x):
        if x.dim() == 2:
            return x
        raise ValueError(x.dim())

class Filling(nn.Module):
    def forward(self, x, out=None):
        if out is None:
            return x + 1
        out.copy_(x + 1)

Net()(torch.ones(1))
Sparse()(torch.ones(1))
Checked()(torch.ones(1, 1))
Filling()(torch.ones(1), torch.ones(1))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        found = partial_return(cls)
        if found is not None:
            _, node, test = found
            way = f"where `{test}` is false" if test else "at its end"
            yield cls.finding(node, self.message.format(cls=cls.name, way=way))
