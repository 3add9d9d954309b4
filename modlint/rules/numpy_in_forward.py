from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.tensor_habits import through_numpy
from modlint.rule import Example, Rule


class NumpyInForward(Rule):
    """`forward` leaves torch for numpy.

    ## What torch does
    No gradient goes through numpy: for a tensor that needs one, `RuntimeError: Can't call numpy() on Tensor that requires grad. Use
    tensor.detach().numpy() instead.` On a GPU the tensor has to be copied first, and `torch.compile` breaks its graph there.

    ## When to ignore
    When neither gradients nor speed matter there.
    """

    code = "MOD417"
    message = "`{source}` leaves torch in `{method}`: no gradient flows back, and the device has to wait"
    severity = "warning"
    confidence = "medium"
    default = False
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
        return torch.from_numpy(self.fc(x).numpy())  # MOD417

try:
    Net()(torch.ones(1, 4))
except RuntimeError:
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
try:
    import numpy as np
except ImportError:
    import math as np

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x) / np.sqrt(x.shape[-1]) * np.prod([1, 2])

    def export(self, x):
        return self(x).detach().numpy()

Net()(torch.ones(1, 4))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for node, method in through_numpy(cls):
            yield cls.finding(node, self.message.format(source=ast.unparse(node), method=method))
