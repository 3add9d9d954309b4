from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.construction import repeated_inits
from modlint.model.module_class import ModuleClass
from modlint.rule import Example, Rule


class RepeatedSuperInit(Rule):
    """`Module.__init__` runs a second time and empties what was registered before.

    ## What torch does
    Nothing is said. The second `Module.__init__` makes new, empty registries: layers, parameters and buffers assigned between the two
    calls are gone from `parameters()` and `state_dict()`, and reading them raises `AttributeError`.

    ## When to ignore
    When nothing is registered between the two calls; that is not reported.
    """

    code = "MOD106"
    message = "this call runs `Module.__init__` again: {lost}, registered before it, {are} lost"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
        nn.Module.__init__(self)  # MOD106

    def forward(self, x):
        return self.fc(x)

Net()(torch.ones(1, 4))
""",
            raises="object has no attribute 'fc'",
        ),
        Example(
            """
from torch import nn

class Left(nn.Module):
    def __init__(self):
        nn.Module.__init__(self)
        self.left = nn.Linear(4, 2)

class Right(nn.Module):
    def __init__(self):
        nn.Module.__init__(self)
        self.right = nn.Linear(4, 2)

class Both(Left, Right):
    def __init__(self):
        Left.__init__(self)
        Right.__init__(self)  # MOD106

names = [name for name, _ in Both().named_children()]
""",
            symptom="names == ['right']",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self, plain=False):
        self.plain = plain
        if plain:
            super().__init__()
        else:
            nn.Module.__init__(self)
        self.fc = nn.Linear(4, 2)

class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.size = 4
        super().__init__()
        self.fc = nn.Linear(4, 2)

Net(), Twice()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for node, statement, names in repeated_inits(cls):
            listed = ", ".join(f"`{name}`" for name in names[:3])
            message = self.message.format(lost=listed, are="are" if len(names) > 1 else "is")
            yield cls.finding(node, message, "__init__", statement=statement)
