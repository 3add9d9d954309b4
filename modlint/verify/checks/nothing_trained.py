from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modlint.verify.check import Check, Example, Found

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class NothingTrained(Check):
    """The result is cut off from all parameters: none of them gets a gradient.

    ## What torch does
    `loss.backward()` raises `element 0 of tensors does not require grad`, or runs without a word where the result was made a new leaf
    (`detach().requires_grad_()`, `torch.tensor(y.tolist(), requires_grad=True)`): the parameters never change.

    ## When to ignore
    When the Module is only used for inference.
    """

    code = "MOD922"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    @torch.no_grad()
    def forward(self, x):
        return self.fc(x)  # MOD922
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
        y = self.fc(x).relu()
        return y.detach().requires_grad_(True)  # MOD922
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
        y = self.fc(x)
        return torch.tensor(y.tolist(), requires_grad=True)  # MOD922
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
        scores = self.fc(x).data  # MOD922
        return scores * 2
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
        self.scale = nn.Linear(4, 4)

    def forward(self, x):
        with torch.no_grad():
            scale = self.scale(x)
        return self.fc(x) * scale
"""
        ),
        Example(
            """
import torch
from torch import nn

class Frozen(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        for p in self.parameters():
            p.requires_grad = False

    def forward(self, x):
        return self.fc(x)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.eval()

    @torch.no_grad()
    def forward(self, x):
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
        return torch.distributions.Normal(self.fc(x), 1.0).sample()
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
        return (self.fc(x) > 0).float()
"""
        ),
    )

    def check(self, subject: Subject) -> Iterator[Found]:
        """Follow what is computed from the parameters to the results."""
        from modlint.verify.lineage import is_for_inference, lost_gradient

        cut = lost_gradient(subject)
        if cut is None or is_for_inference(subject.cls):
            return
        how = "runs without gradients (`torch.no_grad`)" if cut.by == "no_grad" else f"is cut off by `{cut.by}`"
        text = f"the result {how}: no parameter gets a gradient, so nothing is trained"
        if cut.line:
            yield Found(text, filename=cut.filename, line=cut.line)
        else:
            yield Found(text, "forward", subject.cls)
