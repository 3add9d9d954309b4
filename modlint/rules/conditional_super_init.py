from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.construction import faulty_base, misused_supers, started_in_loop
from modlint.model.events import Started
from modlint.model.module_class import ModuleClass
from modlint.rule import Example, Rule


class ConditionalSuperInit(Rule):
    """`super().__init__()` runs on some paths of the constructor and not on others.

    ## What torch does
    The Module works with some arguments; with others it raises `AttributeError` at the first layer, or at the first
    call, as if `super().__init__()` were missing.

    ## When to ignore
    When the other paths cannot happen, which the code does not show.
    """

    code = "MOD105"
    message = (
        "`{cls}.__init__` calls `super().__init__()` on some paths only: on the others torch cannot register layers"
    )
    invalid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self, deep=False):  # MOD105
        if deep:
            super().__init__()
        self.fc = nn.Linear(4, 2)

Net()
""",
            raises="cannot assign module before Module.__init__() call",
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self, size=0):  # MOD105
        if size == 0:
            self.size = 1
            return
        super().__init__()
        self.fc = nn.Linear(size, 2)

Net().eval()
""",
            raises="has no attribute '_modules'",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self, deep=False):
        if deep:
            super().__init__()
        else:
            nn.Module.__init__(self)
        self.fc = nn.Linear(4, 2)

class Checked(nn.Module):
    def __init__(self, size):
        if size <= 0:
            raise ValueError(size)
        try:
            super().__init__()
        except TypeError:
            super().__init__()
        self.fc = nn.Linear(size, 2)

Net(), Checked(2)
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        init = cls.method("__init__")
        if (
            init is None
            or not cls.mro.complete
            or (len(set(cls.init_exits)) < 2 and Started.MAYBE not in cls.init_exits)
        ):
            return
        if not started_in_loop(cls) and not faulty_base(cls) and not misused_supers(cls):
            yield cls.finding(init.node, self.message.format(cls=cls.name), "__init__")
