from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.events import Binding
from modlint.model.module_class import ModuleClass
from modlint.model.registration import hidden_parameters
from modlint.model.rewriting import registering_container
from modlint.model.values import Box
from modlint.rule import Example, Rule


class ParametersInPlainContainer(Rule):
    """Parameters are kept in a plain list, tuple or dict, where the Module does not see them.

    Use `nn.ParameterList` or `nn.ParameterDict`.

    ## What torch does
    Nothing is said. `parameters()` leaves them out, so no optimizer trains them; `state_dict()` does not save them and
    `.to()` does not move them.

    ## When to ignore
    When the parameters are given to an optimizer and saved by hand.
    """

    code = "MOD205"
    message = "`{attribute}` is a plain {kind} of parameters: they are not registered, so `parameters()`, `state_dict()` and `.to()` miss them"
    fixable = "safe or unsafe"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = [nn.Parameter(torch.randn(4, 4)) for _ in range(3)]  # MOD205
        self.named = {"scale": nn.Parameter(torch.ones(4))}  # MOD205
        self.biases = []  # MOD205
        for _ in range(3):
            self.biases.append(nn.Parameter(torch.zeros(4)))
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
        self.weights = nn.ParameterList([nn.Parameter(torch.randn(4, 4)) for _ in range(3)])
        self.scale = nn.Parameter(torch.ones(4))
        self.all = [self.scale]
        self.gates = []
        for i in range(3):
            gate = nn.Parameter(torch.ones(4))
            self.register_parameter(f"gate{i}", gate)
            self.gates.append(gate)
        parts = []
        for _ in range(3):
            parts.append(nn.Parameter(torch.ones(4)))
        self.parts = nn.ParameterList(parts)

Net()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for binding, box in hidden_parameters(cls):
            message = self.message.format(attribute=binding.attribute, kind=box.kind)
            fix = self.fix(cls, binding, box)
            yield cls.finding(binding.place.statement, message, binding.written, fix=fix)

    def fix(self, cls: ModuleClass, binding: Binding, box: Box) -> Fix | None:
        return registering_container(cls, binding, box, "Parameter")
