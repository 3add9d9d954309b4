from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.module_class import ModuleClass
from modlint.model.shadowing import unused_locals
from modlint.rule import Example, Rule


class LocalInsteadOfSelf(Rule):
    """A layer made in `__init__` is put into a local variable that nothing uses.

    ## What torch does
    Nothing is said in `__init__`. The layer is thrown away; `forward` fails with `AttributeError` if it reads `self.fc`.

    ## When to ignore
    When making the layer is wanted for a side effect.
    """

    code = "MOD315"
    message = "`{name}` is a local variable that is never used: this `{layer}` is lost; write `self.{name} = ...`"
    severity = "warning"
    fixable = "unsafe"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        fc = nn.Linear(4, 2)  # MOD315

    def forward(self, x):
        return x

net = Net()
""",
            symptom="not list(net.parameters())",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        fc = nn.Linear(4, 2)
        self.fc = fc
        layers = [fc]
        conv = nn.Conv2d(1, 1, 1)
        self.net = nn.Sequential(*layers, conv)
        _ = nn.Linear(1, 1)
        probe = nn.Linear(2, 2)

        def show():
            return probe

        self.show = show

Net()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for statement, name, layer in unused_locals(cls):
            message, fix = self.message.format(name=name, layer=layer), self.fix(cls, statement, name)
            yield cls.finding(statement, message, name, fix=fix)

    def fix(self, cls: ModuleClass, statement: ast.Assign, name: str) -> Fix:
        unsafe = "the layer was never used, and a checkpoint saved before does not have it"
        return Fix(f"Assign to `self.{name}`", cls.edits.before(statement, "self."), unsafe)
