from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.freezing import idle_requires_grad
from modlint.model.index import FileModel
from modlint.rule import Example, Rule


class RequiresGradTypo(Rule):
    """`requires_grad` is misspelled, or set on a Module, where it freezes nothing.

    ## What torch does
    Nothing is said: Python makes a new attribute. The parameters still require gradients and are still trained. Only tensors have a
    `requires_grad` to set; a Module has the method `requires_grad_()`.

    ## When to ignore
    When the class has an attribute of that name.
    """

    code = "MOD211"
    message = "`{target}` {problem}; {remedy}"
    asks = "file"
    fixable = "safe"
    invalid = (
        Example(
            """
from torch import nn

net = nn.Linear(4, 2)
for parameter in net.parameters():
    parameter.require_grad = False  # MOD211
""",
            symptom="all(p.requires_grad for p in net.parameters())",
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Linear(4, 4)
        self.backbone.requires_grad = False  # MOD211
        for layer in self.children():
            layer.requires_grads = False  # MOD211
""",
            symptom="all(p.requires_grad for p in Net().parameters())",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Configured(nn.Module):
    def __init__(self, requires_grad=True):
        super().__init__()
        self.requires_grad = requires_grad
        self.fc = nn.Linear(4, 2)
        self.fc.weight.requires_grad = False
        self.fc.requires_grad_(False)
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad

class Own(nn.Module):
    @property
    def requires_grad(self):
        return False

    @requires_grad.setter
    def requires_grad(self, value):
        self.requires_grad_(value)

own = Own()
own.requires_grad = False
Configured()
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for node, problem, remedy in idle_requires_grad(file):
            message = self.message.format(target=ast.unparse(node), problem=problem, remedy=remedy)
            yield file.finding(node, message, node.attr, fix=self.fix(file, node, remedy))

    def fix(self, file: FileModel, node: ast.Attribute, remedy: str) -> Fix | None:
        if "did you mean" in remedy:
            return Fix("Write `requires_grad`", file.edits.rename(node, "requires_grad"))
        called = file.edits.store_as_call(node, "requires_grad_")
        return Fix("Call `requires_grad_`", called) if called else None
