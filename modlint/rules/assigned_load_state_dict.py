from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.checkpoints import assigned_loads
from modlint.model.events import Call
from modlint.model.index import FileModel
from modlint.rule import Example, Rule


class AssignedLoadStateDict(Rule):
    """The result of `load_state_dict` is taken for the model.

    `load_state_dict` changes the model in place: write it as a statement of its own.

    ## What torch does
    A Module's `load_state_dict` returns the missing and unexpected keys: `AttributeError: '_IncompatibleKeys' object has no
    attribute 'eval'`. That of an optimizer returns None.

    ## When to ignore
    When the object is no Module and its `load_state_dict` returns the object.
    """

    code = "MOD601"
    message = "`{target}` becomes the result of `load_state_dict`, the missing and unexpected keys, and is no model: call `{source}(...)` without assigning it"
    asks = "file"
    fixable = "safe"
    invalid = (
        Example(
            """
from torch import nn

model = nn.Linear(4, 2)
state = model.state_dict()
model = model.load_state_dict(state)  # MOD601
model.eval()
""",
            raises="'_IncompatibleKeys' object has no attribute 'eval'",
        ),
        Example(
            """
from torch import nn

def restore(state):
    net = nn.Linear(4, 2).load_state_dict(state)  # MOD601
    net.eval()
    return net

restore(nn.Linear(4, 2).state_dict())
""",
            raises="'_IncompatibleKeys' object has no attribute 'eval'",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Agent:
    def load_state_dict(self, state):
        return self

model = nn.Linear(4, 2)
msg = model.load_state_dict(model.state_dict(), strict=False)
missing, unexpected = model.load_state_dict(model.state_dict())
keys = model.load_state_dict(model.state_dict())
print(msg, keys.missing_keys)
agent = Agent()
agent = agent.load_state_dict({})
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for call, target, owner in assigned_loads(file):
            message = self.message.format(target=target, source=ast.unparse(call.node.func))
            fix = self.fix(file, call, target == owner)
            yield file.finding(call.node, message, call.written, statement=call.place.statement, fix=fix)

    def fix(self, file: FileModel, call: Call, same: bool) -> Fix | None:
        alone = file.edits.without_target(call.place.statement) if same else None
        return Fix("Load without assigning", alone) if alone else None
