from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.events import Call
from modlint.model.forwarding import direct_forward_calls
from modlint.model.index import FileModel
from modlint.rule import Example, Rule


class DirectForwardCall(Rule):
    """A submodule's `forward` is called directly instead of the submodule.

    Write `self.layer(x)`, not `self.layer.forward(x)`.

    ## What torch does
    The result is the same, but `Module.__call__` is passed by: forward hooks and pre-hooks do not run. FSDP2, the older
    `nn.utils.weight_norm` and `spectral_norm`, pruning, quantization observers and profilers work through them.

    ## When to ignore
    When the hooks must not run. `super().forward(x)` and `Base.forward(self, x)` are right and not reported.
    """

    code = "MOD404"
    message = "`{callee}(...)` skips the hooks of `{owner}`: call `{owner}(...)`"
    severity = "warning"
    confidence = "medium"
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
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc.forward(x)  # MOD404

seen = []
net = Net()
net.fc.register_forward_hook(lambda *args: seen.append(1))
net(torch.ones(1, 4))
""",
            symptom="not seen",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Base(nn.Module):
    def forward(self, x):
        return x

class Net(Base):
    def __init__(self, helper):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.helper = helper

    def forward(self, x):
        x = super().forward(x) + Base.forward(self, x)
        return self.fc(x) + self.helper.forward(x)

    def predict(self, x):
        return self.forward(x)

Net(Base()).predict(torch.ones(1, 4))
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for call, callee, owner in direct_forward_calls(file):
            message, fix = self.message.format(callee=callee, owner=owner), self.fix(file, call)
            yield file.finding(call.node, message, call.written, statement=call.place.statement, fix=fix)

    def fix(self, file: FileModel, call: Call) -> Fix | None:
        function = call.node.func
        removed = file.edits.without_end(function, function.value) if isinstance(function, ast.Attribute) else None
        unsafe = "hooks run that did not run before"
        return Fix("Call the Module", removed, unsafe) if removed else None
