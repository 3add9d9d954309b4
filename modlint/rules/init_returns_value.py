from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.module_class import ModuleClass
from modlint.model.signatures import init_returns
from modlint.rule import Example, Rule


class InitReturnsValue(Rule):
    """`__init__` returns a value.

    ## What torch does
    `TypeError: __init__() should return None, not 'Net'` when the Module is built.

    ## When to ignore
    Never.
    """

    code = "MOD114"
    message = "`{cls}.__init__` returns a value: Python raises TypeError when a `{cls}` is made"
    fixable = "safe"
    invalid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
        return self  # MOD114

Net()
""",
            raises="should return None",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self, size=4):
        super().__init__()
        if size == 0:
            return
        self.fc = nn.Linear(size, 2)

        def make():
            return nn.Linear(4, 4)

        self.make = make
        return None

Net()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for statement in init_returns(cls):
            yield cls.finding(statement, self.message.format(cls=cls.name), fix=self.fix(cls, statement))

    def fix(self, cls: ModuleClass, statement: ast.Return) -> Fix | None:
        """Return nothing, where working out the value had no effect."""
        if not isinstance(statement.value, (ast.Name, ast.Constant, ast.Attribute)):
            return None
        return Fix("Return nothing", cls.edits.replace(statement, "return"))
