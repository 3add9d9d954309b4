from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.forwarding import overridden_call
from modlint.model.module_class import ModuleClass
from modlint.rule import Example, Rule


class CallOverridden(Rule):
    """A Module defines `__call__` itself and never calls the one of `nn.Module`.

    Name the method `forward`: `nn.Module` calls it.

    ## What torch does
    The result is the same, but hooks on the Module never run. Profilers, pruning, quantization, FSDP2 and `torch.compile` work
    through them.

    ## When to ignore
    When the Module is to have no hooks.
    """

    code = "MOD405"
    message = "`{cls}.__call__` hides the one of `nn.Module`: hooks on `{cls}` never run; name it `forward`"
    severity = "info"
    default = False
    invalid = (
        Example(
            """
import torch
from torch import nn

class Loss(nn.Module):
    def __call__(self, x):  # MOD405
        return x.mean()

seen = []
loss = Loss()
loss.register_forward_hook(lambda *args: seen.append(1))
loss(torch.ones(2))
""",
            symptom="not seen",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def forward(self, x):
        return x

    def __call__(self, *args, **kwargs):
        return super().__call__(*args, **kwargs)

Net()(torch.ones(2))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        function = overridden_call(cls)
        if function is not None:
            yield cls.finding(function.node, self.message.format(cls=cls.name), "__call__")
