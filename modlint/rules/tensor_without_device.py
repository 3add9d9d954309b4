from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.devices import unplaced_tensors
from modlint.model.events import Call
from modlint.model.module_class import ModuleClass
from modlint.rule import Example, Rule


class TensorWithoutDevice(Rule):
    """A tensor made while the Module runs is on the CPU, and meets one that is where the Module is.

    ## What torch does
    On the CPU all goes well. On another device: `RuntimeError: Expected all tensors to be on the same device, but found at least two
    devices, cuda:0 and cpu!`.

    ## When to ignore
    When the Module only ever runs on the CPU, or under `torch.set_default_device`.
    """

    code = "MOD409"
    message = "`{call}` is made on the CPU and meets `{other}`: on another device this raises RuntimeError; pass `device={given}.device`"
    severity = "warning"
    confidence = "medium"
    fixable = "unsafe"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Positions(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        steps = torch.arange(x.size(-1)).unsqueeze(0)  # MOD409
        return self.fc(x) + steps

Positions().to("meta")(torch.ones(2, 4, device="meta"))
""",
            raises="not on the expected device meta",
        ),
        Example(
            """
import torch
from torch import nn

class Pad(nn.Module):
    def forward(self, x):
        return torch.cat([x.float(), torch.zeros(x.shape[0], 1)], dim=1)  # MOD409

Pad().to("meta")(torch.ones(2, 4, device="meta"))
""",
            raises="is not on the expected device meta",
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

    def forward(self, x):
        x = self.fc(x)
        x = x + torch.zeros(4, device=x.device) + torch.ones(4).to(x)
        x = x + torch.tensor(1.0) + x.new_zeros(4)
        order = torch.arange(4)
        x = x[:, order]
        mask = torch.zeros(4)
        mask = mask.to(x.device)
        shift = torch.zeros(1)
        if x.is_cuda:
            shift = shift.cuda()
        sizes = torch.tensor([1, 2]).tolist()
        return x * mask + shift + sum(sizes)

Net()(torch.ones(2, 4))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for call, other, given in unplaced_tensors(cls):
            message = self.message.format(call=ast.unparse(call.node), other=other, given=given or other)
            fix = self.fix(cls, call, given)
            yield cls.finding(call.node, message, statement=call.place.statement, fix=fix)

    def fix(self, cls: ModuleClass, call: Call, given: str) -> Fix | None:
        added = cls.edits.argument(call.node, f"device={given}.device") if given else None
        unsafe = f"`{given}` must be a tensor each time"
        return Fix(f"Make it where `{given}` is", added, unsafe) if added else None
