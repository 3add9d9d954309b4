from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modlint.verify.check import Check, Example, Found

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class ModuleMadeInForward(Check):
    """A layer with weights, or a dropout, is made anew each time `forward` runs.

    ## What torch does
    Each call draws new weights: nothing is trained, nothing is saved. A new dropout is always in training mode, also after `eval()`.

    ## When to ignore
    Never.
    """

    code = "MOD903"
    partial = True
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def forward(self, x):
        return nn.Linear(4, 4)(x)  # MOD903
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
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return nn.ReLU()(self.fc(x))
"""
        ),
    )

    def check(self, subject: Subject) -> Iterator[Found]:
        """Name each layer that was made while the model ran, and the line that made it."""
        told = set()
        for name, line in subject.seen.made_modules:
            if line in told or not (subject.seen.makes_state(line) or "Drop" in name):
                continue
            told.add(line)
            yield Found(
                f"a `{name}` is made each time the model runs: its weights are neither trained nor saved, and `eval()` does not reach it",
                filename=line.filename,
                line=line.line,
            )
