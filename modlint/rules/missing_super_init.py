from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.construction import base_init_takes_nothing, calls_base_init, faulty_base, misused_supers
from modlint.model.events import Started
from modlint.model.facts import FunctionFacts
from modlint.model.module_class import ModuleClass
from modlint.rule import Example, Rule


class MissingSuperInit(Rule):
    """The constructor of a Module never runs `Module.__init__`.

    `Module.__init__` makes the registries for parameters, buffers, submodules and hooks. Without it there is nothing to
    register a layer in.

    ## What torch does
    The first layer or parameter that is assigned raises `AttributeError: cannot assign module before Module.__init__()
    call`. A Module that assigns only plain values can be built, but calling it, `.to()`, `.eval()` or `.parameters()`
    raises an `AttributeError` about `_modules`, `_parameters` or `_backward_hooks`.

    ## When to ignore
    When the class is a mixin whose constructor runs after that of another base class.
    """

    code = "MOD101"
    message = "`{cls}.__init__` never calls `super().__init__()`"
    fixable = "safe"
    invalid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):  # MOD101
        self.fc = nn.Linear(4, 2)

Net()
""",
            raises="cannot assign module before Module.__init__() call",
        ),
        Example(
            """
import torch
from torch import nn

class Scale(nn.Module):
    def __init__(self, factor):  # MOD101
        self.factor = factor

    def forward(self, x):
        return x * self.factor

Scale(2.0)(torch.ones(2))
""",
            raises="object has no attribute '_backward_hooks'",
        ),
        Example(
            """
from torch import nn

class Sized:
    def __init__(self, size):
        self.size = size

class Net(Sized, nn.Module):
    def __init__(self):  # MOD101
        super().__init__(4)
        self.fc = nn.Linear(4, 2)

Net()
""",
            raises="cannot assign module before Module.__init__() call",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

class Old(nn.Module):
    def __init__(self):
        nn.Module.__init__(self)
        self.fc = nn.Linear(4, 2)

class Inherited(Net):
    def forward(self, x):
        return self.fc(x)

Net(), Old(), Inherited()
"""
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        self.setup(4)
        self.fc = nn.Linear(4, 2)

    def setup(self, size):
        super().__init__()
        self.size = size

class Stub(nn.Module):
    def __init__(self):
        raise NotImplementedError

class Cooperative:
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.mixed = True

class Mixed(Cooperative, nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

Net(), Mixed()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        init = cls.method("__init__")
        if (
            init is None
            or cls.method("__new__") is not None
            or not cls.mro.complete
            or cls.node.decorator_list
            or not cls.init_exits
        ):
            return
        if any(state is not Started.NO for state in cls.init_exits) or misused_supers(cls) or faulty_base(cls):
            return
        first = next(cls.own_bindings(), None)
        if first is None or not first.place.in_init:
            return
        message, fix = self.message.format(cls=cls.name), self.fix(cls, init)
        if calls_base_init(cls):
            message = f"`{cls.name}.__init__` calls a base class whose constructor never reaches `Module.__init__`"
            fix = None
        text = f"{message}: torch cannot register layers, parameters or hooks"
        yield cls.finding(init.node, text, "__init__", fix=fix)

    def fix(self, cls: ModuleClass, init: FunctionFacts) -> Fix | None:
        if init.self_name is None or not base_init_takes_nothing(cls):
            return None
        return Fix("Call `super().__init__()` first", cls.edits.first_statement(init.node, "super().__init__()"))
