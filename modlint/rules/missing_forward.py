from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.forwarding import calls_without_forward
from modlint.model.index import FileModel
from modlint.rule import Example, Rule


class MissingForward(Rule):
    """A Module is called, but neither its class nor a base class defines `forward`.

    ## What torch does
    `NotImplementedError: Module [Net] is missing the required "forward" function`.

    ## When to ignore
    When `forward` is put on the object from outside.
    """

    code = "MOD109"
    message = "`{cls}` is called but defines no `forward`: torch raises NotImplementedError"
    asks = "file"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):  # MOD109
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def predict(self, x):
        return self.fc(x)

net = Net()
net(torch.ones(1, 4))
""",
            raises='is missing the required "forward" function',
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Base(nn.Module):
    def run(self, x):
        return self(x)

class Net(Base):
    def forward(self, x):
        return x

class Stack(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(4, 4))

class Chosen(nn.Module):
    def __init__(self):
        super().__init__()
        self.forward = self.plain

    def plain(self, x):
        return x

class Aliased(nn.Module):
    def plain(self, x):
        return x

    forward = plain

x = torch.ones(1, 4)
Net()(x), Stack()(x), Chosen()(x), Aliased()(x)
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for call, cls in calls_without_forward(file):
            here = cls.file is file.facts
            yield file.finding(
                cls.node if here else call.node, self.message.format(cls=cls.name), cls.name if here else ""
            )
