from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.construction import generated_methods
from modlint.model.module_class import ModuleClass
from modlint.rule import Example, Rule


class DataclassModule(Rule):
    """A Module is a dataclass whose generated methods do not fit a Module.

    The generated `__init__` assigns the fields before `Module.__init__` runs, and the generated `__eq__` takes the hash
    away.

    ## What torch does
    A field that holds a Module or Parameter raises `AttributeError: cannot assign module before Module.__init__() call`, even
    if `__post_init__` calls `super().__init__()`. With `eq=True`, the default, `.parameters()`, `.to()` and `.modules()` raise
    `TypeError: unhashable type`.

    ## When to ignore
    Never. `@dataclass(init=False, eq=False)` with a written `__init__` is fine, as is `@dataclass(eq=False)` with plain fields
    and a `__post_init__` that calls `super().__init__()`.
    """

    code = "MOD113"
    message = "`{cls}` is a dataclass: {problem}"
    invalid = (
        Example(
            """
from dataclasses import dataclass
from torch import nn

@dataclass
class Net(nn.Module):  # MOD113
    width: int = 4

    def __post_init__(self):
        super().__init__()
        self.fc = nn.Linear(self.width, 2)

nn.Sequential(Net()).eval()
list(Net().parameters())
""",
            raises="unhashable type",
        ),
        Example(
            """
from dataclasses import dataclass
from torch import nn

@dataclass(eq=False)
class Net(nn.Module):  # MOD113
    body: nn.Module

    def __post_init__(self):
        super().__init__()

Net(nn.Linear(4, 2))
""",
            raises="cannot assign module before Module.__init__() call",
        ),
        Example(
            """
from dataclasses import dataclass
from torch import nn

@dataclass(eq=False)
class Net(nn.Module):  # MOD113
    width: int = 4

Net().eval()
""",
            raises="has no attribute",
        ),
    )
    valid = (
        Example(
            """
from dataclasses import dataclass
from torch import nn

@dataclass(eq=False)
class Net(nn.Module):
    width: int = 4

    def __post_init__(self):
        super().__init__()
        self.fc = nn.Linear(self.width, 2)

@dataclass(init=False, eq=False)
class Written(nn.Module):
    width: int = 4

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(self.width, 2)

@dataclass
class Config:
    width: int = 4

list(Net().parameters()), list(Written().parameters()), Config()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        generated = generated_methods(cls)
        if generated is None:
            return
        problem = ""
        if generated.equality:
            problem = "the generated `__eq__` makes it unhashable, so `parameters()` and `.to()` raise TypeError; pass `eq=False`"
        if generated.constructor and not generated.starts:
            problem = "the generated `__init__` never calls `super().__init__()`; call it in `__post_init__`"
        if generated.constructor and generated.module_field:
            problem = f"the generated `__init__` assigns `{generated.module_field}` before `super().__init__()` can run; write `__init__` by hand"
        if problem:
            yield cls.finding(cls.node, self.message.format(cls=cls.name, problem=problem), cls.name)
