from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.containers import strangers_in_containers
from modlint.model.events import Call
from modlint.model.index import FileModel
from modlint.model.rewriting import layers_for_functions
from modlint.rule import Example, Rule


class NonModuleInSequential(Rule):
    """A container of layers is given something that is no Module: a function or a number.

    ## What torch does
    `TypeError: torch.nn.functional.relu is not a Module subclass`.

    ## When to ignore
    Never. Use the layer (`nn.ReLU()`) in place of the function.
    """

    code = "MOD306"
    preview = True
    message = "`{item}` is no Module: `nn.{container}` raises TypeError{remedy}"
    asks = "file"
    fixable = "safe"
    invalid = (
        Example(
            """
from torch import nn
import torch.nn.functional as F

net = nn.Sequential(nn.Linear(4, 4), F.relu, nn.Linear(4, 2))  # MOD306
""",
            raises="is not a Module subclass",
        ),
        Example(
            """
import torch
from torch import nn

layers = nn.ModuleList([nn.Linear(4, 4), torch.sigmoid])  # MOD306
""",
            raises="is not a Module subclass",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

def relu(x):
    return x

class Net(nn.Module):
    def __init__(self, act, size):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 4), act, nn.ReLU())
        self.layers = nn.ModuleList([nn.Linear(4, 4) if size else nn.Identity()])

Net(nn.ReLU(), 3)
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for call, item, container, layer in strangers_in_containers(file):
            remedy = f"; did you mean `nn.{layer}()`?" if layer else ""
            message = self.message.format(item=item, container=container, remedy=remedy)
            fix = self.fix(file, call)
            yield file.finding(call.node, message, call.written, statement=call.place.statement, fix=fix)

    def fix(self, file: FileModel, call: Call) -> Fix | None:
        """The layer that does what each function does."""
        replaced = layers_for_functions(file, call)
        return Fix("Use the layer", replaced) if replaced else None
