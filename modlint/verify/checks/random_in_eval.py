from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modlint.verify.check import Check, Example, Found

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class RandomInEval(Check):
    """The model gives random results in evaluation mode.

    ## What torch does
    A dropout that is called without `training=self.training`, or that `eval()` doesn't reach, goes on dropping. Metrics then differ from
    run to run, and are worse than they should be.

    ## When to ignore
    When randomness is the purpose: augmentation, sampling, noise of a diffusion model.
    """

    code = "MOD909"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(nn.functional.dropout(x))  # MOD909
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, dropout=0.):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.dropout = dropout

    def forward(self, x):
        return nn.functional.scaled_dot_product_attention(self.fc(x), x, x, dropout_p=self.dropout)  # MOD909
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
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(self.fc(x))
"""
        ),
    )

    def check(self, subject: Subject) -> Iterator[Found]:
        """Look for dropouts that are active in evaluation mode; other randomness is a note."""
        from modlint.verify.arguments.outputs import same
        from modlint.verify.dropping import active_dropouts

        found = False
        for name, line in active_dropouts(subject):
            found = True
            yield Found(
                f"`{name}` is active in evaluation mode: `eval()` does not switch it off",
                filename=line.filename,
                line=line.line,
            )
        if found:
            return
        with subject.quiet():
            module, call = subject.fresh(), subject.inputs()
            subject.run(module, call)
            first, second = subject.run(module, call, seed=2), subject.run(module, call, seed=3)
        if not same(first, second, 1e-4, 1e-5):
            yield Found("the results are random in evaluation mode", "forward", subject.cls, note=True)
