from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.submodule_use import lambda_attributes
from modlint.rule import Example, Rule


class LambdaAttribute(Rule):
    """A Module keeps a lambda as an attribute.

    ## What torch does
    The Module can't be pickled: `torch.save(model)` and processes started by `spawn` fail with `Can't pickle local object`; `state_dict()`
    is not affected. A lambda that uses `self` is worse: `copy.deepcopy` copies the Module but not the lambda, so the copy computes with the
    weights of the original.

    ## When to ignore
    When the Module is never copied nor pickled. A method, or `functools.partial` of one, does both right.
    """

    code = "MOD318"
    message = "`self.{attribute}` is a lambda: {consequence}; make it a method"
    severity = "info"
    default = False
    invalid = (
        Example(
            """
import copy

import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.head = lambda x: self.fc(x)  # MOD318

    def forward(self, x):
        return self.head(x)

net = Net()
twin = copy.deepcopy(net)
nn.init.zeros_(twin.fc.weight)
nn.init.zeros_(twin.fc.bias)
""",
            symptom="bool(twin(torch.ones(1, 4)).any())",
        ),
        Example(
            """
import pickle

import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = lambda x: x * torch.sigmoid(x)  # MOD318

    def forward(self, x):
        return self.act(x)

pickle.dumps(Net())
""",
            raises="Net.__init__.<locals>.<lambda>",
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
        self.act = self.swish

    def swish(self, x):
        scale = lambda y: torch.sigmoid(y)
        return x * scale(x)

    def forward(self, x):
        return self.act(self.fc(x))

Net()(torch.ones(1, 4))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for binding, closes in lambda_attributes(cls):
            consequence = (
                "a deep copy goes on using the original's weights" if closes else "the Module can't be pickled"
            )
            message = self.message.format(attribute=binding.attribute, consequence=consequence)
            yield cls.finding(binding.place.statement, message, binding.written)
