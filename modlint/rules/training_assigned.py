from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.facts import written
from modlint.model.index import FileModel
from modlint.model.modes import mode_stores
from modlint.rule import Example, Rule


class TrainingAssigned(Rule):
    """`training` is set by hand on a Module that has submodules.

    Call `eval()` or `train()`.

    ## What torch does
    Nothing is said. The flag of this one Module changes; its dropouts and batch normalisations keep their own.

    ## When to ignore
    When only this Module's own `forward` is meant to change.
    """

    code = "MOD503"
    message = "`{owner}.training = {flag}` reaches none of the submodules of `{owner}`: call `{owner}.{remedy}()`"
    severity = "warning"
    asks = "file"
    fixable = "unsafe"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def predict(self, x):
        self.training = False  # MOD503
        return self.drop(x)

net = Net()
x = torch.ones(100)
""",
            symptom="not torch.equal(net.predict(x), x)",
        ),
        Example(
            """
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))
model.training = False  # MOD503
""",
            symptom="model[1].training",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self, training=True):
        super().__init__()
        self.drop = nn.Dropout(0.5)
        self.training = training

    def train(self, mode=True):
        self.training = True if mode else False
        self.drop.train(mode)
        return self

    def freeze(self):
        self.training = False
        for module in self.modules():
            module.training = False

class Leaf(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.training = False

Net().freeze()
Leaf().fc.training = False
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for node, owner, flag, place in mode_stores(file):
            message = self.message.format(owner=owner, flag=flag, remedy="train" if flag else "eval")
            fix = self.fix(file, place.statement, owner, flag)
            yield file.finding(place.statement, message, written(node), fix=fix)

    def fix(self, file: FileModel, statement: ast.stmt, owner: str, flag: bool) -> Fix | None:
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            return None
        called = f"{owner}.{'train' if flag else 'eval'}()"
        return Fix(f"Call `{called}`", file.edits.replace(statement, called), "the submodules change their mode too")
