from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.devices import fixed_devices
from modlint.model.module_class import ModuleClass
from modlint.rule import Example, Rule


class HardCodedDevice(Rule):
    """A Module's `forward` names a device itself: the Module runs nowhere else.

    ## What torch does
    Without that device: `AssertionError: Torch not compiled with CUDA enabled`, or `RuntimeError: Found no NVIDIA driver`. With
    several, or after `.to("cpu")`: `RuntimeError: Expected all tensors to be on the same device`.

    ## When to ignore
    When the code around asks for the device in a way modlint does not see.
    """

    code = "MOD410"
    message = "`{source}` ties `{cls}` to CUDA: it fails on any other device; use the device of the input"
    severity = "warning"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def forward(self, x):
        return x + torch.zeros(4, device="cuda:7")  # MOD410

try:
    Net()(torch.ones(4))
except (AssertionError, RuntimeError):
    failed = True
""",
            symptom="failed",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def forward(self, x):
        mask = torch.zeros(4, device=x.device)
        if torch.cuda.is_available() and x.is_cuda:
            mask = mask.cuda()
        return x * mask

    def to_gpu(self):
        return self.to("cuda")

Net()(torch.ones(4))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for node in fixed_devices(cls):
            yield cls.finding(node, self.message.format(source=ast.unparse(node), cls=cls.name))
