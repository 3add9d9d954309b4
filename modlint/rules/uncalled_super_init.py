from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.construction import uncalled_supers
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
            yield cls.finding(node, self.message.format(source=source), "super")
