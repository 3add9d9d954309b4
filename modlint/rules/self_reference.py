from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.copying import self_references
from modlint.model.module_class import ModuleClass
from modlint.rule import Example, Rule


class SelfReference(Rule):
    """A Module is registered as a submodule of itself or of one of its parts.

    Keep it where torch does not see it: in a list, `self.parent = [parent]`, or in a weak reference.

    ## What torch does
    Every method that goes through the submodules runs in circles: `.to()`, `.train()`, `.eval()`, `state_dict()` and `repr()`
    end in `RecursionError: maximum recursion depth exceeded`.

    ## When to ignore
    Never.
    """

    code = "MOD706"
    message = "`{attribute}` registers `{name}` as {where}: `.to()`, `.train()`, `state_dict()` and `repr()` never end (RecursionError)"
    invalid = (
        Example(
            """
from torch import nn

class Head(nn.Module):
    def __init__(self, parent):
        super().__init__()
        self.parent = parent
        self.fc = nn.Linear(4, 2)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = Head(self)  # MOD706

Net().eval()
""",
            raises="maximum recursion depth exceeded",
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = self  # MOD706

Net().state_dict()
""",
            raises="maximum recursion depth exceeded",
        ),
    )
    valid = (
        Example(
            """
import weakref

from torch import nn

class Hidden(nn.Module):
    def __init__(self, parent):
        super().__init__()
        self.parent = [parent]
        self.other = weakref.ref(parent)
        object.__setattr__(self, "third", parent)

class Reader(nn.Module):
    def __init__(self, parent):
        super().__init__()
        self.width = parent.width

class Plain:
    def __init__(self, parent):
        self.parent = parent

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.width = 4
        self.hidden = Hidden(self)
        self.reader = Reader(self)
        self.plain = Plain(self)

Net().eval()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for node, attribute, part, statement in self_references(cls):
            where = "a submodule of its own part" if part else "its own submodule"
            message = self.message.format(attribute=attribute, name=cls.name, where=where)
            yield cls.finding(node, message, statement=statement)
