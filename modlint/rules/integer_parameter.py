from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.events import Call
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
    fixable = "unsafe"
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
            message = self.message.format(made_by=f"torch.{made_by}")
            yield file.finding(call.node, message, statement=call.place.statement, fix=self.fix(file, call))

    def fix(self, file: FileModel, call: Call) -> Fix | None:
        if len(call.node.args) > 1 or "requires_grad" in call.kwargs:
            return None
        added = file.edits.argument(call.node, "requires_grad=False")
        unsafe = "if its values are to be trained, they must be floating point instead"
        return Fix("Require no gradients", added, unsafe) if added else None
