from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.construction import base_init_takes_nothing, uncalled_supers
from modlint.model.facts import written
from modlint.model.module_class import ModuleClass
from modlint.rule import Example, Rule


class UncalledSuperInit(Rule):
    """`super().__init__` is written, but the base constructor does not run.

    The parentheses are missing (`super().__init__`), or `super` is not bound to the instance: `super.__init__()` and
    `super(Net).__init__()` address `super` itself.

    ## What torch does
    As if the call were missing: `AttributeError: cannot assign module before Module.__init__() call`. The unbound form
    `super(Net).__init__()` passes without a word; `super.__init__()` raises `TypeError: descriptor '__init__' of 'super'
    object needs an argument`.

    ## When to ignore
    Never.
    """

    code = "MOD103"
    message = "`{source}` does not run the base constructor: write `super().__init__()`"
    fixable = "safe"
    invalid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__  # MOD103
        self.fc = nn.Linear(4, 2)

Net()
""",
            raises="cannot assign module before Module.__init__() call",
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super(Net).__init__()  # MOD103
        self.fc = nn.Linear(4, 2)

Net()
""",
            raises="cannot assign module before Module.__init__() call",
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super.__init__()  # MOD103
        self.fc = nn.Linear(4, 2)

Net()
""",
            raises="descriptor '__init__' of 'super' object needs an argument",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.fc = nn.Linear(4, 2)

Net()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for node, source in uncalled_supers(cls):
            fix = self.fix(cls, node)
            yield cls.finding(node, self.message.format(source=source), written(node), fix=fix)

    def fix(self, cls: ModuleClass, node: ast.expr) -> Fix | None:
        if isinstance(node, ast.Attribute):  # super().__init__ without parentheses
            fixed = cls.edits.after(node, "()") if base_init_takes_nothing(cls) else None
        elif isinstance(node, ast.Call) and isinstance(
            node.func, ast.Attribute
        ):  # super.__init__(), super(Net).__init__()
            of_self = bool(node.args) and isinstance(node.args[0], ast.Name) and node.args[0].id == "self"
            fixed = cls.edits.replace(node.func.value, "super()") if not of_self else None
        else:
            return None
        return Fix("Run the base constructor", fixed) if fixed else None
