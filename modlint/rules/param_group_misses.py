from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.index import FileModel
from modlint.model.parameter_groups import left_out
from modlint.rule import Example, Rule


class ParamGroupMisses(Rule):
    """An optimizer is built from some submodules of a model, and others that have parameters are in none of its groups.

    Add a group for them, or freeze them by `requires_grad_(False)` so that the reader knows.

    ## What torch does
    Nothing is said. The parameters that no optimizer has get gradients and keep their random start values.

    ## When to ignore
    When the part is left out on purpose, or another file trains it.
    """

    code = "MOD612"
    message = (
        "{parts} of `{name}` {verb} in no parameter group, so {pronoun} never trained; the optimizer gets {given} only"
    )
    severity = "warning"
    confidence = "medium"
    asks = "file"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 4)
        self.fc2 = nn.Linear(4, 4)
        self.output = nn.Linear(4, 2)

    def forward(self, x):
        return self.output(self.fc2(self.fc1(x)))

net = Net()
before = net.output.weight.clone()
optimizer = torch.optim.SGD(  # MOD612
    [{"params": net.fc1.parameters()}, {"params": net.fc2.parameters(), "lr": 0.01}], lr=0.1
)
net(torch.ones(1, 4)).sum().backward()
optimizer.step()
""",
            symptom="torch.equal(net.output.weight, before)",
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Linear(4, 4)
        self.left = nn.Linear(4, 4)
        self.right = nn.Linear(4, 2)
        self.act = nn.ReLU()

    def configure_optimizers(self):
        params = list(self.left.parameters()) + list(self.right.parameters())
        return torch.optim.Adam(params, lr=0.1)  # MOD612

net = Net()
""",
            symptom="len(net.configure_optimizers().param_groups[0]['params']) == 4",
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
        self.fc1 = nn.Linear(4, 4)
        self.fc2 = nn.Linear(4, 4)
        self.output = nn.Linear(4, 2)
        self.act = nn.ReLU()

def whole(net: Net):
    return torch.optim.SGD(net.parameters(), lr=0.1)

def head(net: Net):
    return torch.optim.SGD(net.output.parameters(), lr=0.1)

def pair(net: Net):
    first = torch.optim.SGD([*net.fc1.parameters(), *net.fc2.parameters()], lr=0.1)
    second = torch.optim.SGD(net.output.parameters(), lr=0.1)
    return first, second

def frozen(net: Net):
    net.output.requires_grad_(False)
    return torch.optim.SGD([{"params": net.fc1.parameters()}, {"params": net.fc2.parameters()}], lr=0.1)

def computed(net: Net):
    rest = [p for name, p in net.named_parameters() if not name.startswith("fc1")]
    return torch.optim.SGD([{"params": net.fc1.parameters()}, {"params": rest}], lr=0.1)

def grown(net: Net):
    optimizer = torch.optim.SGD([{"params": net.fc1.parameters()}, {"params": net.fc2.parameters()}], lr=0.1)
    optimizer.add_param_group({"params": net.output.parameters()})
    return optimizer

for make in (whole, head, pair, frozen, computed, grown):
    make(Net())
"""
        ),
        Example(
            """
import torch
from torch import nn

class Tuned(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Linear(4, 4)
        self.boxes = nn.Linear(4, 4)
        self.scores = nn.Linear(4, 2)

    def configure_optimizers(self):
        return torch.optim.Adam([*self.boxes.parameters(), *self.scores.parameters()])

class Detached(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Linear(4, 4)
        self.left = nn.Linear(4, 4)
        self.right = nn.Linear(4, 2)

    def forward(self, x):
        with torch.no_grad():
            x = self.stem(x)
        return self.right(self.left(x))

    def configure_optimizers(self):
        return torch.optim.Adam([*self.left.parameters(), *self.right.parameters()])

Tuned().configure_optimizers()
Detached().configure_optimizers()
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for call, name, given, missing in left_out(file):
            message = self.message.format(
                parts=", ".join(f"`{part}`" for part in missing),
                name=name,
                verb="is" if len(missing) == 1 else "are",
                pronoun="it is" if len(missing) == 1 else "they are",
                given=", ".join(f"`{part}`" for part in given),
            )
            yield file.finding(call.node, message, statement=call.place.statement)
