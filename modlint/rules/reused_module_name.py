from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.index import FileModel
from modlint.model.registration import reused_names
from modlint.rule import Example, Rule


class ReusedModuleName(Rule):
    """A layer is added under a name that another layer has: the second replaces the first.

    ## What torch does
    Nothing is said. `add_module` puts the new layer in the place of the old one, which is no longer run, trained or saved.

    ## When to ignore
    When the first layer is meant to go.
    """

    code = "MOD320"
    message = (
        "`add_module` uses the name `{name}` {when}: each layer replaces the one before, and only the last is kept"
    )
    severity = "warning"
    confidence = "medium"
    asks = "file"
    preview = True
    aliases = ("init-skips-registration",)
    invalid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self, depth=3):
        super().__init__()
        self.layers = nn.Sequential()
        for i in range(depth):
            self.layers.add_module("fc", nn.Linear(4, 4))  # MOD320

    def forward(self, x):
        return self.layers(x)
""",
            symptom="len(Net().layers) == 1",
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.add_module("conv", nn.Conv1d(4, 4, 3))
        self.add_module("conv", nn.Conv1d(4, 8, 3))  # MOD320
""",
            symptom="[m.out_channels for m in Net().children()] == [8]",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self, depth=3, norm=True):
        super().__init__()
        self.layers = nn.Sequential()
        for i in range(depth):
            self.layers.add_module(f"fc{i}", nn.Linear(4, 4))
            block = nn.Sequential()
            block.add_module("fc", nn.Linear(4, 4))
            self.layers.add_module("block" + str(i), block)
        if norm:
            self.add_module("norm", nn.LayerNorm(4))
        else:
            self.add_module("norm", nn.Identity())

Net()
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for call, name, repeated in reused_names(file):
            message = self.message.format(name=name, when="in each turn of the loop" if repeated else "a second time")
            yield file.finding(call.node, message, call.written, statement=call.place.statement)
