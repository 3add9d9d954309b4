from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modlint.verify.check import Check, Example, Found

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class UnusedParameter(Check):
    """A parameter gets no gradient when the model runs.

    ## What torch does
    The optimizer holds and never changes it. `DistributedDataParallel` waits for its gradient in vain:
    `Expected to have finished reduction in the prior iteration`.

    ## When to ignore
    When another mode or another input uses the parameter; this check is a note and never fails a run.
    """

    code = "MOD907"
    severity = "info"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.spare = nn.Linear(4, 4)  # MOD907

    def forward(self, x):
        return self.fc(x)
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
        return self.fc(x)
"""
        ),
    )

    def check(self, subject: Subject) -> Iterator[Found]:
        """Run backward from a weighted sum of the outputs, and look for parameters without a gradient."""
        from modlint.verify.gradients import without_gradient

        for owner, attribute, name in without_gradient(subject):
            yield Found(f"`{name}` gets no gradient in the run that was tried", attribute, owner, note=True)
