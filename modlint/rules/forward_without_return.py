from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.facts import FunctionFacts
from modlint.model.module_class import ModuleClass
from modlint.model.returning import returnless_forward
from modlint.rule import Example, Rule


class ForwardWithoutReturn(Rule):
    """`forward` computes a result and does not return it.

    ## What torch does
    Calling the Module gives `None`. The error comes later, where the output is used: `AttributeError: 'NoneType' object has no
    attribute 'backward'`.

    ## When to ignore
    When the Module is run for its effect alone. `-> None` says so and keeps this rule silent.
    """

    code = "MOD401"
    message = "`{cls}.forward` returns nothing: `{result}` is computed and lost, and calling the Module gives None"
    fixable = "safe"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):  # MOD401
        x = torch.flatten(x, 1)
        x = self.fc(x)

y = Net()(torch.ones(1, 4))
""",
            symptom="y is None",
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):  # MOD401
        self.fc(x)

Net()(torch.ones(1, 4)).sum()
""",
            raises="'NoneType' object has no attribute 'sum'",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Base(nn.Module):
    def forward(self, x):
        raise NotImplementedError

class Observer(Base):
    def forward(self, x):
        self.seen = x.detach()

class Fill(Base):
    def forward(self, batch):
        batch["y"] = batch["x"] + 1

class Warm(Base):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x) -> None:
        self.fc(x)

class Pieces(Base):
    def forward(self, x):
        for row in x:
            last = row + 1
            yield last

Observer()(torch.ones(4))
Fill()({"x": torch.ones(4)})
Warm()(torch.ones(4))
list(Pieces()(torch.ones(4)))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        found = returnless_forward(cls)
        if found is not None:
            function, result = found
            message = self.message.format(cls=cls.name, result=result)
            yield cls.finding(function.node, message, "forward", fix=self.fix(cls, function, result))

    def fix(self, cls: ModuleClass, function: FunctionFacts, result: str) -> Fix | None:
        last = function.node.body[-1]
        if isinstance(last, ast.Expr):
            return Fix("Return the result", cls.edits.before(last, "return "))
        if not result.isidentifier() or not isinstance(last, (ast.Assign, ast.AugAssign, ast.For, ast.If, ast.With)):
            return None
        return Fix(f"Return `{result}`", cls.edits.next_statement(last, f"return {result}"))
