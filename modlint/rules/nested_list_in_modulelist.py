from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.containers import lists_in_modulelists
from modlint.model.index import FileModel
from modlint.rule import Example, Rule


class NestedListInModulelist(Rule):
    """`nn.ModuleList` is given lists of layers instead of layers.

    ## What torch does
    `TypeError: list is not a Module subclass`.

    ## When to ignore
    Never. Make each inner list an `nn.ModuleList` or `nn.Sequential`.
    """

    code = "MOD305"
    message = "`nn.ModuleList` is given a {kind} among its layers: torch raises TypeError; make it an `nn.ModuleList` or `nn.Sequential`"
    asks = "file"
    invalid = (
        Example(
            """
from torch import nn

layers = nn.ModuleList([[nn.Linear(4, 4), nn.ReLU()], [nn.Linear(4, 4)]])  # MOD305
""",
            raises="list is not a Module subclass",
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self, depth=3):
        super().__init__()
        self.blocks = nn.ModuleList([])
        for _ in range(depth):
            self.blocks.append([nn.Linear(4, 4), nn.ReLU()])  # MOD305

Net()
""",
            raises="list is not a Module subclass",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

nn.ModuleList([nn.ModuleList([nn.Linear(4, 4)]), nn.Sequential(nn.Linear(4, 4))])
nn.ModuleList([*[nn.Linear(4, 4)], nn.ReLU()])
nn.ModuleList()
grown = nn.ModuleList([])
grown.extend([nn.Linear(4, 4)])
grown += [nn.Linear(4, 4)]
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for call, kind in lists_in_modulelists(file):
            yield file.finding(call.node, self.message.format(kind=kind), statement=call.place.statement)
