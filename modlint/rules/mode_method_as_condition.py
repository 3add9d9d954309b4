from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.index import FileModel
from modlint.model.modes import called_flag, mode_conditions
from modlint.rule import Example, Rule


class ModeMethodAsCondition(Rule):
    """The method `train` or `eval` stands where the flag `training` was meant, or the flag is called like a method.

    Write `if self.training:`; `training` is a truth value.

    ## What torch does
    A method is always true, so the branch is taken in both modes, and nothing is said. `F.dropout(x, p, self.train)` raises
    `TypeError: dropout(): argument 'train' (position 3) must be bool, not method`. `if self.eval():` is always true too,
    and switches the mode on the way. `self.training()` raises `TypeError: 'bool' object is not callable`.

    ## When to ignore
    Never.
    """

    code = "MOD504"
    message = "`{source}` {consequence}: the mode is the flag `{flag}`"
    asks = "file"
    fixable = "safe or unsafe"
    invalid = (
        Example(
            """
import torch
from torch import nn
import torch.nn.functional as F

class Net(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5, training=self.train)  # MOD504

Net()(torch.ones(4))
""",
            raises="argument 'train' (position 3) must be bool, not method",
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def forward(self, x):
        if self.train:  # MOD504
            x = x + torch.randn_like(x)
        return x

net = Net().eval()
x = torch.ones(100)
""",
            symptom="not torch.equal(net(x), net(x))",
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def forward(self, x):
        return x if self.eval() else 2 * x  # MOD504

net = Net().train()
out = net(torch.ones(1))
""",
            symptom="not net.training and out.item() == 1",
        ),
        Example(
            """
from torch import nn

model = nn.Linear(4, 2)
if model.training():  # MOD504
    print("training")
""",
            raises="'bool' object is not callable",
        ),
    )
    valid = (
        Example(
            """
from torch import nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self, train=True):
        super().__init__()
        self.evaluate = train
        self.training_steps = 3

    def forward(self, x, train=True):
        if self.training and train:
            x = F.dropout(x, 0.5, self.training)
        return x if self.evaluate else -x

class Flagged(nn.Module):
    def __init__(self, flag):
        super().__init__()
        self.eval = flag

    def forward(self, x):
        return x if self.eval else -x

Net()(Net(), train=False) if False else None
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for node, name, place in mode_conditions(file):
            if name.endswith("()"):
                consequence = "switches the mode and is always true"
            else:
                consequence = f"is a method and so always true; `{name}()` is what switches the mode"
            method = node.func if isinstance(node, ast.Call) else node
            flag = f"{ast.unparse(method.value)}.training" if isinstance(method, ast.Attribute) else ""
            message = self.message.format(source=ast.unparse(node), consequence=consequence, flag=flag or "training")
            fix = self.fix(file, node, flag, name) if flag else None
            yield file.finding(node, message, statement=place.statement, fix=fix)
        for call, source in called_flag(file):
            message = self.message.format(
                source=f"{source}()",
                consequence="raises `TypeError: 'bool' object is not callable`",
                flag=source,
            )
            bare = file.edits.without_end(call.node, call.node.func)
            fix = Fix("Read the flag", bare) if bare else None
            yield file.finding(call.node, message, call.written, statement=call.place.statement, fix=fix)

    def fix(self, file: FileModel, node: ast.expr, flag: str, name: str) -> Fix | None:
        if name == "train":
            return Fix("Read the flag", file.edits.replace(node, flag))
        if name != "eval":
            return None
        return Fix(
            "Read the flag", file.edits.replace(node, f"(not {flag})"), "the branch no longer runs while training"
        )
