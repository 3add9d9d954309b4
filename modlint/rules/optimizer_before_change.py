from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.facts import written
from modlint.model.index import FileModel
from modlint.model.optimizers import changed_after
from modlint.rule import Example, Rule


class OptimizerBeforeChange(Rule):
    """A layer of a model is replaced or added after the optimizer was built.

    Build the optimizer last.

    ## What torch does
    Nothing is said. The optimizer goes on with the parameters it was given; those of the new layer get gradients and never
    change.

    ## When to ignore
    When the new layer is to stay as it is.
    """

    code = "MOD606"
    message = "`{part}` is set after the optimizer got the model's parameters: the new layer is never trained; build the optimizer afterwards"
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
        self.body = nn.Linear(4, 4)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.body(x))

net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
net.head = nn.Linear(4, 3)  # MOD606
before = net.head.weight.clone()
net(torch.ones(1, 4)).sum().backward()
optimizer.step()
""",
            symptom="torch.equal(net.head.weight, before)",
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 4)
        self.optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
        self.head = nn.Linear(4, 2)  # MOD606

net = Net()
""",
            symptom="len(net.optimizer.param_groups[0]['params']) == 2",
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
        self.body = nn.Linear(4, 4)
        self.head = nn.Linear(4, 2)
        self.optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
        self.act = nn.ReLU()

def rebuild(net, again):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    if again:
        net.head = nn.Linear(4, 3)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    net.to("cpu")
    net.best = 0.5
    return optimizer

def grow(net: Net):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    net.head = nn.Linear(4, 3)
    optimizer.add_param_group({"params": net.head.parameters()})
    return optimizer

rebuild(Net(), True)
grow(Net())
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for node, part, place in changed_after(file):
            yield file.finding(place.statement, self.message.format(part=part), written(node))
