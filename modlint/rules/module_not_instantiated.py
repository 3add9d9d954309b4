from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.containers import uninstantiated
from modlint.model.events import Call
from modlint.model.index import FileModel
from modlint.model.rewriting import called_classes
from modlint.rule import Example, Rule


class ModuleNotInstantiated(Rule):
    """A layer's class is used where the layer is meant: the parentheses are missing.

    ## What torch does
    In a container `TypeError: torch.nn.modules.activation.ReLU is not a Module subclass`. Called on the data, the class makes a layer
    and returns it in place of a result, or raises, as with `nn.ReLU(x)`: `RuntimeError: Boolean value of Tensor with more than one
    value is ambiguous`.

    ## When to ignore
    Never.
    """

    code = "MOD307"
    message = "`{name}` is a class, not a layer: {consequence}; write `{name}()`"
    asks = "file"
    fixable = "safe"
    invalid = (
        Example(
            """
from torch import nn

net = nn.Sequential(nn.Linear(4, 4), nn.ReLU)  # MOD307
""",
            raises="is not a Module subclass",
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = nn.ReLU

    def forward(self, x):
        return self.act(x)  # MOD307

y = Net()(torch.ones(1))
""",
            symptom="isinstance(y, nn.Module)",
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def forward(self, x):
        return nn.Sigmoid(x)  # MOD307

Net()(torch.ones(2))
""",
            raises="takes 1 positional argument but 2 were given",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, norm_layer=nn.BatchNorm1d, act=nn.ReLU):
        super().__init__()
        self.norm_layer = norm_layer
        self.act = act()
        self.norm = self.norm_layer(4)
        self.make = nn.Linear
        self.extra = self.make(4, 4)

    def forward(self, x):
        pool = nn.MaxPool1d(1)
        return nn.Softmax(dim=-1)(self.extra(self.act(x))) + nn.ReLU()(x)

Net()(torch.ones(2, 4))
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for call, name, consequence in uninstantiated(file):
            message = self.message.format(name=name, consequence=consequence)
            yield file.finding(call.node, message, statement=call.place.statement, fix=self.fix(file, call))

    def fix(self, file: FileModel, call: Call) -> Fix | None:
        """Call each class that needs no argument."""
        called = called_classes(file, call)
        return Fix("Make the layer", called) if called else None
