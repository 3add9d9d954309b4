from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.forwarding import remade_parameters
from modlint.model.module_class import ModuleClass
from modlint.rule import Example, Rule


class ParameterInForward(Rule):
    """A parameter is made anew each time the Module runs.

    ## What torch does
    Nothing is said. The optimizer was given the old object: it goes on changing that one, while the Module uses the new one, which is
    never trained.

    ## When to ignore
    When the parameter is made once; behind `if self.w is None` or `hasattr` it is not reported.
    """

    code = "MOD206"
    message = "`{attribute}` becomes a new `nn.Parameter` at each call of `{method}`: optimizers keep the old one, so it is never trained; change it in place under `torch.no_grad()`"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))

    def forward(self, x):
        self.weight = nn.Parameter(self.weight / self.weight.norm())  # MOD206
        return x * self.weight

net = Net()
before = next(net.parameters())
net(torch.ones(3))
""",
            symptom="next(net.parameters()) is not before",
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
        self.weight = None
        self.scale = nn.Parameter(torch.ones(3))

    def forward(self, x):
        if self.weight is None:
            self.weight = nn.Parameter(torch.ones(x.shape[-1]))
        with torch.no_grad():
            self.scale /= self.scale.norm()
        return x * self.weight * self.scale

    def reset(self):
        self.scale = nn.Parameter(torch.ones(3))

Net()(torch.ones(3))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for binding in remade_parameters(cls):
            function = binding.place.function
            method = function.name if function is not None else "forward"
            yield cls.finding(
                binding.place.statement,
                self.message.format(attribute=binding.attribute, method=method),
                binding.written,
            )
