from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.events import Call
from modlint.model.index import FileModel
from modlint.model.optimizers import is_parameters_call, optimizers_of_modules
from modlint.rule import Example, Rule


class OptimizerOfModule(Rule):
    """An optimizer is given a Module, or a list of iterators, instead of parameters.

    Write `Adam(model.parameters())`; for several models add lists or give one group for each.

    ## What torch does
    `TypeError: 'Net' object is not iterable`, and for a list `TypeError: optimizer can only optimize Tensors, but one of the
    params is Module.parameters`.

    ## When to ignore
    Never.
    """

    code = "MOD605"
    message = "`{source}` is {kind}, and the optimizer takes parameters: {remedy}"
    asks = "file"
    fixable = "safe"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

optimizer = torch.optim.Adam(Net(), lr=0.1)  # MOD605
""",
            raises="'Net' object is not iterable",
        ),
        Example(
            """
import torch
from torch import nn

first, second = nn.Linear(4, 4), nn.Linear(4, 2)
optimizer = torch.optim.SGD([first.parameters(), second.parameters()], lr=0.1)  # MOD605
""",
            raises="optimizer can only optimize Tensors, but one of the params is Module.parameters",
        ),
    )
    valid = (
        Example(
            """
import itertools

import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

net, head = Net(), nn.Linear(2, 2)
torch.optim.Adam(net.parameters())
torch.optim.Adam([*net.parameters(), *head.parameters()])
torch.optim.Adam(list(net.parameters()) + list(head.parameters()))
torch.optim.Adam(itertools.chain(net.parameters(), head.parameters()))
torch.optim.Adam([net.fc.weight])
params = []
params += net.parameters()
params.extend(head.parameters())
torch.optim.SGD(params, lr=0.1)
torch.optim.SGD([{"params": net.parameters()}, {"params": head.parameters(), "lr": 1.0}], lr=0.1)
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for call, kind, source in optimizers_of_modules(file):
            if kind == "module":
                message = self.message.format(source=source, kind="a Module", remedy=f"write `{source}.parameters()`")
            else:
                message = self.message.format(
                    source=source,
                    kind="an iterator inside a list",
                    remedy=f"write `*{source}` or `{{'params': {source}}}`",
                )
            fix = self.fix(file, call, kind)
            yield file.finding(call.node, message, statement=call.place.statement, fix=fix)

    def fix(self, file: FileModel, call: Call, kind: str) -> Fix | None:
        given = call.node.args[0]
        if kind == "module":
            simple = isinstance(given, (ast.Name, ast.Attribute, ast.Subscript, ast.Call))
            return Fix("Give the parameters", file.edits.after(given, ".parameters()")) if simple else None
        if not isinstance(given, (ast.List, ast.Tuple)):
            return None
        spread = [edit for item in given.elts if is_parameters_call(item) for edit in file.edits.before(item, "*")]
        return Fix("Spread the parameters", tuple(spread)) if spread else None
