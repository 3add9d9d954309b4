from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from modlint.verify.check import Check, Example, Found

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class StateChangedInEval(Check):
    """Running the model in evaluation mode changes its parameters or buffers.

    ## What torch does
    Evaluation then depends on the order of the batches, and evaluating before saving changes the checkpoint.

    ## When to ignore
    When the buffers are a cache, or count calls.
    """

    code = "MOD910"
    severity = "warning"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(4))  # MOD910

    def forward(self, x):
        self.mean += x.detach().mean(0)
        return x - self.mean
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

    def forward(self, x):
        return self.norm(x)
"""
        ),
    )

    def check(self, subject: Subject) -> Iterator[Found]:
        """Compare the state before and after two runs."""
        import torch

        with subject.quiet():
            module = subject.fresh()
            subject.run(module, subject.inputs())
            before = {name: value.clone() for name, value in _state(module)}
            subject.run(module, subject.inputs(seed=5))
            after = dict(_state(module))
        # a flag that the call sets may ask for just this
        asked = re.search(r"\w=True\b", subject.recipe.forward) is not None
        for name, value in before.items():
            if (
                name in after
                and value.shape == after[name].shape
                and not torch.equal(value.nan_to_num(), after[name].nan_to_num())
            ):
                path, _, attribute = name.rpartition(".")
                yield Found(
                    f"running the model in evaluation mode changes `{name}`",
                    attribute,
                    type(module.get_submodule(path)),
                    note=asked,
                )


def _state(module: Any) -> list[tuple[str, Any]]:
    return [*module.named_parameters(), *module.named_buffers()]
