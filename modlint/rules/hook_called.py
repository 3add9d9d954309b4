from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.hooks import called_hooks
from modlint.model.index import FileModel
from modlint.rule import Example, Rule


class HookCalled(Rule):
    """A hook is called where it should be registered, so that its result is registered.

    Write `register_forward_hook(self.hook)` without the parentheses.

    ## What torch does
    The function runs once, at once. What it returned is called at each forward: `TypeError: 'NoneType' object is not
    callable`.

    ## When to ignore
    When the function returns the hook; this is seen and not reported.
    """

    code = "MOD701"
    message = "`{source}` is called here, and its result, which is no function, is registered: write `{function}`"
    asks = "file"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
        self.fc.register_forward_hook(self.report())  # MOD701

    def report(self, *args):
        print("forward")

    def forward(self, x):
        return self.fc(x)

Net()(torch.ones(1, 4))
""",
            raises="'NoneType' object is not callable",
        ),
        Example(
            """
import torch
from torch import nn

def watch(module=None, args=()):
    print(module)

def attach(model):
    for layer in model.modules():
        layer.register_forward_pre_hook(watch())  # MOD701

model = nn.Linear(4, 2)
attach(model)
model(torch.ones(1, 4))
""",
            raises="'NoneType' object is not callable",
        ),
    )
    valid = (
        Example(
            """
from functools import partial

import torch
from torch import nn

seen = {}

def keep(name):
    def hook(module, args, output):
        seen[name] = output
    return hook

def keep_shape(name):
    return lambda module, args, output: seen.update({name: output.shape})

def report(prefix, module, args):
    print(prefix)

model = nn.Linear(4, 2)
model.register_forward_hook(keep("fc"))
model.register_forward_hook(keep_shape("shape"))
model.register_forward_pre_hook(partial(report, "fc"))
model(torch.ones(1, 4))
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for call, inner in called_hooks(file):
            message = self.message.format(source=ast.unparse(inner), function=ast.unparse(inner.func))
            yield file.finding(inner, message, statement=call.place.statement)
