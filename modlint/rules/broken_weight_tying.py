from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.checkpoints import copied_weights
from modlint.model.index import FileModel
from modlint.rule import Example, Rule


class BrokenWeightTying(Rule):
    """Two layers are to share a weight, but only the data is put into the other's parameter.

    Assign the Parameter itself: `self.out.weight = self.emb.weight`.

    ## What torch does
    Nothing is said. There are two parameters with a gradient each, on the same memory for a while: optimizers keep two states
    for it, and a conversion such as `.double()` separates them.

    ## When to ignore
    When the weights are only to start from the same values.
    """

    code = "MOD611"
    message = "`{target}` and `{source}` stay two parameters with a gradient each, and a conversion separates them: write `{target} = {source}`"
    severity = "warning"
    default = False
    asks = "file"
    fixable = "unsafe"
    invalid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(8, 4)
        self.out = nn.Linear(4, 8, bias=False)
        self.out.weight.data = self.emb.weight.data  # MOD611

net = Net().double()
""",
            symptom="net.out.weight.data_ptr() != net.emb.weight.data_ptr()",
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(8, 4)
        self.out = nn.Linear(4, 8, bias=False)
        self.out.weight = nn.Parameter(self.emb.weight)  # MOD611
""",
            symptom="len(list(Net().parameters())) == 2",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(8, 4)
        self.out = nn.Linear(4, 8, bias=False)
        self.out.weight = self.emb.weight
        self.copy = nn.Linear(4, 8, bias=False)
        self.copy.weight.data = self.emb.weight.data.clone()

    def load(self, other):
        self.out.weight.data = other.out.weight.data

Net().load(Net())
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for statement, target, source, place in copied_weights(file):
            message, fix = self.message.format(target=target, source=source), self.fix(file, statement, target, source)
            yield file.finding(statement, message, "weight", statement=place.statement, fix=fix)

    def fix(self, file: FileModel, statement: ast.stmt, target: str, source: str) -> Fix:
        unsafe = "the weights are one parameter from now on, and train as one"
        return Fix("Share the parameter", file.edits.replace(statement, f"{target} = {source}"), unsafe)
