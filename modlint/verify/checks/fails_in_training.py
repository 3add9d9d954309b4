from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modlint.verify.check import Check, Example, Found

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class FailsInTraining(Check):
    """Evaluation runs, and a step of training, or the one after it, raises an error.

    ## What torch does
    Code below `if self.training:` runs in training mode only. A tensor that is kept with its graph is used again by the next step:
    `Trying to backward through the graph a second time`, or `modified by an inplace operation` once the optimizer has changed the
    parameters.

    ## When to ignore
    When the Module is never trained.
    """

    code = "MOD921"
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
        if self.training:
            x = x + self.noise.sample()  # MOD921
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
        if self.training:
            x = x + torch.rand(3)  # MOD921
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
        self.cell = nn.Linear(8, 4)
        self.state = torch.zeros(4)  # MOD921

    def forward(self, x):
        state = self.state.expand(*x.shape[:-1], 4)
        y = torch.tanh(self.cell(torch.cat([x[..., :4], state], -1)))
        self.state = y.flatten(0, -2).mean(0)
        return y
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(4, 4))
        self.scaled = self.weight.softmax(0)  # MOD921

    def forward(self, x):
        return x @ self.scaled
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
        self.norm = nn.BatchNorm1d(4)
        self.last = None

    def forward(self, x):
        if self.training:
            x = x + torch.rand_like(x)
        x = self.fc(x)
        self.last = x
        return self.norm(x)
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

    def forward(self, x, targets=None):
        if self.training:
            return (self.fc(x) - targets).square().mean()
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

    def forward(self, x, targets=None):
        if self.training and targets is None:
            raise ValueError("targets are needed in training")
        return self.fc(x)
"""
        ),
    )

    def check(self, subject: Subject) -> Iterator[Found]:
        """Run two steps of training; only an error that no made-up input can be blamed for is a finding."""
        from modlint.verify.training import CARRIED, failing_step, keeps_graph

        failed = failing_step(subject)
        if failed is None:
            return
        step, module = failed
        text = f"{step.what} raises an error: {step.message}"
        kept = keeps_graph(module) if CARRIED.search(step.message) else None
        if kept is not None:
            owner, attribute, is_buffer = (
                kept  # a buffer is how generation keeps what it has computed, without gradients
            )
            yield Found(
                f"`self.{attribute}` keeps the graph of an earlier step: {text}", attribute, owner, note=is_buffer
            )
        elif step.frame is not None:
            yield Found(text, filename=step.frame.filename, line=step.frame.line)
        else:
            yield Found(text, "forward", subject.cls)
