from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.shadowing import shadowed_by_property
from modlint.rule import Example, Rule


class ShadowedSubmodule(Rule):
    """A property has the name of a submodule, parameter or buffer that the class registers.

    ## What torch does
    The property is found first: `self.weight` is what the property returns, never the registered one. For a parameter or buffer
    torch raises `KeyError: "attribute 'weight' already exists"`.

    ## When to ignore
    Never. Rename one of them.
    """

    code = "MOD316"
    message = "`{attribute}` is a property of `{cls}` too: the property hides what is registered here"
    invalid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 2)  # MOD316

    @property
    def head(self):
        return None

net = Net()
""",
            symptom="net.head is None and len(list(net.parameters())) == 2",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    scale: float
    body: nn.Module

    def __init__(self):
        super().__init__()
        self._head = nn.Linear(4, 2)
        self.body = nn.Linear(4, 4)
        self.tail = nn.Linear(4, 4)

    @property
    def head(self):
        return self._head

    @property
    def tail(self):
        return self._modules["tail_"]

    @tail.setter
    def tail(self, value):
        self._modules["tail_"] = value

Net()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for binding in shadowed_by_property(cls):
            message = self.message.format(attribute=binding.attribute, cls=cls.name)
            yield cls.finding(binding.place.statement, message, binding.written)
