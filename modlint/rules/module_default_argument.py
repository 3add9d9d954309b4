from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.shadowing import shared_defaults
from modlint.rule import Example, Rule


class ModuleDefaultArgument(Rule):
    """A layer with weights is the default value of an argument.

    Default values are made once, when the function is defined.

    ## What torch does
    Nothing is said. All objects made with the default share this one layer: training one model changes the others.

    ## When to ignore
    When one object is made only.
    """

    code = "MOD319"
    message = "the default of `{argument}` is one `{layer}` for all objects of `{cls}`: they share its weights; use `None` and make it in `__init__`"
    severity = "warning"
    invalid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self, act=nn.PReLU()):  # MOD319
        super().__init__()
        self.act = act
""",
            symptom="Net().act is Net().act",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self, act=nn.ReLU(), norm=nn.BatchNorm1d, scale=None):
        super().__init__()
        self.act = act
        self.norm = norm(4)

Net()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for default, argument, layer in shared_defaults(cls):
            message = self.message.format(argument=argument, layer=layer, cls=cls.name)
            yield cls.finding(default, message)
