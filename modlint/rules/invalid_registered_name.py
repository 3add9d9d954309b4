from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.registration import refused_names
from modlint.rule import Example, Rule


class InvalidRegisteredName(Rule):
    """A submodule, parameter or buffer is registered under a name torch refuses.

    ## What torch does
    `KeyError: 'module name can't contain "."'`, the same for parameters and buffers, `name can't be empty string ""`, or, where the
    Module already has an attribute of that name, `KeyError: "attribute 'train' already exists"`.

    ## When to ignore
    Never.
    """

    code = "MOD210"
    message = "`{name}` cannot be registered: {why}; torch raises KeyError"
    invalid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.add_module("conv.1", nn.Linear(4, 4))  # MOD210

Net()
""",
            raises='contain ".", got: conv.1',
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("train", torch.zeros(3))  # MOD210

Net()
""",
            raises="attribute 'train' already exists",
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.mask = None
        self.register_buffer("mask", torch.zeros(3))  # MOD210

Net()
""",
            raises="attribute 'mask' already exists",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, size=None):
        super().__init__()
        self.add_module("conv_1", nn.Linear(4, 4))
        self.register_parameter("scale", None)
        self.register_parameter("scale", nn.Parameter(torch.ones(3)))
        if size is None:
            self.mask = None
        else:
            self.register_buffer("mask", torch.zeros(size))
        for name in ("a.b", "c.d"):
            self.add_module(name.replace(".", "_"), nn.Linear(4, 4))

Net(), Net(3)
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for binding, why in refused_names(cls):
            yield cls.finding(
                binding.node, self.message.format(name=binding.attribute, why=why), statement=binding.place.statement
            )
