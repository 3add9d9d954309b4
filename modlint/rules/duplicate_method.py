from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.signatures import duplicate_methods
from modlint.rule import Example, Rule


class DuplicateMethod(Rule):
    """A class defines the same method twice; the second silently replaces the first.

    ## What torch does
    Python keeps the last definition. Calls meant for the first run the second: with other arguments a `TypeError`, else a wrong result.

    ## When to ignore
    When the first is replaced on purpose. Property setters, overloads and definitions in branches are not reported.
    """

    code = "MOD112"
    message = "`{method}` is defined again in line {line}: this definition is never used"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def forward(self, x):  # MOD112
        return x * 2

    def forward(self, x, mask):
        return x * mask

Net()(torch.ones(1))
""",
            raises="missing 1 required positional argument",
        ),
    )
    valid = (
        Example(
            """
import sys
from functools import singledispatchmethod
from typing import overload
from torch import nn

class Net(nn.Module):
    @property
    def size(self):
        return self._size

    @size.setter
    def size(self, value):
        self._size = value

    @overload
    def head(self, x: int) -> int: ...
    @overload
    def head(self, x: str) -> str: ...
    def head(self, x):
        return x

    if sys.version_info >= (3, 10):
        def body(self, x):
            return x
    else:
        def body(self, x):
            return x * 1

    def plain(self, x):
        return x

    wrapped = plain

Net()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for function, line in duplicate_methods(cls):
            yield cls.finding(
                function.node, self.message.format(method=function.name, line=cls.facts.file.row(line)), function.name
            )
