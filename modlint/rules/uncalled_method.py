from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.index import FileModel
from modlint.model.training_loop import uncalled_methods
from modlint.rule import Example, Rule


class UncalledMethod(Rule):
    """A method of a model, loss or optimizer is named but not called.

    Write the parentheses: `model.eval()`.

    ## What torch does
    As a statement it does nothing, and nothing is said: the mode stays, no gradient is computed, no step is taken.
    `Adam(model.parameters)` raises `TypeError: 'method' object is not iterable`. `torch.save(model.state_dict, f)` pickles the
    method, and loading fails.

    ## When to ignore
    When the attribute is a property that does something.
    """

    code = "MOD604"
    message = "`{source}` without `()` {consequence}: write `{source}()`"
    asks = "file"
    fixable = "safe"
    invalid = (
        Example(
            """
from torch import nn

model = nn.Dropout(0.5)
model.eval  # MOD604
""",
            symptom="model.training",
        ),
        Example(
            """
import torch
from torch import nn

def train(model, optimizer, x):
    optimizer.zero_grad  # MOD604
    loss = model(x).sum()
    loss.backward  # MOD604
    optimizer.step  # MOD604

model = nn.Linear(4, 2)
before = model.weight.clone()
train(model, torch.optim.SGD(model.parameters(), lr=0.1), torch.ones(1, 4))
""",
            symptom="torch.equal(model.weight, before)",
        ),
        Example(
            """
import torch
from torch import nn

model = nn.Linear(4, 2)
optimizer = torch.optim.Adam(model.parameters)  # MOD604
""",
            raises="'method' object is not iterable",
        ),
        Example(
            """
import io

import torch
from torch import nn

file = io.BytesIO()
torch.save(nn.Linear(4, 2).state_dict, file)  # MOD604
file.seek(0)
torch.load(file)
""",
            raises="Weights only load failed",
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
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        self.weight
        self.fc.weight
        return self.fc(x)

    @property
    def weight(self):
        return self.fc.weight

def probe(model, callbacks):
    try:
        model.eval
    except AttributeError:
        return None
    callbacks.append(model.train)
    return getattr(model, "step", None)

probe(Net(), [])
Net()(torch.ones(1, 4)).sum().backward()
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for node, source, consequence, place in uncalled_methods(file):
            message = self.message.format(source=source, consequence=consequence)
            fix = self.fix(file, node)
            yield file.finding(node, message, source.rpartition(".")[2], statement=place.statement, fix=fix)

    def fix(self, file: FileModel, node: ast.expr) -> Fix | None:
        """Call it, unless it is a method that needs an argument."""
        if isinstance(node, ast.Attribute) and node.attr in ("to", "apply", "add_param_group"):
            return None
        return Fix("Call it", file.edits.after(node, "()"))
