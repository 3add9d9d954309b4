from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.index import FileModel
from modlint.model.registration import integer_parameters
from modlint.rule import Example, Rule


class IntegerParameter(Rule):
    """An `nn.Parameter` is made of an integer or boolean tensor.

    ## What torch does
    `RuntimeError: Only Tensors of floating point and complex dtype can require gradients`.

    ## When to ignore
    Never. Use a float tensor, `requires_grad=False`, or a buffer.
    """

    code = "MOD207"
    message = "`nn.Parameter` of an integer tensor (`{made_by}`): torch raises RuntimeError, as only floating point tensors can require gradients"
    asks = "file"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.order = nn.Parameter(torch.tensor([2, 0, 1]))  # MOD207

Net()
""",
            raises="floating point and complex dtype can require gradients",
        ),
        Example(
            """
import torch
from torch import nn

counts = nn.Parameter(torch.zeros(3, dtype=torch.long))  # MOD207
""",
            raises="floating point and complex dtype can require gradients",
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
        self.order = nn.Parameter(torch.tensor([2, 0, 1]), requires_grad=False)
        self.scale = nn.Parameter(torch.tensor([2, 0.5]))
        self.steps = nn.Parameter(torch.arange(4).float())
        self.zeros = nn.Parameter(torch.zeros(3))

Net()
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for call, tensor in integer_parameters(file):
            made_by = tensor.made_by.rpartition("torch.")[2]
            yield file.finding(
                call.node, self.message.format(made_by=f"torch.{made_by}"), statement=call.place.statement
            )
