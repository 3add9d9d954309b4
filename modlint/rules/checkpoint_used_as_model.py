from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.checkpoints import checkpoints_used_as_models
from modlint.model.index import FileModel
from modlint.rule import Example, Rule


class CheckpointUsedAsModel(Rule):
    """What `torch.load` gives is used as a model, but the file holds a state.

    Build the model and load the state into it: `model.load_state_dict(torch.load(path))`.

    ## What torch does
    `AttributeError: 'collections.OrderedDict' object has no attribute 'eval'`, or `'dict' object is not callable`.

    ## When to ignore
    When the file holds a whole model.
    """

    code = "MOD609"
    message = "`{name}` is a state and no model: build the model and give it `{name}` by `load_state_dict`"
    asks = "file"
    invalid = (
        Example(
            """
import os
import tempfile

import torch
from torch import nn

PATH = os.path.join(tempfile.mkdtemp(), "model.pt")
torch.save(nn.Linear(4, 2).state_dict(), PATH)

def predict(x):
    model = torch.load(PATH)  # MOD609
    model.eval()
    return model(x)

predict(torch.ones(1, 4))
""",
            raises="object has no attribute 'eval'",
        ),
        Example(
            """
import io

import torch
from torch import nn

file = io.BytesIO()
torch.save({"epoch": 3, "state_dict": nn.Linear(4, 2).state_dict()}, file)
file.seek(0)
net = torch.load(file, weights_only=True)["state_dict"]  # MOD609
net(torch.ones(1, 4))
""",
            raises="object is not callable",
        ),
    )
    valid = (
        Example(
            """
import io

import torch
from torch import nn

file = io.BytesIO()
torch.save(nn.Linear(4, 2), file)
file.seek(0)
model = torch.load(file, weights_only=False)
model.eval()

other = io.BytesIO()
torch.save(nn.Linear(4, 2).state_dict(), other)
other.seek(0)
state = torch.load(other)
model.load_state_dict(state)
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for call, name in checkpoints_used_as_models(file):
            yield file.finding(call.node, self.message.format(name=name), statement=call.place.statement)
