from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.events import Call
from modlint.model.guards import guarded_by, mentions
from modlint.model.module_class import ModuleClass
from modlint.model.torch_names import ALWAYS_DROPPING, ATTENTION
from modlint.model.values import Const
from modlint.rule import Example, Rule

DELIBERATE = ("mc", "bayes", "prenet", "uncertain", "montecarlo", "monte_carlo")
"""Words in names of classes and methods that drop in evaluation on purpose."""


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
        if any(word in cls.name.lower() for word in DELIBERATE):
            return
        for call in cls.own_calls(*ALWAYS_DROPPING, ATTENTION):
            function = call.place.function
            if function is None or (function.is_static and function.owner is not None):
                continue
            if any(word in function.name.lower() for word in DELIBERATE) or guarded_by(call.place.guards, "training"):
                continue
            drops = self._attention_drops(call) if call.path == ATTENTION else self._drops(call)
            if drops:
                name = f"F.{call.path.rpartition('.')[2]}"
                remedy = (
                    "pass `0.0` as `dropout_p` unless `self.training`"
                    if call.path == ATTENTION
                    else "pass `training=self.training`"
                )
                yield cls.finding(
                    call.node, self.message.format(function=name, remedy=remedy), statement=call.place.statement
                )

    def _drops(self, call: Call) -> bool:
        if call.spread or len(call.args) > 2 or "training" in call.kwargs:
            return False
        rate = _argument(call.node, 1, "p")
        return rate is None or not self._off(call, rate)

    def _attention_drops(self, call: Call) -> bool:
        rate = _argument(call.node, 4, "dropout_p")
        if call.spread or rate is None or isinstance(rate, ast.Name):
            return False
        return not self._off(call, rate)

    def _off(self, call: Call, rate: ast.expr) -> bool:
        """Whether the rate is zero or depends on the mode."""
        value = call.kwargs.get("p", call.kwargs.get("dropout_p", call.args[1] if len(call.args) > 1 else None))
        if isinstance(value, Const) and value.value in (0, 0.0, None):
            return True
        return mentions(rate, "training") or (isinstance(rate, ast.Name) and _assigned_by_mode(call, rate.id))


def _argument(node: ast.Call, position: int, name: str) -> ast.expr | None:
    for keyword in node.keywords:
        if keyword.arg == name:
            return keyword.value
    return node.args[position] if len(node.args) > position else None


def _assigned_by_mode(call: Call, name: str) -> bool:
    """Whether the variable is given a value that depends on the mode somewhere in the function."""
    function = call.place.function
    if function is None:
        return False
    for statement in ast.walk(function.node):
        if not isinstance(statement, ast.Assign) or not mentions(statement.value, "training"):
            continue
        if any(isinstance(target, ast.Name) and target.id == name for target in statement.targets):
            return True
    return False
