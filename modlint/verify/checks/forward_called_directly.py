from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modlint.verify.check import Check, Example, Found

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class ForwardCalledDirectly(Check):
    """A submodule's `forward` is called directly instead of the submodule.

    ## What torch does
    Hooks don't run: neither those of the user nor those of `weight_norm`, pruning, FSDP, profilers and feature extractors.

    ## When to ignore
    When hooks must not run, in a wrapper that calls them itself.
    """

    code = "MOD916"
    partial = True
    severity = "warning"
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
        return self.fc.forward(x)  # MOD916
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
        """Name each line that called a ``forward`` past ``__call__``."""
        told = set()
        for path, line in subject.seen.direct_calls:
            if line not in told:
                told.add(line)
                yield Found(
                    f"`{path}.forward(…)` is called directly, so hooks on `{path}` do not run",
                    filename=line.filename,
                    line=line.line,
                )
