from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.module_class import ModuleClass
from modlint.model.overrides import narrow_state_methods
from modlint.rule import Example, Rule


class OverrideStateDict(Rule):
    """A Module overrides `state_dict` or `load_state_dict` with a signature that torch can't call.

    Accept `*args, **kwargs` and pass them on, or use the state-dict hooks.

    ## What torch does
    A Module around it calls `state_dict(destination=..., prefix=..., keep_vars=...)`: `TypeError: state_dict() got an unexpected
    keyword argument 'destination'`. `load_state_dict` is not called for children at all; tools call it with `strict` and
    `assign`.

    ## When to ignore
    When the Module is always the outermost one and no tool loads it.
    """

    code = "MOD610"
    message = "`{method}` of `{name}` doesn't take `{missing}`, which {caller}"
    severity = "warning"
    confidence = "medium"
    default = False
    invalid = (
        Example(
            """
from torch import nn

class Head(nn.Module):
    def state_dict(self):  # MOD610
        return {}

nn.Sequential(Head()).state_dict()
""",
            raises="got an unexpected keyword argument 'destination'",
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def load_state_dict(self, state):  # MOD610
        return super().load_state_dict(state)

Net().load_state_dict({}, strict=False)
""",
            raises="got an unexpected keyword argument 'strict'",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Head(nn.Module):
    def state_dict(self, *args, **kwargs):
        return super().state_dict(*args, **kwargs)

    def load_state_dict(self, state, strict=True, assign=False):
        return super().load_state_dict(state, strict, assign)

class Neck(nn.Module):
    def state_dict(self, destination=None, prefix="", keep_vars=False):
        return super().state_dict(destination=destination, prefix=prefix, keep_vars=keep_vars)

    def load_state_dict(self, state, strict=True):
        return super().load_state_dict(state, strict)

nn.Sequential(Head(), Neck()).state_dict()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for function, missing, caller in narrow_state_methods(cls):
            message = self.message.format(method=function.name, name=cls.name, missing=missing, caller=caller)
            yield cls.finding(function.node, message, function.name)
