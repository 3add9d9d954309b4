from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.module_class import ModuleClass
from modlint.model.returning import early_returns
from modlint.rule import Example, Rule


class ReturnInsideLoop(Rule):
    """A `return` is indented into the loop that gathers the result: only the first turn runs.

    ## What torch does
    Nothing is said. The layers of the later turns are never used: they get no gradient, and `DistributedDataParallel` stops with
    `Expected to have finished reduction`.

    ## When to ignore
    When the loop is meant to run once.
    """

    code = "MOD402"
    message = "`return` ends the loop in its first turn: `{result}` misses what the other turns would add; dedent it"
    fixable = "unsafe"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Pyramid(nn.Module):
    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(1, 1, 1) for _ in range(4)])

    def forward(self, x):
        out = self.convs[0](x)
        for i in range(len(self.convs) - 1):
            out = out + self.convs[i + 1](x)
            return out  # MOD402

net = Pyramid()
net(torch.ones(1, 1, 4, 4)).sum().backward()
""",
            symptom="net.convs[3].weight.grad is None",
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
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(4)])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def until(self, x):
        for layer in self.layers:
            x = layer(x)
            if x.sum() > 0:
                continue
            return x

    def first(self):
        for layer in self.layers:
            weight = layer.weight
            return weight

    def retry(self, x):
        while True:
            try:
                x = self.forward(x)
            except RuntimeError:
                continue
            return x

net = Net()
net(torch.ones(1, 4))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for statement, loop, result in early_returns(cls):
            fix = self.fix(cls, statement, loop)
            yield cls.finding(statement, self.message.format(result=result), fix=fix)

    def fix(self, cls: ModuleClass, statement: ast.Return, loop: ast.stmt) -> Fix | None:
        dedented = cls.edits.dedented(statement, loop)
        unsafe = "the loop runs to its end, which changes the result"
        return Fix("Dedent it", dedented, unsafe) if dedented else None
