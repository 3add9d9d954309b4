from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.events import Binding
from modlint.model.module_class import ModuleClass
from modlint.model.registration import computed_with
from modlint.model.rewriting import wrapped_value
from modlint.rule import Example, Rule


class TensorNotParameter(Rule):
    """A randomly initialised tensor is used like a weight, but is neither a Parameter nor a buffer.

    ## What torch does
    Nothing is said. The tensor keeps its first random values: it is not in `parameters()`, so it is never trained, and not
    in `state_dict()`, so another process draws other values. After `.to("cuda")` it is still on the CPU:
    `RuntimeError: Expected all tensors to be on the same device`.

    ## When to ignore
    When every object may have its own fixed random values that are never saved. If they are fixed on purpose but belong to
    the model, make them a buffer.
    """

    code = "MOD202"
    message = "`{attribute}` is a random tensor that `forward` computes with, but no `nn.Parameter`: it is never trained, saved or moved (if it is fixed on purpose, register it as a buffer)"
    fixable = "unsafe"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.randn(4, 4)  # MOD202
        self.scale = torch.empty(4).uniform_(-1, 1)  # MOD202

    def forward(self, x):
        return torch.matmul(x, self.weight) * self.scale
""",
            symptom="not list(Net().parameters()) and not Net().state_dict()",
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
        self.init = torch.randn(4, 4)
        self.other = nn.Parameter(self.init)
        self.late = torch.Tensor(4, 4)
        self.late = nn.Parameter(nn.init.xavier_uniform_(self.late))
        self.register_buffer("noise", torch.randn(4))

    def forward(self, x):
        return x @ self.weight @ self.other @ self.late + self.noise

Net()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for binding, tensor in computed_with(cls):
            if tensor.random and tensor.floating is not False:
                message = self.message.format(attribute=binding.attribute)
                yield cls.finding(binding.place.statement, message, binding.written, fix=self.fix(cls, binding))

    def fix(self, cls: ModuleClass, binding: Binding) -> Fix | None:
        wrapped = wrapped_value(cls, binding, "torch.nn.Parameter")
        unsafe = "a random tensor can be meant to stay as it is, and is a buffer then"
        return Fix("Make it an `nn.Parameter`", wrapped, unsafe) if wrapped else None
