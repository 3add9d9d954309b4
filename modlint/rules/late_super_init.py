from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.construction import plain_super_call
from modlint.model.events import Binding, Started
from modlint.model.module_class import ModuleClass
from modlint.model.values import Const, Instance, Parameter, alternatives
from modlint.rule import Example, Rule


class LateSuperInit(Rule):
    """A layer, parameter or buffer is assigned before `super().__init__()` has run.

    The registries that take layers and parameters are made by `Module.__init__`; plain numbers and strings may be
    assigned before it, Modules and Parameters may not.

    ## What torch does
    `AttributeError: cannot assign module before Module.__init__() call` (for a parameter or buffer, the same with that
    word).

    ## When to ignore
    Never: the constructor cannot finish.
    """

    code = "MOD102"
    message = "`{attribute}` is assigned before `super().__init__()` runs: torch cannot register a {kind} yet and raises AttributeError"
    fixable = "safe"
    invalid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        self.fc = nn.Linear(4, 2)  # MOD102
        super().__init__()

Net()
""",
            raises="cannot assign module before Module.__init__() call",
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, encoder: nn.Module):
        self.encoder = encoder  # MOD102
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

Net(nn.Linear(2, 2))
""",
            raises="cannot assign module before Module.__init__() call",
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        self.scale = nn.Parameter(torch.ones(1))  # MOD102
        super().__init__()

Net()
""",
            raises="cannot assign parameters before Module.__init__() call",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self, width=4, bias=True):
        self.width = width
        self.names = ["a", "b"]
        self.layer = nn.Linear
        if bias:
            super().__init__()
            self.kind = "biased"
        else:
            super().__init__()
        self.fc = self.layer(width, 2, bias=bias)

Net()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        if not cls.mro.complete or all(state is Started.NO for state in cls.init_exits):
            return
        for binding in cls.own_bindings():
            kind = self._registered_kind(cls, binding)
            if binding.started is Started.NO and kind:
                message = self.message.format(attribute=binding.attribute, kind=kind)
                yield cls.finding(binding.place.statement, message, binding.written, fix=self.fix(cls))

    def fix(self, cls: ModuleClass) -> Fix | None:
        """Move the call to the start, where it stands on a line of its own and takes nothing."""
        init, call = cls.method("__init__"), plain_super_call(cls)
        removed = None if call is None else cls.edits.without_statement(call)
        if init is None or call is None or removed is None:
            return None
        text = cls.edits.text(call)
        return Fix(f"Call `{text}` first", (*removed, *cls.edits.first_statement(init.node, text)))

    def _registered_kind(self, cls: ModuleClass, binding: Binding) -> str:
        """What torch calls the thing it would have to register; empty for plain values."""
        if binding.how == "register_buffer":
            return "buffer"
        kinds = set()
        for value in alternatives(binding.value):
            if isinstance(value, Instance) and cls.graph.is_module(value.cls):
                kinds.add("module")
            elif isinstance(value, Parameter) and value.moved is None:
                kinds.add("parameter")
            elif not (isinstance(value, Const) and value.value is None):
                return ""
        return kinds.pop() if len(kinds) == 1 else ""
