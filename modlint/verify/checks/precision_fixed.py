from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modlint.verify.check import Check, Example, Found

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class PrecisionFixed(Check):
    """The model fails after `.double()` although it runs in float32.

    ## What torch does
    Somewhere a tensor is made in float32 whatever the model's type, and torch raises `expected m1 and m2 to have the same dtype`. The same
    line fails under `.half()` and `.bfloat16()`.

    ## When to ignore
    When the model is only ever used in float32; this check is a note and never fails a run.
    """

    code = "MOD914"
    follows = ("MOD901", "MOD902")
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

    def forward(self, x):  # MOD914
        return self.fc(torch.ones(2, 4)) + x
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
        return self.fc(torch.ones(2, 4, dtype=x.dtype)) + x
"""
        ),
    )

    def check(self, subject: Subject) -> Iterator[Found]:
        """Run the model in double precision."""
        from modlint.verify.conversion import in_double

        module = subject.fresh().double()
        try:
            with subject.quiet():
                subject.run(module, in_double(subject.inputs()))
        except RuntimeError as error:
            text = " ".join(str(error).split())
            if "dtype" in text or "type" in text:
                yield Found(f"fails after `.double()`: {text[:160]}", "forward", subject.cls, note=True)
