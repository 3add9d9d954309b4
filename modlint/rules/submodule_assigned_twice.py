from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.registration import lost_assignments
from modlint.rule import Example, Rule


class SubmoduleAssignedTwice(Rule):
    """A submodule is assigned and then replaced before anything has used it.

    ## What torch does
    Nothing is said. The first layer is made, initialised and lost; mostly two layers were meant and one has the wrong name.

    ## When to ignore
    When the second is meant to replace the first.
    """

    code = "MOD312"
    message = "`{attribute}` is assigned again in line {line}: this `{layer}` is lost unused"
    severity = "warning"
    confidence = "medium"
    invalid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3)  # MOD312
        self.conv1 = nn.Conv2d(8, 8, 3)
""",
            symptom="len(list(Net().children())) == 1",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self, deep=True):
        super().__init__()
        self.net = nn.Linear(4, 4)
        self.net = nn.Sequential(self.net, nn.ReLU())
        self.blocks = nn.ModuleList()
        self.blocks = nn.ModuleList([nn.Linear(4, 4)])
        if deep:
            self.head = nn.Linear(4, 4)
        else:
            self.head = nn.Linear(4, 2)
        self.act = nn.ReLU()
        self.act = nn.GELU()
        self.table = nn.Embedding(10, 4)
        self.table = nn.Embedding(10, 4, padding_idx=0)
        self.tail = nn.Linear(4, 4)
        self.tail.weight.data.zero_()
        self.tail = nn.Linear(4, 4)

Net()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for first, second, instance in lost_assignments(cls):
            line = cls.facts.file.row(getattr(second.node, "lineno", 0))
            message = self.message.format(attribute=first.attribute, line=line, layer=instance.cls.name)
            yield cls.finding(first.place.statement, message, first.written)
