from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.events import Condition
from modlint.model.module_class import ModuleClass
from modlint.model.registration import tested_parameters
from modlint.rule import Example, Rule


class ParameterTruthiness(Rule):
    """A parameter is tested for truth where `is not None` is meant.

    ## What torch does
    `RuntimeError: Boolean value of Tensor with more than one value is ambiguous`. With one element the test asks whether its value is
    zero.

    ## When to ignore
    When the parameter has one element and its value is meant.
    """

    code = "MOD212"
    message = "`if {source}` asks for the parameter's value, and raises RuntimeError if it has more than one; write `is not None`"
    fixable = "safe"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, bias=True):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(3)) if bias else None

    def forward(self, x):
        if self.bias:  # MOD212
            x = x + self.bias
        return x

Net()(torch.ones(3))
""",
            raises="Boolean value of Tensor with more than one value is ambiguous",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, bias=True):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(3)) if bias else None
        self.use_bias = bias
        self.flag = bias

    def forward(self, x):
        if self.bias is not None and self.use_bias and self.flag:
            x = x + self.bias
        return x

Net()(torch.ones(3))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for condition in tested_parameters(cls):
            message = self.message.format(source=ast.unparse(condition.node))
            fix = self.fix(cls, condition)
            yield cls.finding(condition.node, message, statement=condition.place.statement, fix=fix)

    def fix(self, cls: ModuleClass, condition: Condition) -> Fix:
        negated = cls.edits.negation_of(condition.node, condition.place.statement)
        if negated is not None:
            return Fix("Compare with None", cls.edits.replace(negated, f"{cls.edits.text(condition.node)} is None"))
        return Fix("Compare with None", cls.edits.after(condition.node, " is not None"))
