from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modlint.verify.check import Check, Example, Found, NotApplicableError

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class CudaParity(Check):
    """The model gives other results on the GPU than on the CPU.

    ## What torch does
    Small differences are rounding. Larger ones come from a tensor that stayed on the CPU, from a branch on the device, or from uninitialised
    memory.

    ## When to ignore
    When the difference is known and small enough.
    """

    code = "MOD920"
    device = "cuda"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def forward(self, x):  # MOD920
        return x * (2 if x.is_cuda else 1)
"""
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def forward(self, x):
        return x * 2
"""
        ),
    )

    def check(self, subject: Subject) -> Iterator[Found]:
        """Run the same state and inputs on both and compare."""
        from modlint.verify.arguments.outputs import same
        from modlint.verify.conversion import moved

        with subject.quiet():
            module = subject.fresh()
            first, second = (subject.run(module, subject.inputs(), seed=s) for s in (2, 3))
            if not same(first, second, 1e-4, 1e-5):
                raise NotApplicableError("the model gives random results")
            try:
                other = subject.run(module.to("cuda"), moved(subject.inputs(), "cuda"))
            except RuntimeError as error:
                yield Found(f"fails on the GPU: {' '.join(str(error).split())[:200]}", "forward", subject.cls)
                return
        if not same(first, moved(other, "cpu"), 1e-2, 1e-3):
            yield Found("the results on the GPU differ from those on the CPU", "forward", subject.cls)
