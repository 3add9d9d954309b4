from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.events import Binding
from modlint.model.module_class import ModuleClass
from modlint.model.rewriting import operation_inside_parameter
from modlint.model.values import Parameter
from modlint.rule import Example, Rule


class MovedParameter(Rule):
    """The result of an operation on `nn.Parameter(...)` is assigned, not the Parameter.

    `nn.Parameter(t).cuda()`, `nn.Parameter(t) * 0.1` and the like compute a new tensor that is no leaf and no Parameter.
    Do the operation inside: `nn.Parameter(t.cuda())`.

    ## What torch does
    The attribute is a plain tensor: not in `parameters()`, never trained, not saved. Given to an optimizer by hand it raises
    `ValueError: can't optimize a non-leaf Tensor`. A conversion that changes nothing (`.to("cpu")`, `.float()`) returns the
    Parameter itself, so the same line works on one machine and fails on another.

    ## When to ignore
    Never.
    """

    code = "MOD204"
    message = "`{attribute}` is not a parameter: {operation} on `nn.Parameter(...)` gives a new non-leaf tensor, so it is never trained or saved; move the operation inside `nn.Parameter(...)`"
    fixable = "safe"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, device="cuda"):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(4)) * 0.1  # MOD204
        self.shift = nn.Parameter(torch.zeros(4)).view(1, 4)  # MOD204
        self.gate = nn.Parameter(torch.zeros(4)).half()  # MOD204
        if device == "gpu":
            self.weight = nn.Parameter(torch.ones(4)).to(device)  # MOD204
            self.bias = nn.Parameter(torch.ones(4)).cuda()  # MOD204
""",
            symptom="not list(Net().parameters()) and not Net().scale.is_leaf",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, device="cpu"):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(4) * 0.1)
        self.shift = nn.Parameter(torch.zeros(4).to(device))
        self.frozen = nn.Parameter(torch.zeros(4)).requires_grad_(False)
        self.started = nn.init.normal_(nn.Parameter(torch.empty(4)))
        self.kept = nn.Parameter(torch.zeros(4)).to("cpu")

    def forward(self, x):
        self.last = self.scale * x
        return self.last

Net()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for binding in cls.own_bindings():
            value = binding.value
            if isinstance(value, Parameter) and value.moved and binding.how == "assign":
                operation = value.moved if value.moved.isalpha() else f"`{value.moved}`"
                message = self.message.format(attribute=binding.attribute, operation=operation)
                fix = self.fix(cls, binding)
                yield cls.finding(binding.place.statement, message, binding.written, fix=fix)

    def fix(self, cls: ModuleClass, binding: Binding) -> Fix | None:
        moved = operation_inside_parameter(cls, binding)
        return Fix("Do the operation inside `nn.Parameter(...)`", moved) if moved else None
