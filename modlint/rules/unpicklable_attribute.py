from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.copying import unpicklable
from modlint.model.module_class import ModuleClass
from modlint.rule import Example, Rule


class UnpicklableAttribute(Rule):
    """A Module keeps something that can't be pickled: a lambda, an inner function, a generator, an open file, a lock.

    Use a method, a function of the file or `functools.partial`; open files where they are used.

    ## What torch does
    `torch.save(model)`, `spawn`ed workers and processes fail: `Can't pickle local object`. `copy.deepcopy` fails for all but
    functions. `state_dict()` is not affected.

    ## When to ignore
    When only the `state_dict` is ever saved.
    """

    code = "MOD705"
    message = "`{attribute}` is {what}, which can't be pickled: `torch.save` of the `{name}` itself and spawned processes fail"
    severity = "info"
    default = False
    invalid = (
        Example(
            """
import io

import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = lambda x: x.relu()  # MOD705

torch.save(Net(), io.BytesIO())
""",
            raises="Net.__init__.<locals>.<lambda>",
        ),
        Example(
            """
import copy
import threading

from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()  # MOD705

copy.deepcopy(Net())
""",
            raises="cannot pickle '_thread.lock' object",
        ),
    )
    valid = (
        Example(
            """
import threading

import torch
from torch import nn

def act(x):
    return x.relu()

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = act
        self.norm = torch.nn.functional.normalize

class Guarded(nn.Module):
    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()

    def __getstate__(self):
        return {k: v for k, v in self.__dict__.items() if k != "lock"}

Net()
Guarded()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for binding, what in unpicklable(cls):
            message = self.message.format(attribute=binding.attribute, what=what, name=cls.name)
            yield cls.finding(binding.place.statement, message, binding.written)
