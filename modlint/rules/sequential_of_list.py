from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.containers import sequentials_of_lists
from modlint.model.events import Call
from modlint.model.index import FileModel
from modlint.rule import Example, Rule


class SequentialOfList(Rule):
    """`nn.Sequential` is given a list instead of the layers.

    ## What torch does
    `TypeError: list is not a Module subclass`.

    ## When to ignore
    Never. Spread it: `nn.Sequential(*layers)`.
    """

    code = "MOD303"
    message = "`nn.Sequential` is given a {kind}: torch raises TypeError; write `nn.Sequential(*...)`"
    asks = "file"
    fixable = "safe"
    invalid = (
        Example(
            """
from torch import nn

layers = [nn.Linear(4, 4), nn.ReLU()]
net = nn.Sequential(layers)  # MOD303
""",
            raises="list is not a Module subclass",
        ),
        Example(
            """
from torch import nn

net = nn.Sequential(nn.Linear(4, 4) for _ in range(3))  # MOD303
""",
            raises="is not a Module subclass",
        ),
    )
    valid = (
        Example(
            """
from collections import OrderedDict
from torch import nn

layers = [nn.Linear(4, 4), nn.ReLU()]
nn.Sequential(*layers)
nn.Sequential(OrderedDict([("fc", nn.Linear(4, 4))]))
named = OrderedDict()
named["fc"] = nn.Linear(4, 4)
nn.Sequential(named)
nn.ModuleList(layers)
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for call, kind in sequentials_of_lists(file):
            message = self.message.format(kind=kind)
            fix = self.fix(file, call, kind)
            yield file.finding(call.node, message, call.written, statement=call.place.statement, fix=fix)

    def fix(self, file: FileModel, call: Call, kind: str) -> Fix | None:
        if kind not in ("list", "tuple", "generator") or not call.node.args:
            return None
        return Fix("Spread the layers", file.edits.spread(call.node, call.node.args[0]))
