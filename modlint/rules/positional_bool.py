from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.events import Call
from modlint.model.given import misplaced_booleans
from modlint.model.index import FileModel
from modlint.rule import Example, Rule


class PositionalBool(Rule):
    """A layer gets `True` or `False` at a place where it takes a number: another argument was meant.

    ## What torch does
    Python counts `True` as 1 and `False` as 0. `nn.LeakyReLU(True)` has slope 1 and does nothing, `nn.Dropout(True)` drops
    everything, `nn.LSTM(8, 8, 1, True)` is asked for a bias and not for `batch_first`, `nn.BatchNorm2d(8, False)` has `eps=0`.

    ## When to ignore
    Never: write the number, or name the argument.
    """

    code = "MOD412"
    message = "`{value}` is given to `{argument}` of `{layer}`, which takes it as the number {number}; {remedy}"
    asks = "file"
    fixable = "safe or unsafe"
    invalid = (
        Example(
            """
import torch
from torch import nn

act = nn.LeakyReLU(True)  # MOD412
x = torch.tensor([-1.0, 1.0])
""",
            symptom="act.negative_slope == 1 and torch.equal(act(x), x)",
        ),
        Example(
            """
import torch
from torch import nn

rnn = nn.GRU(4, 8, True)  # MOD412
drop = nn.Dropout(True)  # MOD412
x = torch.ones(3)
""",
            symptom="not rnn.batch_first and not drop(x).any()",
        ),
        Example(
            """
import torch
from torch import nn

norm = nn.BatchNorm2d(4, False)  # MOD412
norm(torch.ones(2, 4, 2, 2))
""",
            raises="eps must be positive",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Scale(nn.Module):
    def __init__(self, on):
        super().__init__()
        self.on = on

net = nn.Sequential(
    nn.ReLU(True),
    nn.LeakyReLU(0.2, True),
    nn.Dropout(0.5, True),
    nn.Linear(4, 4, False),
    nn.LSTM(4, 4, 1, True, True),
)
Scale(True)
nn.Upsample(None, 2, "bilinear", True)
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for call, node, value, layer, argument, meant in misplaced_booleans(file):
            remedy = f"write `{meant}={value}`" if meant else "name the argument that is meant"
            message = self.message.format(value=value, argument=argument, layer=layer, number=int(value), remedy=remedy)
            fix = self.fix(file, call, node, layer, meant)
            yield file.finding(node, message, statement=call.place.statement, fix=fix)

    def fix(self, file: FileModel, call: Call, node: ast.expr, layer: str, meant: str) -> Fix | None:
        """Name the argument that is meant, where it is the last one given by place."""
        if not meant or call.spread or call.node.args[-1] is not node or meant in call.kwargs:
            return None
        unsafe = None if meant == "inplace" and "Dropout" not in layer else "another argument can be meant"
        return Fix(f"Name the argument `{meant}`", file.edits.before(node, f"{meant}="), unsafe)
