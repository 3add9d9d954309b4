from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.values import Parameter
from modlint.rule import Example, Rule


class BufferIsParameter(Rule):
    """`register_buffer` is given an `nn.Parameter`.

    ## What torch does
    Nothing is said. It becomes a buffer: `parameters()` does not hand it out, so no optimizer trains it, although it requires
    gradients.

    ## When to ignore
    When the tensor must not be trained. Give its `.data` or make it with `requires_grad=False`.
    """

    code = "MOD214"
    message = "`{attribute}` is registered as a buffer but is an `nn.Parameter`: `parameters()` misses it, so it is never trained; use `register_parameter`"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("scale", nn.Parameter(torch.ones(3)))  # MOD214
""",
            symptom="not list(Net().parameters()) and Net().scale.requires_grad",
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
        self.register_buffer("scale", torch.ones(3))
        self.register_buffer("fixed", nn.Parameter(torch.ones(3), requires_grad=False))
        self.register_parameter("weight", nn.Parameter(torch.ones(3)))

Net()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for binding in cls.own_bindings():
            value = binding.value
            if (
                binding.how == "register_buffer"
                and isinstance(value, Parameter)
                and value.trainable
                and not value.moved
            ):
                yield cls.finding(
                    binding.place.statement, self.message.format(attribute=binding.attribute), binding.written
                )
