from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modlint.verify.check import Check, Example, Found

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class ModeNotSwitched(Check):
    """`train()` or `eval()` does not return the Module or does not reach all parts of it.

    ## What torch does
    `model = Net().eval()` makes the model None where `train` returns nothing. A part that stays in training mode goes on dropping
    and updating statistics during evaluation.

    ## When to ignore
    When a part is frozen on purpose: one that stays in evaluation mode is not reported.
    """

    code = "MOD913"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def train(self, mode=True):  # MOD913
        super().train(mode)

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
        self.norm = nn.BatchNorm1d(4)

    def train(self, mode=True):
        super().train(mode)
        self.norm.eval()
        return self

    def forward(self, x):
        return self.norm(x)
"""
        ),
    )

    def check(self, subject: Subject) -> Iterator[Found]:
        """Switch the mode and look at every part."""
        module = subject.fresh()
        owner = next((c for c in type(module).__mro__ if "train" in vars(c)), type(module))
        for method in ("train", "eval"):
            try:
                returned = getattr(module, method)()
            except TypeError as error:
                yield Found(f"`{method}()` fails: {' '.join(str(error).split())}", "train", owner)
                return
            if returned is not module:
                yield Found(
                    f"`{method}()` returns {type(returned).__name__ if returned is not None else 'None'} and not the Module",
                    "train",
                    owner,
                )
                return
        module.eval()
        stuck = [name or "the Module itself" for name, part in module.named_modules() if part.training]
        if stuck:
            yield Found(
                f"`eval()` leaves {stuck[0] if stuck[0].startswith('the') else f'`{stuck[0]}`'} in training mode",
                "train",
                owner,
            )
