from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.events import Call
from modlint.model.index import FileModel
from modlint.model.optimizers import exhausted_parameters
from modlint.rule import Example, Rule


class ExhaustedParameters(Rule):
    """The iterator that `parameters()` gives is used twice.

    Keep `list(model.parameters())`, or call `parameters()` again.

    ## What torch does
    An iterator is empty after its first use. An optimizer raises `ValueError: optimizer got an empty parameter list`; gradient
    clipping and loops do nothing, at most with a warning.

    ## When to ignore
    Never.
    """

    code = "MOD607"
    preview = True
    message = "`{source}` is an iterator that is already used up {when}: keep `list({source})`"
    asks = "file"
    fixable = "safe"
    invalid = (
        Example(
            """
import torch
from torch import nn

model = nn.Linear(4, 2)
params = model.parameters()
count = sum(p.numel() for p in params)
optimizer = torch.optim.SGD(params, lr=0.1)  # MOD607
""",
            raises="optimizer got an empty parameter list",
        ),
        Example(
            """
import torch
from torch import nn

model = nn.Linear(4, 2)
params = model.parameters()
norms = []
for _ in range(2):
    model(torch.ones(1, 4)).sum().backward()
    norms.append(torch.nn.utils.clip_grad_norm_(params, 1.0))  # MOD607
""",
            symptom="norms[0].item() > 0 and norms[1].item() == 0",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

model = nn.Linear(4, 2)
kept = list(model.parameters())
optimizer = torch.optim.SGD(kept, lr=0.1)
for _ in range(2):
    torch.nn.utils.clip_grad_norm_(kept, 1.0)
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    params = model.parameters()
    torch.nn.utils.clip_grad_norm_(params, 1.0)

def optimizer_of(model, name):
    params = model.parameters()
    if name == "sgd":
        return torch.optim.SGD(params, lr=0.1)
    if name == "adam":
        optimizer = torch.optim.Adam(params)
    else:
        optimizer = torch.optim.AdamW(params)
    return optimizer

optimizer_of(nn.Linear(4, 2), "adam")
optimizer_of(model, "sgd")
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for place, source, repeated, call in exhausted_parameters(file):
            when = "after the first turn of the loop" if repeated else "here"
            message, fix = self.message.format(source=source, when=when), self.fix(file, call)
            yield file.finding(place.statement, message, statement=place.statement, fix=fix)

    def fix(self, file: FileModel, call: Call) -> Fix | None:
        """Keep the parameters in a list, where the iterator is given its name."""
        statement = call.place.statement
        if not isinstance(statement, ast.Assign) or statement.value is not call.node:
            return None
        return Fix("Keep a list", file.edits.wrap(call.node, "list"))
