from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.checkpoints import loads_of_paths
from modlint.model.index import FileModel
from modlint.rule import Example, Rule


class LoadStateDictPath(Rule):
    """`load_state_dict` is given the path of a file.

    Load the file first: `model.load_state_dict(torch.load(path))`.

    ## What torch does
    `TypeError: Expected state_dict to be dict-like, got <class 'str'>.`

    ## When to ignore
    When the object is no Module and its `load_state_dict` opens files.
    """

    code = "MOD602"
    message = "`load_state_dict` takes a state, not a path: write `torch.load({path})` in it"
    asks = "file"
    fixable = "safe"
    invalid = (
        Example(
            """
import torch
from torch import nn

model = nn.Linear(4, 2)
torch.save(model.state_dict(), "model.pt")
model.load_state_dict("model.pt")  # MOD602
""",
            raises="Expected state_dict to be dict-like, got <class 'str'>",
        ),
        Example(
            """
import os

import torch
from torch import nn

def restore(model, folder):
    model.load_state_dict(os.path.join(folder, "model.pt"))  # MOD602

torch.save(nn.Linear(4, 2).state_dict(), "model.pt")
restore(nn.Linear(4, 2), "")
""",
            raises="Expected state_dict to be dict-like, got <class 'str'>",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Agent:
    def load_state_dict(self, path):
        self.path = path

def restore(model, state):
    model.load_state_dict(state)

Agent().load_state_dict("agent.pt")
restore(nn.Linear(4, 2), nn.Linear(4, 2).state_dict())
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for call, path in loads_of_paths(file):
            message, fix = self.message.format(path=ast.unparse(path)), self.fix(file, path)
            yield file.finding(call.node, message, call.written, statement=call.place.statement, fix=fix)

    def fix(self, file: FileModel, path: ast.expr) -> Fix | None:
        named = file.edits.name("torch.load", path)
        if named is None:
            return None
        loaded = file.edits.wrap(path, named.text, ", weights_only=True")
        return Fix("Load the file", (*named.imports, *loaded))
