from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.module_class import ModuleClass
from modlint.model.naming import undefined_reads
from modlint.rule import Example, Rule


class UndefinedAttribute(Rule):
    """`forward` reads an attribute that nothing binds.

    ## What torch does
    `AttributeError: 'Net' object has no attribute 'fc3'` when that line runs.

    ## When to ignore
    When the attribute is put on the object by code in another file. Classes that set attributes by computed names, ask with
    `hasattr`, define `__getattr__` or inherit from classes that cannot be looked into are not reported.
    """

    code = "MOD310"
    message = "`self.{attribute}` is not defined in `{cls}` or its bases: AttributeError when `{method}` runs{hint}"
    fixable = "unsafe"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 4)
        self.fc2 = nn.Linear(4, 2)

    def forward(self, x):
        x = self.fc1(x)
        return self.fc3(x)  # MOD310

Net()(torch.ones(1, 4))
""",
            raises="object has no attribute 'fc3'",
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.alpha = 0.5

    def forward(self, x):
        return x * self.apha  # MOD310

Net()(torch.ones(1))
""",
            raises="object has no attribute 'apha'",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Base(nn.Module):
    def forward(self, x):
        return self.head(x)

class Net(Base):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 2)

class Guarded(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.size = size

    def forward(self, x):
        if hasattr(self, "sizes"):
            x = x * self.sizes
        try:
            x = self.sizer(x)
        except AttributeError:
            pass
        return x

class Dynamic(nn.Module):
    def __init__(self, **layers):
        super().__init__()
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, x):
        return self.fc(x)

class Outside(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc1(x) * self.fc2

def build():
    net = Outside()
    net.fc2 = 3.0
    return net
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for read, near in undefined_reads(cls):
            hint = f"; did you mean `{near}`?" if near else ""
            message = self.message.format(attribute=read.attribute, cls=cls.name, method=read.function.name, hint=hint)
            yield cls.finding(read.node, message, read.attribute, fix=self.fix(cls, read.node, near))

    def fix(self, cls: ModuleClass, node: ast.AST, near: str | None) -> Fix | None:
        if near is None or not isinstance(node, ast.Attribute):
            return None
        return Fix(f"Write `{near}`", cls.edits.rename(node, near), "another attribute can be meant")
