from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from modlint.verify.check import Check, Example, Found

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class NotCopyable(Check):
    """The Module can't be copied with `copy.deepcopy`.

    ## What torch does
    Averaged models, `nn.TransformerEncoder`, schedulers and many trainers copy a model. torch refuses to copy a tensor that was computed from
    parameters and is kept as an attribute: `Only Tensors created explicitly by the user support the deepcopy protocol`.

    ## When to ignore
    When the model holds something that can't be copied by nature, an open connection, say.
    """

    code = "MOD915"
    severity = "warning"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4))
        self.double = self.weight * 2  # MOD915

    def forward(self, x):
        return x * self.double
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
        self.weight = nn.Parameter(torch.ones(4))

    def forward(self, x):
        return x * self.weight * 2
"""
        ),
    )

    def check(self, subject: Subject) -> Iterator[Found]:
        """Copy a new instance."""
        import copy

        module = subject.fresh()
        try:
            copy.deepcopy(module)
        except Exception as error:  # noqa: BLE001  user code may raise anything while it is copied
            attribute, owner = _culprit(module)
            text = " ".join(str(error).split())[:160]
            yield Found(
                f"`copy.deepcopy` of the Module fails{f' on `self.{attribute}`' if attribute else ''}: {type(error).__name__}: {text}",
                attribute,
                owner,
            )


def _culprit(module: Any) -> tuple[str, type]:
    """The attribute whose own copy fails, and the class that has it."""
    import copy

    for owner in module.modules():
        for attribute, value in vars(owner).items():
            if attribute in ("_modules", "_parameters", "_buffers"):
                continue
            try:
                copy.deepcopy(value)
            except Exception:  # noqa: BLE001  this is what is looked for
                return attribute, type(owner)
    return "", type(module)
