from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.events import Call
from modlint.model.module_class import ModuleClass
from modlint.model.registration import copied_parameters
from modlint.rule import Example, Rule


class ParameterOfParameter(Rule):
    """A Parameter is made of another one: two parameters with a gradient each then write into one tensor.

    To share a weight, assign the Parameter itself; to start from its values, make the new one of a copy:
    `nn.Parameter(self.weight.detach().clone())`.

    ## What torch does
    Nothing is said. `nn.Parameter(p)` is a new Parameter with the storage of `p`: the optimizer changes the same numbers twice
    at each step, and a conversion to another device or type separates the two.

    ## When to ignore
    When one of the two is never trained.
    """

    code = "MOD219"
    message = "`{attribute}` is a Parameter made of `{other}`: both change the same numbers, each with its own gradient; assign `self.{other}` to share it, or copy it with `.detach().clone()`"
    severity = "warning"
    confidence = "medium"
    preview = True
    fixable = "unsafe"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode = nn.Parameter(torch.randn(4, 4))
        self.decode = nn.Parameter(self.encode)  # MOD219

    def forward(self, x):
        return x @ self.encode @ self.decode
""",
            symptom="(lambda net: net.decode is not net.encode and net.decode.data_ptr() == net.encode.data_ptr())(Tied())",
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
        self.weight = nn.Parameter(torch.randn(4, 4))
        self.shared = self.weight
        self.copied = nn.Parameter(self.weight.detach().clone())
        start = nn.Parameter(torch.zeros(4))
        self.start = nn.Parameter(start)
        self.frozen = nn.Parameter(torch.zeros(4), requires_grad=False)
        self.trained = nn.Parameter(self.frozen)

Net()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for call, attribute, other in copied_parameters(cls):
            message, fix = self.message.format(attribute=attribute, other=other), self.fix(cls, call)
            yield cls.finding(call.node, message, statement=call.place.statement, fix=fix)

    def fix(self, cls: ModuleClass, call: Call) -> Fix:
        unsafe = "the two are one parameter from now on"
        return Fix("Share the Parameter", cls.edits.replace(call.node, cls.edits.text(call.node.args[0])), unsafe)
