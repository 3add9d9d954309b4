from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.events import Binding
from modlint.model.module_class import ModuleClass
from modlint.model.registration import plain_tensors
from modlint.model.rewriting import wrapped_value
from modlint.rule import Example, Rule


class UnregisteredParameter(Rule):
    """A tensor with `requires_grad=True` is an attribute of the Module, but no Parameter.

    A leaf tensor that requires gradients is trained only if an optimizer is given it, and a Module hands out nothing but
    `nn.Parameter`s.

    ## What torch does
    Nothing is said. Gradients are computed, but `parameters()` leaves the tensor out: no optimizer changes it,
    `state_dict()` does not save it, `.to()` does not move it.

    ## When to ignore
    When the tensor is optimized by hand.
    """

    code = "MOD201"
    message = "`{attribute}` requires gradients but is no `nn.Parameter`: `parameters()`, `state_dict()` and `.to()` miss it, so it is never trained"
    fixable = "safe"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.randn(4, 4, requires_grad=True)  # MOD201
        self.bias = torch.zeros(4).requires_grad_()  # MOD201

    def forward(self, x):
        return x @ self.weight + self.bias
""",
            symptom="not list(Net().parameters())",
        ),
        Example(
            """
import torch
from torch import nn
from torch.autograd import Variable

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = Variable(torch.ones(4), requires_grad=True)  # MOD201
        self.shift = torch.zeros(4)  # MOD201
        self.shift.requires_grad = True

    def forward(self, x):
        return x * self.scale + self.shift
""",
            symptom="not list(Net().parameters())",
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
        self.weight = nn.Parameter(torch.randn(4, 4, requires_grad=True))
        bias = torch.zeros(4, requires_grad=True)
        self.bias = nn.Parameter(bias)
        self.scale = torch.ones(4, requires_grad=True)
        self.optimizer = torch.optim.SGD([self.scale], lr=0.1)

    def forward(self, x):
        return x @ self.weight * self.scale + self.bias

Net()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for binding, tensor in plain_tensors(cls):
            if tensor.trainable and "escaped" not in tensor.uses:
                message = self.message.format(attribute=binding.attribute)
                yield cls.finding(binding.place.statement, message, binding.written, fix=self.fix(cls, binding))

    def fix(self, cls: ModuleClass, binding: Binding) -> Fix | None:
        wrapped = wrapped_value(cls, binding, "torch.nn.Parameter")
        return Fix("Make it an `nn.Parameter`", wrapped) if wrapped else None
