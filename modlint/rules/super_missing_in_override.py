from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.copying import endless_getattr, left_behind
from modlint.model.module_class import ModuleClass
from modlint.rule import Example, Rule


class SuperMissingInOverride(Rule):
    """A Module overrides a method of torch's without calling the base's, which does what is now missing.

    This is about `_apply`, `to`, `cuda` and `cpu` that leave parts behind, and `__getattr__` that asks for a submodule.

    ## What torch does
    The parts that the override does not name stay on their device: `Expected all tensors to be on the same device`. A Module's
    submodules and parameters are found by `Module.__getattr__`: an override that reads one of them without `super()` calls
    itself, `RecursionError: maximum recursion depth exceeded`.

    ## When to ignore
    When the parts left out must not move.
    """

    code = "MOD704"
    message = "`{method}` of `{name}` doesn't call `super().{method}`: {consequence}"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
        self.offset = torch.zeros(2)

    def to(self, device):  # MOD704
        self.offset = self.offset.to(device)
        return self

    def forward(self, x):
        return self.fc(x) + self.offset.to(x.device)

net = Net().to("meta")
""",
            symptom="net.fc.weight.device.type == 'cpu'",
        ),
        Example(
            """
from torch import nn

class Wrapper(nn.Module):
    def __init__(self):
        super().__init__()
        self.module = nn.Linear(4, 2)

    def __getattr__(self, name):  # MOD704
        return getattr(self.module, name)

Wrapper().in_features
""",
            raises="maximum recursion depth exceeded",
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
        self.fc = nn.Linear(4, 2)

    def to(self, *args, **kwargs):
        super().to(*args, **kwargs)
        return self

    def cuda(self, device=None):
        self.fc = self.fc.cuda(device)
        return self

    def cpu(self):
        return self._apply(lambda tensor: tensor.cpu())

    def _apply(self, fn, recurse=True):
        for child in self.children():
            child._apply(fn)
        return self

class Wrapper(nn.Module):
    def __init__(self):
        super().__init__()
        self.module = nn.Linear(4, 2)

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(self.module, name)

Net().to("cpu").cpu()
Wrapper().in_features
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for function, missed in left_behind(cls):
            parts = ", ".join(f"`{part}`" for part in missed)
            message = self.message.format(method=function.name, name=cls.name, consequence=f"{parts} will not move")
            yield cls.finding(function.node, message, function.name)
        endless = endless_getattr(cls)
        if endless is not None:
            function, part = endless
            consequence = f"reading `self.{part}` in it calls it again, endlessly"
            message = self.message.format(method="__getattr__", name=cls.name, consequence=consequence)
            yield cls.finding(function.node, message, function.name)
