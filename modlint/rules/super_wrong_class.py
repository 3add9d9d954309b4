from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.construction import wrong_supers
from modlint.model.facts import written
from modlint.model.module_class import ModuleClass
from modlint.rule import Example, Rule


class SuperWrongClass(Rule):
    """`super(Other, self)` names a class that the instance does not have.

    Mostly a copied class that was renamed in its first line only.

    ## What torch does
    Python raises `TypeError: super(type, obj): obj must be an instance or subtype of type` when the Module is built (from
    Python 3.13 on: `obj (instance of Net) is not an instance or subtype of type (Other)`). With `super(nn.Module, self)`
    the search starts behind `Module`, so `Module.__init__` never runs.

    ## When to ignore
    Naming a base class to skip its constructor on purpose is not reported.
    """

    code = "MOD104"
    message = "`super({named}, self)` in `{cls}`: {why}; write `super().__init__()`"
    fixable = "safe"
    invalid = (
        Example(
            """
from torch import nn

class FocalLoss(nn.Module):
    pass

class SoftFocalLoss(nn.Module):
    def __init__(self):
        super(FocalLoss, self).__init__()  # MOD104
        self.fc = nn.Linear(4, 2)

SoftFocalLoss()
""",
            raises="super(type, obj): obj",
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super(nn.Module, self).__init__()  # MOD104
        self.fc = nn.Linear(4, 2)

Net()
""",
            raises="cannot assign module before Module.__init__() call",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

class Skips(Base):
    def __init__(self):
        super(Base, self).__init__()
        self.fc = nn.Linear(8, 2)

class Outer(nn.Module):
    class Inner(nn.Module):
        def __init__(self):
            super(Outer.Inner, self).__init__()

    def __init__(self):
        super(Outer, self).__init__()
        self.inner = Outer.Inner()

Skips(), Outer()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for node, named, behind_module in wrong_supers(cls):
            why = (
                "nothing behind it runs `Module.__init__`"
                if behind_module
                else f"`{named}` is not a base of `{cls.name}`, so Python raises TypeError"
            )
            message = self.message.format(named=named, cls=cls.name, why=why)
            yield cls.finding(node, message, written(node), fix=self.fix(cls, node))

    def fix(self, cls: ModuleClass, node: ast.expr) -> Fix | None:
        called = node.func if isinstance(node, ast.Call) else node
        inner = called.value if isinstance(called, ast.Attribute) else called
        if not isinstance(inner, ast.Call):
            return None
        return Fix("Write `super()`", cls.edits.replace(inner, "super()"))
