from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.construction import base_init_takes_nothing, module_init_call, skipped_bases
from modlint.model.module_class import ModuleClass
from modlint.rule import Example, Rule


class BaseInitSkipped(Rule):
    """The constructor of a base class, which makes what `forward` needs, is skipped.

    ## What torch does
    `AttributeError: 'Net' object has no attribute 'fc'` when the inherited code reads what the skipped constructor would have made.

    ## When to ignore
    When the class makes those attributes itself; that is not reported.
    """

    code = "MOD107"
    message = "`{cls}.__init__` skips `{base}.__init__`, which makes `{attribute}` that `{method}` reads; call `super().__init__()`"
    fixable = "unsafe"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)

class Net(Base):
    def __init__(self):  # MOD107
        nn.Module.__init__(self)
        self.scale = 2.0

Net()(torch.ones(1, 4))
""",
            raises="object has no attribute 'fc'",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)

class Replaces(Base):
    def __init__(self):
        super(Base, self).__init__()
        self.fc = nn.Linear(4, 3)

class Overrides(Base):
    def __init__(self):
        nn.Module.__init__(self)
        self.conv = nn.Linear(4, 4)

    def forward(self, x):
        return self.conv(x)

x = torch.ones(1, 4)
Replaces()(x), Overrides()(x)
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for init, base, attribute, method in skipped_bases(cls):
            message = self.message.format(cls=cls.name, base=base, attribute=attribute, method=method)
            yield cls.finding(init, message, "__init__", fix=self.fix(cls))

    def fix(self, cls: ModuleClass) -> Fix | None:
        """Run all base constructors in place of `nn.Module`'s alone, where the next one needs no argument."""
        call = module_init_call(cls)
        if call is None or not base_init_takes_nothing(cls):
            return None
        unsafe = "the base constructor runs, with what else it does"
        return Fix("Call `super().__init__()`", cls.edits.replace(call, "super().__init__()"), unsafe)
