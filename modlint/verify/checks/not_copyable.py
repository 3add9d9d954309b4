from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from modlint.verify.check import Check, Example, Found

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class NotCopyable(Check):
    """The Module can't be copied with `copy.deepcopy`, or holds something that can't be pickled.

    ## What torch does
    Averaged models, `nn.TransformerEncoder`, schedulers and many trainers copy a model. torch refuses to copy a tensor that was computed from
    parameters and is kept as an attribute: `Only Tensors created explicitly by the user support the deepcopy protocol`. A lambda, an inner
    function or a lock among the attributes can be copied and not pickled: `torch.save(model)` and processes that are sent the model fail.
    That is a note.

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
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.act = lambda x: x * torch.sigmoid(x)  # MOD915

    def forward(self, x):
        return self.act(self.fc(x))
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
            return
        for attribute, owner, text in _unpicklable(module):
            message = f"`self.{attribute}` can't be pickled, so neither can the Module: {text}"
            yield Found(message, attribute, owner, note=True)


def _unpicklable(module: Any) -> Iterator[tuple[str, type, str]]:
    """The attributes that can't be pickled wherever the class is defined, each with the class that has it and why."""
    import pickle

    import torch

    for owner in module.modules():
        for attribute, value in vars(owner).items():
            if attribute.startswith("_") or isinstance(value, (torch.Tensor, str, int, float, type)) or value is None:
                continue
            try:
                pickle.dumps(value)
            except Exception as error:  # noqa: BLE001  user code may raise anything while it is pickled
                text = " ".join(str(error).split())[:160]
                if re.search(r"local object|<lambda>|cannot pickle", text):
                    yield attribute, type(owner), text


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
