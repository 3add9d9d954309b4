from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.containers import called_containers
from modlint.model.index import FileModel
from modlint.rule import Example, Rule


class ModulelistCalled(Rule):
    """A `ModuleList` or `ModuleDict` is called like a layer.

    ## What torch does
    `NotImplementedError: Module [ModuleList] is missing the required "forward" function`.

    ## When to ignore
    Never. Loop over it, or use `nn.Sequential`.
    """

    code = "MOD304"
    message = "`{callee}` is a {kind}, which has no `forward`: torch raises NotImplementedError; {remedy}"
    asks = "file"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])

    def forward(self, x):
        return self.layers(x)  # MOD304

Net()(torch.ones(1, 4))
""",
            raises="Module [ModuleList] is missing the required",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Chain(nn.ModuleList):
    def forward(self, x):
        for layer in self:
            x = layer(x)
        return x

class Net(nn.Module):
    def __init__(self, deep=True):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])
        self.chain = Chain([nn.Linear(4, 4)])
        if deep:
            self.head = nn.Sequential(nn.Linear(4, 4))
        else:
            self.head = nn.ModuleList([nn.Linear(4, 4)])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.head(self.chain(self.layers[0](x)))

Net()(torch.ones(1, 4))
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for call, kind in called_containers(file):
            remedy = "loop over its layers" if kind == "ModuleList" else "call one of its layers by key"
            message = self.message.format(callee=ast.unparse(call.node.func), kind=kind, remedy=remedy)
            yield file.finding(call.node, message, statement=call.place.statement)
