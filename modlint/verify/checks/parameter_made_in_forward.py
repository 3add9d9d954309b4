from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modlint.verify.check import Check, Example, Found

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class ParameterMadeInForward(Check):
    """A parameter is made anew each time the Module runs.

    ## What torch does
    The parameter is no attribute when the optimizer is built, and the next call replaces it: it is never trained.

    ## When to ignore
    Never.
    """

    code = "MOD904"
    partial = True
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def forward(self, x):
        scale = nn.Parameter(torch.ones(4))  # MOD904
        return x * scale
"""
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
        self.scale = nn.Parameter(torch.ones(4))

    def forward(self, x):
        return x * self.scale
"""
        ),
    )

    def check(self, subject: Subject) -> Iterator[Found]:
        """Name each line that made a parameter while the model ran."""
        for line in dict.fromkeys(subject.seen.made_parameters):
            yield Found(
                "a parameter is made each time the model runs, so it is never trained",
                filename=line.filename,
                line=line.line,
            )
