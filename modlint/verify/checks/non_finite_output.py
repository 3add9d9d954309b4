from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from modlint.verify.check import Check, Example, Found

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class NonFiniteOutput(Check):
    """The results hold NaN or infinity for ordinary inputs.

    ## What torch does
    The first optimizer step writes NaN into every weight. Usual causes are a parameter made of uninitialised memory, a division by
    zero, or the logarithm of a negative number.

    ## When to ignore
    When infinity is part of the result on purpose, in a mask of scores, say.
    """

    code = "MOD908"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):  # MOD908
        return torch.log(self.fc(x))
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
        """Look for NaN in the results of several random inputs; infinities alone are a note.

        So is NaN that values between 0 and 1 don't give: a logarithm or a root is not made for the others.
        """
        from modlint.verify.conversion import between

        with subject.quiet():
            calls = [subject.inputs(seed) for seed in (1, 11, 12)]
            found = [_not_finite(subject.run(subject.module, call)) for call in (*calls, between(calls[0]))]
        if all(nan for nan, _ in found):
            yield Found("the results hold NaN for random inputs", "forward", subject.cls)
        elif any(nan or infinite for nan, infinite in found[:-1]):
            yield Found("the results hold NaN or infinity for some random inputs", "forward", subject.cls, note=True)


def _not_finite(result: Any) -> tuple[bool, bool]:
    """Whether a result has a NaN, and whether it has an infinity."""
    from modlint.verify.arguments.outputs import tensors

    floats = [
        t for t in tensors(result) if t.is_floating_point() and not t.is_sparse and str(t.layout) == "torch.strided"
    ]
    return any(bool(t.isnan().any()) for t in floats), any(bool(t.isinf().any()) for t in floats)
