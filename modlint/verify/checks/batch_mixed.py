from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modlint.verify.check import Check, Example, Found

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class BatchMixed(Check):
    """In evaluation mode the result for one sample depends on the other samples of the batch.

    ## What torch does
    What the model says about a sample changes with its neighbours, so scores can't be reproduced one by one.

    ## When to ignore
    When the Module is meant to compare samples, as contrastive losses do; this check is a note and never fails a run.
    """

    code = "MOD912"
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

    def forward(self, x):  # MOD912
        return self.fc(x) - self.fc(x).mean(0)
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
        """See whether the first sample's result has a gradient with respect to the second sample."""
        from modlint.verify.gradients import mixes_batch

        if mixes_batch(subject):
            yield Found(
                "the result for one sample depends on the others of the batch", "forward", subject.cls, note=True
            )
