from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.containers import lists_in_modulelists
from modlint.model.events import Call
from modlint.model.index import FileModel
from modlint.model.rewriting import written_lists
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
    fixable = "safe"
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
            message, fix = self.message.format(kind=kind), self.fix(file, call)
            yield file.finding(call.node, message, statement=call.place.statement, fix=fix)

    def fix(self, file: FileModel, call: Call) -> Fix | None:
        """Each list that is written out among the layers becomes a `ModuleList` too."""
        inner = written_lists(call.node)
        named = file.edits.name("torch.nn.ModuleList", call.node)
        if not inner or named is None:
            return None
        wrapped = [edit for node in inner for edit in file.edits.wrap(node, named.text)]
        return Fix("Make the inner lists `nn.ModuleList`s", (*named.imports, *wrapped))
