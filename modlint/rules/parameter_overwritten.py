from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.registration import overwritten_parameters
from modlint.rule import Example, Rule


class ParameterOverwritten(Rule):
    """A plain tensor is assigned over a registered parameter.

    ## What torch does
    `TypeError: cannot assign 'torch.FloatTensor' as parameter 'weight' (torch.nn.Parameter or None expected)`.

    ## When to ignore
    Never. Assign to `.data`, copy in place under `torch.no_grad()`, or delete the parameter first.
    """

    code = "MOD208"
    message = "`{attribute}` is a registered parameter: assigning a tensor to it raises TypeError; copy into it under `torch.no_grad()`"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))
        self.weight = torch.zeros(3)  # MOD208

Net()
""",
            raises="as parameter 'weight'",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, learn=True):
        super().__init__()
        if learn:
            self.weight = nn.Parameter(torch.ones(3))
        else:
            self.weight = torch.ones(3)
        self.scale = torch.ones(3)
        self.scale = nn.Parameter(self.scale)
        self.bias = nn.Parameter(torch.ones(3))
        self.bias.data = torch.zeros(3)
        self.gone = nn.Parameter(torch.ones(3))
        del self.gone
        self.gone = torch.ones(3)
        self.unset = nn.Parameter(torch.ones(3))
        self.unset = None

Net(), Net(False)
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for binding in overwritten_parameters(cls):
            yield cls.finding(
                binding.place.statement, self.message.format(attribute=binding.attribute), binding.written
            )
