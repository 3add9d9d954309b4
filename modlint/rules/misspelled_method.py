from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.facts import FunctionFacts
from modlint.model.module_class import ModuleClass
from modlint.model.naming import misspelled
from modlint.rule import Example, Rule


class MisspelledMethod(Rule):
    """A method is called almost like `forward` or `__init__`, and the class has no such method.

    ## What torch does
    A misspelled `forward` is never called: `NotImplementedError: Module [Net] is missing the required "forward" function`.
    A misspelled `__init__` never runs, so the layers are missing: `AttributeError`, or, if arguments are given,
    `TypeError: __init__() takes 1 positional argument`.

    ## When to ignore
    When the method is called by that name from another file.
    """

    code = "MOD108"
    message = "`{name}` is never called by torch; did you mean `{meant}`?"
    fixable = "safe or unsafe"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def foward(self, x):  # MOD108
        return self.fc(x)

Net()(torch.ones(1, 4))
""",
            raises='is missing the required "forward" function',
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __int__(self, size):  # MOD108
        super().__init__()
        self.fc = nn.Linear(size, 2)

    def forward(self, x):
        return self.fc(x)

Net(4)
""",
            raises="takes 1 positional argument",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self._init_()

    def _init_(self):
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.forward_(x)

    def forward_(self, x):
        return self.fc(x)

    def __int__(self):
        return 4

    def __iter__(self):
        return iter(())

Net()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for function, meant in misspelled(cls):
            message = self.message.format(name=function.name, meant=meant)
            yield cls.finding(function.node, message, function.name, fix=self.fix(cls, function, meant))

    def fix(self, cls: ModuleClass, function: FunctionFacts, meant: str) -> Fix:
        unsafe = None if meant == "forward" else "the constructor has not run so far, and now it does"
        return Fix(f"Rename it to `{meant}`", cls.edits.replace(function.node, meant), unsafe)
