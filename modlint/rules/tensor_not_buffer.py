from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.events import Binding
from modlint.model.module_class import ModuleClass
from modlint.model.registration import computed_with
from modlint.model.rewriting import buffer_edits
from modlint.rule import Example, Rule


class TensorNotBuffer(Rule):
    """A constant tensor that `forward` computes with is a plain attribute instead of a buffer.

    Use `self.register_buffer(name, tensor)`, with `persistent=False` where it should not be saved.

    ## What torch does
    On the CPU nothing is said. After `.to("cuda")` the tensor is still on the CPU: `RuntimeError: Expected all tensors to be
    on the same device`; after `.half()` it still is float32. `state_dict()` does not hold it.

    ## When to ignore
    When the Module never leaves the CPU. Tensors with no dimension, tensors used only as an index and tensors that `forward`
    moves itself are not reported: they work on any device.
    """

    code = "MOD203"
    message = "`{attribute}` is a plain tensor that `forward` computes with: `.to()` does not move it and `state_dict()` does not save it; register it as a buffer"
    severity = "warning"
    confidence = "medium"
    fixable = "unsafe"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Normalize(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = torch.tensor([0.5, 0.4, 0.3]).view(1, 3, 1, 1)  # MOD203

    def forward(self, x):
        return x - self.mean
""",
            symptom="not Normalize().state_dict() and Normalize().double().mean.dtype == torch.float32",
        ),
        Example(
            """
import torch
from torch import nn
import torch.nn.functional as F

class Blur(nn.Module):
    def __init__(self, channels):
        super().__init__()
        kernel = torch.ones(channels, 1, 3, 3)
        self.kernel = kernel / kernel.sum()  # MOD203
        self.channels = channels

    def forward(self, x):
        weight = self.kernel
        return F.conv2d(x, weight, groups=self.channels)
""",
            symptom="Blur(2).to('meta').kernel.device.type == 'cpu'",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, names):
        super().__init__()
        self.register_buffer("mean", torch.zeros(3))
        self.moved = torch.ones(3)
        self.typed = torch.ones(3)
        self.eps = torch.tensor(1e-6)
        self.order = torch.tensor([2, 0, 1])
        self.sizes = torch.tensor([1, 2, 3]).tolist()
        self.shaped = torch.ones(3)
        self.cache = None
        self.refreshed = torch.zeros(3)
        self.late = torch.zeros(3)
        self.register_buffer("late_buffer", self.late)

    def forward(self, x):
        x = x[:, self.order] - self.mean
        x = x * self.moved.to(x.device) + self.eps
        self.typed = self.typed.type_as(x)
        self.refreshed = torch.zeros_like(x)
        self.cache = x * self.typed + self.refreshed
        return self.cache.view(-1, self.shaped.shape[0])

Net(["a"])(torch.ones(2, 3))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for binding, tensor in computed_with(cls):
            if not tensor.random or tensor.floating is False:
                message = self.message.format(attribute=binding.attribute)
                yield cls.finding(binding.place.statement, message, binding.written, fix=self.fix(cls, binding))

    def fix(self, cls: ModuleClass, binding: Binding) -> Fix | None:
        """A buffer outside `state_dict`, so that checkpoints saved before still load."""
        registered = buffer_edits(cls, binding)
        unsafe = (
            "a table that meets tensors on the CPU has to stay there, and what is to be trained is a Parameter instead"
        )
        return Fix("Register it as a buffer", registered, unsafe) if registered else None
