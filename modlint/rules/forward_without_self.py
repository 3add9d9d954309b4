from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.facts import FunctionFacts
from modlint.model.module_class import ModuleClass
from modlint.model.signatures import selfless_methods
from modlint.rule import Example, Rule


class ForwardWithoutSelf(Rule):
    """`forward` or another method lacks the argument `self`.

    ## What torch does
    `TypeError: Net.forward() takes 1 positional argument but 2 were given`, or the Module lands in the argument meant for the data.

    ## When to ignore
    When the function is a static method; decorated methods are not reported.
    """

    code = "MOD111"
    message = "`{cls}.{method}` has no `self`: its first argument `{first}` gets the Module"
    fixable = "safe"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def forward(x):  # MOD111
        return x * 2

Net()(torch.ones(1))
""",
            raises="takes 1 positional argument but 2 were given",
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()

    def forward():  # MOD111
        return torch.ones(1)

Net()()
""",
            raises="takes 0 positional arguments but 1 was given",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def forward(self, x):
        return self.twice(x)

    @staticmethod
    def twice(x):
        return x * 2

class Short(nn.Module):
    def forward(s, x):
        return x

class Spread(nn.Module):
    def forward(*args):
        return args[1]

Net()(torch.ones(1)), Short()(torch.ones(1)), Spread()(torch.ones(1))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for function, first in selfless_methods(cls):
            message = self.message.format(cls=cls.name, method=function.name, first=first)
            if not first:
                message = f"`{cls.name}.{function.name}` has no `self`: calling it raises TypeError"
            yield cls.finding(function.node, message, function.name, fix=self.fix(cls, function))

    def fix(self, cls: ModuleClass, function: FunctionFacts) -> Fix | None:
        added = cls.edits.first_argument(function.node, "self")
        return Fix("Add the argument `self`", added) if added else None
