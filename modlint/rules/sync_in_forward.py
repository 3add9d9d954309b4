from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.tensor_habits import synchronising
from modlint.rule import Example, Rule


class SyncInForward(Rule):
    """`forward` takes a tensor's value to Python: the program waits for the device each time.

    ## What torch does
    `.item()`, `.tolist()` and `.cpu()` wait until the device has finished all it was given. `torch.compile` breaks its graph there, and
    `torch.export` and the meta device refuse: `Tensor.item() cannot be called on meta tensors`.

    ## When to ignore
    When the value is needed in Python and the cost does not matter.
    """

    code = "MOD416"
    message = "`{source}` in `{method}` waits for the device and breaks the graph of `torch.compile`: keep the value in a tensor"
    severity = "info"
    default = False
    invalid = (
        Example(
            """
import torch
from torch import nn

class Scale(nn.Module):
    def forward(self, x):
        return x / x.abs().max().item()  # MOD416

Scale()(torch.ones(4, device="meta"))
""",
            raises="cannot be called on meta tensors",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Scale(nn.Module):
    def forward(self, x, config):
        size = config.item()
        return x / x.abs().max() * size

    def report(self, x):
        return self(x).mean().item()

class Config:
    def item(self):
        return 2

Scale()(torch.ones(4), Config())
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for node, method in synchronising(cls):
            yield cls.finding(node, self.message.format(source=ast.unparse(node), method=method))
