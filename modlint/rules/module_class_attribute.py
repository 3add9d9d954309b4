from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.shadowing import class_level_modules
from modlint.rule import Example, Rule


class ModuleClassAttribute(Rule):
    """A layer is made in the class body, so that all objects of the class share it.

    ## What torch does
    Nothing is said. The layer is an attribute of the class and no submodule of any object: `parameters()`, `state_dict()` and `.to()`
    miss it, and two models change the same weights.

    ## When to ignore
    When the layer has no weights. Such layers are not reported.
    """

    code = "MOD309"
    message = "`{attribute}` is made in the class body: all `{cls}` objects share this `{layer}`, and none registers it; make it in `__init__`"
    invalid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    fc = nn.Linear(4, 2)  # MOD309

    def forward(self, x):
        return self.fc(x)
""",
            symptom="not list(Net().parameters()) and Net().fc is Net().fc",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    act = nn.ReLU()
    layer = nn.Linear
    size: int = 4

    def __init__(self):
        super().__init__()
        self.fc = self.layer(self.size, 2)

Net()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for statement, attribute, layer in class_level_modules(cls):
            message = self.message.format(attribute=attribute, cls=cls.name, layer=layer)
            yield cls.finding(statement, message, attribute)
