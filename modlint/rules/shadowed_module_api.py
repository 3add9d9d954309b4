from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.shadowing import hidden_methods
from modlint.rule import Example, Rule


class ShadowedModuleApi(Rule):
    """An attribute has the name of a method of `nn.Module` and hides it.

    ## What torch does
    `model.eval()` calls `self.train(False)`: with `self.train = True` it raises `TypeError: 'bool' object is not callable`. In the same way
    `self.parameters`, `self.modules`, `self.children` or `self.apply` break optimizers, `state_dict()`, `.to()` and printing. A layer under such a
    name is registered, but the method is what `self.modules` finds.

    ## When to ignore
    When the attribute is callable in the same way as the method.
    """

    code = "MOD313"
    message = "`self.{attribute}` hides `Module.{attribute}()`: {consequence}; use another name"
    invalid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.train = True  # MOD313

Net().eval()
""",
            raises="object is not callable",
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.modules = nn.ModuleList([nn.Linear(4, 4)])  # MOD313

    def forward(self, x):
        for module in self.modules:
            x = module(x)
        return x

Net()(1)
""",
            raises="object is not iterable",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self, type="plain"):
        super().__init__()
        self.type = type
        self.half = nn.Linear(4, 4)
        self.forward = self.plain
        self.training = False
        self.name = "net"

    def plain(self, x):
        return x

    def train(self, mode=True):
        super().train(mode)
        return self

Net().eval()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for binding, consequence in hidden_methods(cls):
            message = self.message.format(attribute=binding.attribute, consequence=consequence)
            yield cls.finding(binding.place.statement, message, binding.written)
