from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from modlint.verify.check import Check, Example, Found

if TYPE_CHECKING:
    import torch

    from modlint.verify.subject import Subject

IDENTITY: Final = "nn.Identity()"


class InputModified(Check):
    """The model changes a tensor in place that it was given.

    ## What torch does
    The caller's data is different after the call: the next epoch, another model or the loss sees changed values; where the tensor is needed
    for a gradient torch raises `modified by an inplace operation`.

    ## When to ignore
    When the documentation says that the input is overwritten.
    """

    code = "MOD911"
    severity = "warning"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def forward(self, x):  # MOD911
        x += 1
        return x * 2
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
        x = x + 1
        x += 1
        return x
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, fn):
        super().__init__()
        self.fn = fn

    def forward(self, x):
        inputs = x
        x = self.fn(x)
        x += inputs
        return x
"""
        ),
    )

    def check(self, subject: Subject) -> Iterator[Found]:
        """Compare the inputs before and after the call."""
        changed = _changed(subject)
        if changed is not None and IDENTITY in subject.recipe.constructor:
            # what is computed from the layer that stands in must be another tensor than its input, as with most layers
            text = subject.recipe.constructor.replace(IDENTITY, "nn.LeakyReLU(1.0)")
            changed = _changed(subject.like(replace(subject.recipe, constructor=text)))
        if changed is not None:
            yield Found(
                f"the call changes its input `{str(changed.dtype).removeprefix('torch.')}{list(changed.shape)}` in place",
                "forward",
                subject.cls,
            )


def _changed(subject: Subject) -> torch.Tensor | None:
    """The first input that the call changes."""
    import torch

    from modlint.verify.arguments.outputs import tensors

    with subject.quiet():
        call = subject.inputs()
        given = [t for t in tensors(call) if t.layout == torch.strided and not t.is_inference()]
        before = [(t, t.clone()) for t in given]
        subject.run(subject.fresh(), call)
    return next(
        (t for t, copy in before if t.shape != copy.shape or not torch.equal(t.nan_to_num(), copy.nan_to_num())), None
    )
