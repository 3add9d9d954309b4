from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.given import fixed_batch_norms
from modlint.model.module_class import ModuleClass
from modlint.rule import Example, Rule


class BatchNormWithoutTraining(Rule):
    """`F.batch_norm` on the Module's running statistics does not ask for the Module's mode.

    ## What torch does
    With `training=True` the statistics of the batch are used in `eval()` too: a sample's output hangs on the others in its batch, and
    evaluation goes on changing the running statistics. Without `training` it is `False`: the running statistics are used while
    training and never learnt.

    ## When to ignore
    When the statistics are meant to stay fixed. Write `training=False` there.
    """

    code = "MOD407"
    message = "`{call}` {consequence}: pass `training=self.training`"
    severity = "warning"
    invalid = (
        Example(
            """
import torch
from torch import nn
import torch.nn.functional as F

class Norm(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.register_buffer("mean", torch.zeros(n))
        self.register_buffer("var", torch.ones(n))

    def forward(self, x):
        return F.batch_norm(x, self.mean, self.var, training=True)  # MOD407

net = Norm(2).eval()
net(torch.full((4, 2), 3.0))
""",
            symptom="bool(net.mean.any())",
        ),
        Example(
            """
import torch
from torch import nn
import torch.nn.functional as F

class Norm(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.register_buffer("mean", torch.zeros(n))
        self.register_buffer("var", torch.ones(n))

    def forward(self, x):
        return F.batch_norm(x, self.mean, self.var)  # MOD407

net = Norm(2).train()
net(torch.full((4, 2), 3.0))
""",
            symptom="not net.mean.any()",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn
import torch.nn.functional as F

class Norm(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.register_buffer("mean", torch.zeros(n))
        self.register_buffer("var", torch.ones(n))
        self.weight = nn.Parameter(torch.ones(2, n))

    def forward(self, x):
        weight = F.batch_norm(self.weight, None, None, training=True, momentum=0.0)
        x = F.batch_norm(x, self.mean, self.var, training=self.training)
        if self.training:
            x = F.batch_norm(x, self.mean, self.var, training=True)
        else:
            x = F.batch_norm(x, self.mean, self.var)
        return F.batch_norm(x, self.mean, self.var, training=False) * weight.sum()

class FrozenNorm(Norm):
    def forward(self, x):
        return F.batch_norm(x, self.mean, self.var)

Norm(2)(torch.ones(4, 2))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for call, fixed in fixed_batch_norms(cls):
            consequence = (
                "uses the batch's statistics in `eval()` too" if fixed else "never learns its running statistics"
            )
            message = self.message.format(call="F.batch_norm(...)", consequence=consequence)
            yield cls.finding(call.node, message, call.written, statement=call.place.statement)
