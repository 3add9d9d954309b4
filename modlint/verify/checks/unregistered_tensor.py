from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from modlint.verify.check import Check, Example, Found

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class UnregisteredTensor(Check):
    """`forward` computes with a tensor that the Module holds, but has not registered.

    ## What torch does
    `parameters()` and `state_dict()` don't list it, so an optimizer never trains it, a checkpoint loses it, and `.to(device)`
    leaves it behind.

    ## When to ignore
    When `forward` itself takes care of the tensor and its values never have to be saved.
    """

    code = "MOD901"
    partial = True
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = torch.rand(4)  # MOD901

    def forward(self, x):
        return x * self.scale
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = [nn.Parameter(torch.ones(4)) for _ in range(2)]  # MOD901

    def forward(self, x):
        return x * self.weights[0] + self.weights[1]
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
        self.scale = nn.Parameter(torch.rand(4))
        self.register_buffer("shift", torch.rand(4))
        self.steps = torch.arange(4)

    def forward(self, x):
        return x * self.scale + self.shift + self.steps.to(x.device)
"""
        ),
    )

    def check(self, subject: Subject) -> Iterator[Found]:
        """Name each tensor that went into an operation and is neither registered nor computed.

        One that needs no gradient and never meets what is on the model's device does no harm: that is a note.
        """
        told: set[tuple[type, str]] = set()
        met = {mixed.text for mixed in subject.seen.mixed}
        for held in subject.seen.tensors:
            owner = type(held.owner)
            if (owner, held.attribute) in told or (
                id(held.value) in subject.seen.moved and not held.value.requires_grad
            ):
                continue
            told.add((owner, held.attribute))
            kind = "parameter" if held.value.requires_grad else "buffer"
            lost = "an optimizer never trains it" if held.value.requires_grad else "`state_dict()` and `.to()` miss it"
            yield Found(
                f"`forward` computes with `{held.text}`, which is not registered as a {kind}: {lost}",
                held.attribute,
                owner,
                note=not (held.value.requires_grad or f"`{held.text}`" in met),
            )

        for found in self.built(subject.fresh()):
            if found.owner is None or (found.owner, found.attribute) not in told:
                yield found

    def built(self, module: Any) -> Iterator[Found]:
        """Name each tensor that is to be trained and not registered."""
        from modlint.verify.naming import trainable_tensors

        for held in trainable_tensors(module):
            message = (
                f"`{held.text}` requires a gradient and is not registered as a parameter: an optimizer never trains it"
            )
            yield Found(message, held.attribute, type(held.owner))
