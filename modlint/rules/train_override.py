from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.facts import FunctionFacts
from modlint.model.modes import mode_override, returns_early
from modlint.model.module_class import ModuleClass
from modlint.model.rewriting import mode_edits
from modlint.rule import Example, Rule

DEFECTS = {
    "modeless": "can't be called as `train(False)`, so `eval()` or the `train()` of a Module around it raises TypeError: write `def train(self, mode=True)`",
    "silent": "returns None, and so does `eval()`, which calls it: end it with `return self`",
    "still": "uses the mode, but neither calls `super().train(mode)` nor sets `self.training`, which the class reads",
}


class TrainOverride(Rule):
    """A Module overrides `train` so that `eval()`, or the `train()` of a Module around it, no longer works.

    `train` must take one argument with the default `True`, switch the children, and return `self`:
    `def train(self, mode=True): super().train(mode); ...; return self`.

    ## What torch does
    `eval()` calls `self.train(False)`, and a Module calls `train(mode)` of its children. A `train` of another form raises
    `TypeError: train() takes 1 positional argument but 2 were given`. One that returns nothing makes `net.train()` and
    `net.eval()` None, so that `net = Net().eval()` loses the model. One that doesn't call the base leaves `training` as it was.

    ## When to ignore
    When the method is a training loop and the mode of this Module is never switched; better give it another name.
    """

    code = "MOD501"
    message = "`train` of `{name}` {defect}"
    fixable = "safe"
    invalid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4)

    def train(self):  # MOD501
        super().train()
        return self

Net().eval()
""",
            raises="takes 1 positional argument but 2 were given",
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4)

    def train(self, mode=True):  # MOD501
        super().train(mode)
        self.norm.eval()

net = Net().eval()
""",
            symptom="net is None",
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def train(self, loader, epochs):  # MOD501
        return [self(batch) for _ in range(epochs) for batch in loader]

    def forward(self, x):
        return x

nn.Sequential(Net()).train()
""",
            raises="missing 1 required positional argument: 'epochs'",
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4)

    def train(self, mode=True):  # MOD501
        self.norm.train(mode)
        return self

    def forward(self, x):
        return self.norm(x) if self.training else x

net = Net().eval()
""",
            symptom="net.training",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Frozen(nn.Module):
    def train(self, mode=True):
        return self

class Partly(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4)

    def train(self, mode: bool = True, keep_norm: bool = True):
        super().train(mode)
        if keep_norm:
            self.norm.eval()
        return self

class Whole(nn.Module):
    def train(self, mode=True):
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

class Loose(Partly):
    def train(self, *args, **kwargs):
        return super().train(*args, **kwargs)

class Abstract(nn.Module):
    def train(self, mode=True):
        raise NotImplementedError

class Trainer:
    def train(self, loader):
        pass

net = nn.Sequential(Frozen(), Partly(), Whole(), Loose()).train().eval()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        found = mode_override(cls)
        if found is not None:
            function, defect = found
            message = self.message.format(name=cls.name, defect=DEFECTS[defect])
            yield cls.finding(function.node, message, "train", fix=self.fix(cls, function, defect))

    def fix(self, cls: ModuleClass, function: FunctionFacts, defect: str) -> Fix | None:
        if defect == "silent" and function.self_name is not None:
            returned = cls.edits.next_statement(function.node.body[-1], f"return {function.self_name}")
            return Fix("Return the Module", returned) if not returns_early(function) else None
        if defect == "modeless":
            taken = mode_edits(cls, function)
            return Fix("Take the mode and hand it on", taken) if taken else None
        return None
