from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modlint.verify.check import Check, Example, Found

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class DeviceMixed(Check):
    """A tensor on the CPU meets one on the device that the model was moved to.

    ## What torch does
    On an accelerator torch raises `Expected all tensors to be on the same device`. modlint needs none to see it: it follows where every
    tensor would be.

    ## When to ignore
    When the model is only ever used on the CPU.
    """

    code = "MOD906"
    follows = ("MOD901", "MOD902")
    severity = "warning"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def forward(self, x):
        mask = torch.ones(x.shape[-1])
        return x * mask  # MOD906
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.steps = torch.linspace(0, 1, 4)  # MOD906

    def forward(self, x):
        return x + self.steps
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.noise = torch.distributions.Normal(torch.zeros(4), torch.ones(4))  # MOD906

    def forward(self, x):
        return self.fc(x) + self.noise.sample()
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
        self.register_buffer("steps", torch.linspace(0, 1, 4))
        self.shift = torch.ones(4)

    def forward(self, x):
        mask = torch.ones(x.shape[-1], device=x.device)
        order = torch.arange(x.shape[0])
        kept = torch.empty(x.shape[0], 4)
        kept[:] = x
        return (x * mask + self.steps + self.shift.to(x))[order] + torch.tensor(1.0)
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        host = x.cpu()
        self.largest = float(host.max())
        return self.fc(x)
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        taps = torch.tensor([1.0, 2.0, 3.0, 4.0])
        steps = torch.arange(4, device=taps.device, dtype=taps.dtype)
        return self.fc(x) * (taps * steps).to(x)
"""
        ),
    )

    def check(self, subject: Subject) -> Iterator[Found]:
        """Name each operation that mixes devices."""
        told: set[tuple[str, int, str]] = set()
        plain = {held.text: held for held in subject.seen.tensors}
        for mixed in subject.seen.mixed:
            held = plain.get(mixed.text.strip("`"))
            key = (mixed.filename, mixed.line, "") if held is None else ("", 0, mixed.text)
            if key in told:
                continue
            told.add(key)
            message = f"{mixed.text} is on the CPU and meets tensors on the model's device in `{mixed.operation}`: on a GPU this raises an error"
            if held is not None:
                yield Found(message, held.attribute, type(held.owner))
            else:
                yield Found(message, filename=mixed.filename, line=mixed.line)
