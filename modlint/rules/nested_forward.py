from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.facts import FunctionFacts
from modlint.model.module_class import ModuleClass
from modlint.model.signatures import nested_forwards
from modlint.rule import Example, Rule


class NestedForward(Rule):
    """`forward` is defined inside another method: its indentation is one level too deep.

    ## What torch does
    The function is a local variable that nobody calls: `NotImplementedError: Module [Net] is missing the required "forward" function`.

    ## When to ignore
    When the inner function is used where it is defined; that is not reported.
    """

    code = "MOD110"
    message = (
        "`forward` is defined inside `{method}`, so `{cls}` has none: torch raises NotImplementedError; move it out"
    )
    fixable = "safe"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

        def forward(self, x):  # MOD110
            return self.fc(x)

Net()(torch.ones(1, 4))
""",
            raises="is missing the required",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

        def forward(x):
            return self.fc(x)

        self.forward = forward

class Patched(nn.Module):
    def forward(self, x):
        return x

    def patch(self, module):
        def forward(x):
            return x

        module.forward = forward
        return forward

Net()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for function, method in nested_forwards(cls):
            message = self.message.format(method=method, cls=cls.name)
            yield cls.finding(function.node, message, "forward", fix=self.fix(cls, function))

    def fix(self, cls: ModuleClass, function: FunctionFacts) -> Fix | None:
        """Dedent it, where it is the last statement of the method."""
        method = function.outer
        if (
            not isinstance(method, FunctionFacts)
            or method.node.body[-1] is not function.node
            or len(method.node.body) < 2
        ):
            return None
        dedented = cls.edits.dedented(function.node, method.node)
        return Fix("Dedent it", dedented) if dedented else None
