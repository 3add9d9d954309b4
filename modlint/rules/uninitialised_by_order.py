from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.submodule_use import early_initialisations
from modlint.rule import Example, Rule


class UninitialisedByOrder(Rule):
    """The constructor initialises all its layers and then makes more of them.

    ## What torch does
    `self.apply(init)` and `self.modules()` see the layers made so far. Those made later keep torch's own initialisation.

    ## When to ignore
    When the later layers are to keep it.
    """

    code = "MOD218"
    message = "`{call}` runs before `self.{attribute}` is made, which keeps torch's own initialisation: do it last"
    severity = "warning"
    confidence = "medium"
    default = False
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 4)
        self.apply(self.init_weights)  # MOD218
        self.fc2 = nn.Linear(4, 4)

    def init_weights(self, module):
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.weight)

    def forward(self, x):
        return self.fc2(self.fc1(x))

net = Net()
""",
            symptom="not net.fc1.weight.any() and bool(net.fc2.weight.any())",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 4)
        self.apply(self.init_weights)
        self.act = nn.ReLU()
        self.fc2 = nn.Linear(4, 4)
        nn.init.zeros_(self.fc2.weight)
        for module in self.modules():
            module.seen = True

    def init_weights(self, module):
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.weight)

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))

Net()(torch.ones(1, 4))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for node, attribute in early_initialisations(cls):
            yield cls.finding(node, self.message.format(call=ast.unparse(node), attribute=attribute))
