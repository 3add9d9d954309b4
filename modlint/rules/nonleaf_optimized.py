from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.index import FileModel
from modlint.model.optimizers import computed_targets
from modlint.rule import Example, Rule


class NonleafOptimized(Rule):
    """An optimizer is given a tensor that was computed from another one that requires a gradient.

    Do the operation first: `torch.randn(4, device=device, requires_grad=True)`, or `(0.1 * torch.randn(4)).requires_grad_()`.

    ## What torch does
    `ValueError: can't optimize a non-leaf Tensor`.

    ## When to ignore
    When the operation changes nothing (`.to(device)` to the device where the tensor is).
    """

    code = "MOD608"
    message = "`{source}` is computed from a tensor that requires a gradient, so it is no leaf and the optimizer refuses it: set `requires_grad` last"
    asks = "file"
    invalid = (
        Example(
            """
import torch

latent = torch.randn(4, requires_grad=True) * 0.1
optimizer = torch.optim.Adam([latent], lr=0.1)  # MOD608
""",
            raises="can't optimize a non-leaf Tensor",
        ),
        Example(
            """
import torch
from torch import nn

def start(dtype):
    weight = nn.Parameter(torch.randn(4)).to(dtype)
    return torch.optim.SGD([weight], lr=0.1)  # MOD608

start(torch.float64)
""",
            raises="can't optimize a non-leaf Tensor",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

latent = (torch.randn(4) * 0.1).requires_grad_()
image = torch.randn(4, requires_grad=True)
weight = nn.Parameter(torch.randn(4).double())
moved = torch.randn(4, requires_grad=True).to("cpu")
fresh = (image * 2).detach().requires_grad_()
optimizer = torch.optim.Adam([latent, image, weight, moved, fresh], lr=0.1)
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for call, source in computed_targets(file):
            yield file.finding(call.node, self.message.format(source=source), statement=call.place.statement)
