from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.modes import evaluated_in_init
from modlint.model.module_class import ModuleClass
from modlint.rule import Example, Rule


class EvalInInit(Rule):
    """The constructor puts a part into evaluation mode, and the next `train()` of the model undoes it.

    Override `train`: `super().train(mode)`, then `self.backbone.eval()`, then `return self`.

    ## What torch does
    Nothing is said. `model.train()` switches all submodules, so that the frozen batch normalisation goes on to follow the
    batches and dropout drops again.

    ## When to ignore
    When the Module is never trained.
    """

    code = "MOD502"
    message = "`{source}` in the constructor is undone by the next `train()` of `{name}`: override `train` to repeat it"
    severity = "warning"
    confidence = "low"
    default = False
    invalid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
        self.backbone.eval()  # MOD502
        self.neck = nn.Dropout(0.5).eval()  # MOD502
        self.head = nn.Linear(4, 2)

net = Net().train()
""",
            symptom="net.backbone.training",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
        self.backbone.eval()

    def train(self, mode=True):
        super().train(mode)
        self.backbone.eval()
        return self

class Loss(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
        self.layers.eval()
        self.features = features
        self.features.eval()
        self.eval()

class Sure(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
        self.norm.eval()

    def forward(self, x):
        self.norm.eval()
        return self.norm(x)

Net().train()
Loss(Sure())
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for call in evaluated_in_init(cls):
            message = self.message.format(source=ast.unparse(call.node), name=cls.name)
            yield cls.finding(call.node, message, statement=call.place.statement)
