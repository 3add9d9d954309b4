from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.events import Binding
from modlint.model.module_class import ModuleClass
from modlint.model.registration import trailing_commas
from modlint.rule import Example, Rule


class TrailingCommaTuple(Rule):
    """A comma after the layer makes the attribute a tuple.

    ## What torch does
    The tuple holds the layer out of the Module's sight: `parameters()`, `state_dict()` and `.to()` miss it. Calling it raises `TypeError:
    'tuple' object is not callable`.

    ## When to ignore
    Never. Remove the comma.
    """

    code = "MOD314"
    message = (
        "the comma after `{layer}(...)` makes `{attribute}` a tuple: the layer is not registered and cannot be called"
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
        self.fc = nn.Linear(4, 4),  # MOD314

    def forward(self, x):
        return self.fc(x)

Net()(torch.ones(1, 4))
""",
            raises="object is not callable",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.shape = 4,
        self.fc = nn.Linear(4, 4)

Net()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for binding, layer in trailing_commas(cls):
            message = self.message.format(attribute=binding.attribute, layer=layer)
            fix = self.fix(cls, binding)
            yield cls.finding(binding.place.statement, message, binding.written, fix=fix)

    def fix(self, cls: ModuleClass, binding: Binding) -> Fix | None:
        statement = binding.place.statement
        value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
        if not isinstance(value, ast.Tuple) or len(value.elts) != 1:
            return None
        without = cls.edits.without_end(value, value.elts[0])
        return Fix("Remove the comma", without) if without else None
