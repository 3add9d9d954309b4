from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.module_class import ModuleClass
from modlint.model.registration import register_results
from modlint.rule import Example, Rule


class RegisterResultAssigned(Rule):
    """The result of `register_buffer`, `register_parameter` or `add_module` is assigned to the attribute it registered.

    These methods return `None`, and assigning `None` to a registered name empties it.

    ## What torch does
    Nothing is said. The buffer, parameter or submodule is `None` from then on: it is gone from `state_dict()`, and `forward` fails with
    `TypeError` about `NoneType`.

    ## When to ignore
    Never. Write the call without the assignment.
    """

    code = "MOD217"
    message = "`{method}` returns None: assigning it makes `self.{attribute}` None; write the call alone"
    fixable = "safe"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = self.register_buffer("mean", torch.zeros(3))  # MOD217
        self.scale = self.register_parameter("scale", nn.Parameter(torch.ones(3)))  # MOD217
""",
            symptom="not Net().state_dict() and Net().mean is None",
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
        self.register_buffer("mean", torch.zeros(3))
        self.handle = self.register_forward_hook(lambda *args: None)

Net()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for statement, attribute, method in register_results(cls):
            message = self.message.format(method=method, attribute=attribute)
            yield cls.finding(statement, message, attribute, fix=self.fix(cls, statement))

    def fix(self, cls: ModuleClass, statement: ast.Assign) -> Fix | None:
        alone = cls.edits.without_target(statement)
        return Fix("Write the call alone", alone) if alone else None
