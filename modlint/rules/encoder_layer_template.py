from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.registration import encoder_templates
from modlint.rule import Example, Rule


class EncoderLayerTemplate(Rule):
    """The layer that `nn.TransformerEncoder` copies is itself kept as a submodule.

    `nn.TransformerEncoder` and `nn.TransformerDecoder` copy the layer they are given; the layer itself is never used again.

    ## What torch does
    Nothing is said on one device. The template's parameters are registered, saved and optimized, but get no gradient; DDP raises an
    error about parameters that were not used in producing the loss.

    ## When to ignore
    When the layer is used on its own as well.
    """

    code = "MOD317"
    message = "`{attribute}` is only a template: `nn.{stack}` copies it, so its own parameters are registered but never trained; make it a local variable"
    severity = "warning"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(8, 2, batch_first=True)  # MOD317
        self.encoder = nn.TransformerEncoder(self.layer, 2)

    def forward(self, x):
        return self.encoder(x)

net = Net()
net(torch.ones(1, 3, 8)).sum().backward()
""",
            symptom="all(p.grad is None for p in net.layer.parameters())",
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
        layer = nn.TransformerEncoderLayer(8, 2, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.first = nn.TransformerEncoderLayer(8, 2, batch_first=True)
        self.rest = nn.TransformerEncoder(self.first, 2)

    def forward(self, x):
        return self.encoder(self.rest(self.first(x)))

Net()(torch.ones(1, 3, 8))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for binding, stack in encoder_templates(cls):
            message = self.message.format(attribute=binding.attribute, stack=stack)
            yield cls.finding(binding.place.statement, message, binding.written)
