from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.module_class import ModuleClass
from modlint.model.tensor_code import discarded_results
from modlint.rule import Example, Rule


class DiscardedResult(Rule):
    """A call that gives a new tensor stands as a statement: its result is thrown away.

    ## What torch does
    Nothing is said, and nothing happens. `x.squeeze(1)`, `mask.type(dtype)`, `x.to(device)` of a tensor and `F.dropout(x)` return a
    new tensor and leave `x` as it is; only methods that end in `_` work in place. `model.to(device)` is different: it moves the
    Module itself.

    ## When to ignore
    When the call is made for its effect, such as a layer with hooks.
    """

    code = "MOD411"
    message = "the result of `{call}` is thrown away, and nothing else happens: assign it"
    fixable = "unsafe"
    invalid = (
        Example(
            """
import torch
from torch import nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.bn = nn.BatchNorm1d(4)
        self.act = nn.Sigmoid()

    def forward(self, x):
        x.unsqueeze(1)  # MOD411
        F.relu(x)  # MOD411
        self.act(x)  # MOD411
        return x

x = torch.full((2, 4), -1.0)
y = Net()(x)
""",
            symptom="torch.equal(x, y)",
        ),
        Example(
            """
import torch
from torch import nn

class Loss(nn.Module):
    def forward(self, x):
        target = torch.ones(x.shape[0])
        target.to(torch.float64)  # MOD411
        return target

y = Loss()(torch.ones(2))
""",
            symptom="y.dtype is torch.float32",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self, tags):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.act = nn.ReLU(inplace=True)
        self.tags = tags

    def forward(self, x, out):
        self.tags.add("seen")
        self.fc.to(torch.float32)
        x = self.fc(x)
        self.act(x)
        F.relu_(x)
        F.relu(x, True)
        x.mul_(2)
        torch.mul(x.detach(), 2, out=out)
        self.view(x)
        return x

    def view(self, x):
        self.shape = x.shape

    def works(self, x):
        try:
            x.view(-1)
        except RuntimeError:
            return False
        return True

net = Net(set())
net(torch.ones(2, 4), torch.empty(2, 4))
net.works(torch.ones(2))
"""
        ),
        Example(
            """
import torch
from torch import nn

class Features(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.fc.register_forward_hook(self.keep)

    def keep(self, module, args, output):
        self.kept = output

    def forward(self, x):
        self.fc(x)
        return self.kept

Features()(torch.ones(1, 4))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for node, place in discarded_results(cls):
            source = ast.unparse(node)
            shown = source if len(source) <= 60 else f"{ast.unparse(node.func)}(...)"
            message, fix = self.message.format(call=shown), self.fix(cls, node)
            yield cls.finding(node, message, statement=place.statement, fix=fix)

    def fix(self, cls: ModuleClass, node: ast.Call) -> Fix | None:
        """Assign to the variable whose method it is, or that is the first argument."""
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        outer = {*cls.file.facts.scope.names, "self"}
        own = isinstance(owner, ast.Name) and owner.id not in outer
        target = owner if own else node.args[0] if node.args else None
        if not isinstance(target, ast.Name) or target.id in outer:
            return None
        unsafe = "the result takes the variable's place from here on"
        return Fix(f"Assign it to `{target.id}`", cls.edits.before(node, f"{target.id} = "), unsafe)
