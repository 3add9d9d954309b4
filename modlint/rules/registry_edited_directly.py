from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.hooks import edited_registries
from modlint.model.index import FileModel
from modlint.rule import Example, Rule


class RegistryEditedDirectly(Rule):
    """An entry is put into one of a Module's own tables, such as `_parameters` or `_modules`, by hand.

    Use `setattr`, `add_module`, `register_parameter`, `register_buffer` or the hook methods.

    ## What torch does
    Nothing checks the entry. A plain tensor among `_parameters` is listed as a parameter but has no gradient; anything but a
    Module among `_modules` breaks `.to()`, `.train()` and `state_dict()`.

    ## When to ignore
    In code that prunes, quantizes or parametrizes Modules and knows what it puts there.
    """

    code = "MOD703"
    message = "`{owner}.{registry}[...]` is written by hand, past the checks of torch: {remedy}"
    severity = "info"
    default = False
    asks = "file"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self._parameters["weight"] = torch.ones(4)  # MOD703

net = Net()
""",
            symptom="not next(net.parameters()).requires_grad",
        ),
        Example(
            """
from torch import nn

def replace(model, name):
    model._modules[name] = 5  # MOD703

net = nn.Sequential(nn.Linear(4, 2))
replace(net, "0")
net.to("cpu")
""",
            raises="'int' object has no attribute '_apply'",
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
        self.register_parameter("weight", nn.Parameter(torch.ones(4)))
        self._cache = {}
        self._cache["weight"] = 1
        for name, part in self._modules.items():
            print(name, part)
        del self._parameters["weight"]

Net()
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for entry, owner, registry in edited_registries(file):
            remedy = REMEDIES.get(registry, "use the method that registers a hook")
            message = self.message.format(owner=owner, registry=registry, remedy=remedy)
            yield file.finding(entry.node, message, registry, statement=entry.place.statement)


REMEDIES = {
    "_modules": "use `setattr` or `add_module`",
    "_parameters": "use `setattr` or `register_parameter`",
    "_buffers": "use `register_buffer`",
}
