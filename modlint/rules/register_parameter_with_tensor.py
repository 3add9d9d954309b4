from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.events import Binding
from modlint.model.module_class import ModuleClass
from modlint.model.values import Parameter, Tensor
from modlint.rule import Example, Rule


class RegisterParameterWithTensor(Rule):
    """`register_parameter` is given a plain tensor.

    ## What torch does
    `TypeError: cannot assign 'torch.FloatTensor' object to parameter 'scale' (torch.nn.Parameter or None required)`.

    ## When to ignore
    Never. Wrap the tensor in `nn.Parameter`.
    """

    code = "MOD215"
    message = (
        "`register_parameter` needs an `nn.Parameter` for `{attribute}`, not a plain tensor: torch raises TypeError"
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
        self.register_parameter("scale", torch.ones(3))  # MOD215

Net()
""",
            raises="object to parameter 'scale'",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, tensor=None):
        super().__init__()
        self.register_parameter("scale", nn.Parameter(torch.ones(3)))
        self.register_parameter("bias", None)
        self.register_parameter("given", tensor)

Net()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for binding in cls.own_bindings():
            value = binding.value
            plain = isinstance(value, Tensor) or (isinstance(value, Parameter) and value.moved is not None)
            if binding.how == "register_parameter" and plain:
                message = self.message.format(attribute=binding.attribute)
                fix = self.fix(cls, binding) if isinstance(value, Tensor) else None
                yield cls.finding(binding.place.statement, message, binding.written, fix=fix)

    def fix(self, cls: ModuleClass, binding: Binding) -> Fix | None:
        given = binding.node.args[1:2] if isinstance(binding.node, ast.Call) else []
        named = cls.edits.name("torch.nn.Parameter", binding.node)
        if not given or named is None:
            return None
        return Fix("Make it an `nn.Parameter`", (*named.imports, *cls.edits.wrap(given[0], named.text)))
