from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
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
    invalid = (
        Example(
            """
import torch
from torch import nn

act = nn.LeakyReLU(True)  # MOD412
x = torch.tensor([-1.0, 1.0])
""",
            symptom="torch.equal(act(x), x)",
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
            yield file.finding(node, message, statement=call.place.statement)
