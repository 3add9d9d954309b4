from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.events import Call
from modlint.model.index import FileModel
from modlint.model.norms import fast_norms
from modlint.rule import Example, Rule


class BatchnormMomentum(Rule):
    """A batch normalisation has a momentum near 1, which is the convention of Keras and TensorFlow.

    torch's `momentum` is the share of the new batch, so theirs of 0.99 is `momentum=0.01` here.

    ## What torch does
    Nothing is said. The running mean and variance become those of the last few batches, and evaluation is noisy or wrong.

    ## When to ignore
    When the statistics are meant to follow the last batch.
    """

    code = "MOD506"
    message = "`{layer}` with momentum {momentum} keeps {kept} of its running statistics at each batch: torch counts the new batch's share, so what other frameworks call {momentum} is {kept} here"
    severity = "warning"
    asks = "file"
    fixable = "unsafe"
    invalid = (
        Example(
            """
import torch
from torch import nn

norm = nn.BatchNorm1d(1, momentum=0.99)  # MOD506
norm(torch.tensor([[9.0], [11.0]]))
""",
            symptom="norm.running_mean.item() > 9",
        ),
        Example(
            """
from functools import partial

import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, norm_layer=None):
        super().__init__()
        norm_layer = norm_layer or partial(nn.BatchNorm1d, momentum=0.9)  # MOD506
        self.norm = norm_layer(1)
        self.last = nn.BatchNorm1d(1, 1e-3, 0.95)  # MOD506

net = Net()
net.last(net.norm(torch.tensor([[9.0], [11.0]])))
""",
            symptom="net.norm.running_mean.item() > 8",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self, momentum=0.9):
        super().__init__()
        self.a = nn.BatchNorm1d(4)
        self.b = nn.BatchNorm1d(4, momentum=0.01)
        self.c = nn.BatchNorm1d(4, momentum=None)
        self.d = nn.BatchNorm1d(4, momentum=1.0)
        self.e = nn.BatchNorm1d(4, momentum=1 - momentum)
        self.f = nn.BatchNorm1d(4, momentum=momentum)

Net()
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for call, layer, momentum in fast_norms(file):
            kept = f"{round(1 - momentum, 6):g}"
            message, fix = self.message.format(layer=layer, momentum=momentum, kept=kept), self.fix(file, call, kept)
            yield file.finding(call.node, message, statement=call.place.statement, fix=fix)

    def fix(self, file: FileModel, call: Call, kept: str) -> Fix | None:
        given = [k.value for k in call.node.keywords if k.arg == "momentum"]
        if len(given) != 1 or not isinstance(given[0], ast.Constant):
            return None
        unsafe = "a trained model has got used to the statistics that it was evaluated with"
        return Fix("Write torch's momentum", file.edits.replace(given[0], kept), unsafe)
