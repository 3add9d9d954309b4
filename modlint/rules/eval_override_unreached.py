from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.modes import eval_override, used_as_part
from modlint.model.module_class import ModuleClass
from modlint.rule import Example, Rule


class EvalOverrideUnreached(Rule):
    """A submodule overrides `eval`, but not `train`, to do something when evaluation begins.

    Override `train(self, mode=True)` instead; `eval()` calls it as well.

    ## What torch does
    Nothing is said. The `eval()` of a Module around it calls `train(False)` of its parts and never their `eval()`, so the
    override does not run.

    ## When to ignore
    When `eval()` is called on this very Module.
    """

    code = "MOD505"
    message = "`{name}.eval` does not run when a Module around it is switched: `eval()` there calls `train(False)` of its parts; override `train`"
    severity = "warning"
    invalid = (
        Example(
            """
from torch import nn

class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.merged = False

    def eval(self):  # MOD505
        self.merged = True
        return super().eval()

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = Layer()

net = Net().eval()
""",
            symptom="not net.layer.merged",
        ),
    )
    valid = (
        Example(
            """
from torch import nn

class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.merged = False

    def train(self, mode=True):
        self.merged = not mode
        return super().train(mode)

    def eval(self):
        self.merged = True
        return super().eval()

class Plain(nn.Module):
    def eval(self):
        return self.train(False)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([Layer(), Plain()])
        self.ready = False

    def eval(self):
        self.ready = True
        return super().eval()

Net().eval()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        function = eval_override(cls)
        if function is not None and used_as_part(cls):
            yield cls.finding(function.node, self.message.format(name=cls.name), "eval")
