from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from modlint.diagnostics import Finding, Fix
from modlint.model.dropping import attention_rate, dropping_calls
from modlint.model.events import Call
from modlint.model.module_class import ModuleClass
from modlint.model.torch_names import ATTENTION
from modlint.rule import Example, Rule

UNSAFE: Final = "if it is to drop in evaluation on purpose, to sample from the model, it no longer does"


class DropoutWithoutTraining(Rule):
    """Functional dropout is called without `training=`, so it drops in evaluation too.

    `F.dropout` does not know the Module's mode: its default is `training=True`. `F.scaled_dot_product_attention` has no such
    argument and always drops with `dropout_p`.

    ## What torch does
    Nothing is said. After `model.eval()` the output is still random, and validation and inference are worse than the model
    is.

    ## When to ignore
    When dropping at inference is wanted (Monte Carlo dropout). Write `training=True` there; an explicit value is not
    reported.
    """

    code = "MOD406"
    message = "`{function}` drops in `eval()` too: {remedy}"
    fixable = "unsafe"
    invalid = (
        Example(
            """
import torch
from torch import nn
import torch.nn.functional as F

class Net(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5)  # MOD406

net = Net().eval()
x = torch.ones(100)
""",
            symptom="not torch.equal(net(x), x)",
        ),
        Example(
            """
import torch
from torch import nn
from torch.nn import functional as F

class Attention(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def forward(self, q):
        return F.scaled_dot_product_attention(q, q, q, dropout_p=self.p)  # MOD406

net = Attention().eval()
q = torch.randn(1, 8, 16)
""",
            symptom="not torch.equal(net(q), net(q))",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def forward(self, x, scale=0.0):
        x = F.dropout(x, self.p, self.training)
        x = F.dropout(x, p=self.p, training=self.training)
        x = F.dropout(x, 0.0)
        x = F.dropout(x, self.p if self.training else 0.0)
        if self.training:
            x = F.dropout(x, 0.5)
        drop = self.p if self.training else 0.0
        x = F.scaled_dot_product_attention(x, x, x, dropout_p=drop)
        x = F.scaled_dot_product_attention(x, x, x, dropout_p=scale)
        return self.late(x)

    def late(self, x):
        if not self.training or self.p == 0:
            return x
        return F.dropout(x, self.p)

class MCDropout(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5)

class Prenet(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5, True)

Net()(torch.ones(1, 2, 4))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for call in dropping_calls(cls):
            attention = call.path == ATTENTION
            remedy = (
                "pass `0.0` as `dropout_p` unless `self.training`" if attention else "pass `training=self.training`"
            )
            message = self.message.format(function=f"F.{call.path.rpartition('.')[2]}", remedy=remedy)
            yield cls.finding(call.node, message, statement=call.place.statement, fix=self.fix(cls, call))

    def fix(self, cls: ModuleClass, call: Call) -> Fix | None:
        owner = call.place.function.self_name if call.place.function is not None else None
        if owner is None:
            return None
        if call.path != ATTENTION:
            added = cls.edits.argument(call.node, f"training={owner}.training")
            return Fix(f"Pass `training={owner}.training`", added, UNSAFE) if added else None
        rate = attention_rate(call)
        if rate is None:
            return None
        bare = isinstance(rate, (ast.Constant, ast.Attribute, ast.Call, ast.Subscript))
        opened, closed = ("", "") if bare else ("(", ")")
        parts = (
            *cls.edits.before(rate, opened),
            *cls.edits.after(rate, f"{closed} if {owner}.training else 0.0"),
        )
        return Fix("Drop while training only", parts, UNSAFE)
