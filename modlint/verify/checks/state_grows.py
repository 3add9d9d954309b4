from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modlint.verify.check import Check, Example, Found

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class StateGrows(Check):
    """Each call leaves more tensors behind in the Module.

    ## What torch does
    A list that every `forward` appends to keeps the tensors, and with them their graphs: memory grows until the process ends.

    ## When to ignore
    When the tensors are kept for a short, bounded time by design.
    """

    code = "MOD917"
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
        self.seen = []  # MOD917

    def forward(self, x):
        x = self.fc(x)
        self.seen.append(x)
        return x
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
        self.last = None

    def forward(self, x):
        self.last = x
        return self.fc(x)
"""
        ),
    )

    def check(self, subject: Subject) -> Iterator[Found]:
        """Count what the attributes hold after several calls."""
        from modlint.verify.naming import counts

        module, sizes = subject.fresh(), []
        for seed in range(4):
            subject.run(module, subject.inputs(seed))
            sizes.append(counts(module))
        for key in sizes[-1]:
            held = [size.get(key, 0) for size in sizes]
            if held[1] < held[2] < held[3]:
                owner, attribute = key
                yield Found(
                    f"`self.{attribute}` holds more tensors after each call: {held[1]}, {held[2]}, {held[3]}",
                    attribute,
                    owner,
                )
