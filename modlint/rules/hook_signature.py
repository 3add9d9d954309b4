from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.hooks import unfit_hooks
from modlint.model.index import FileModel
from modlint.rule import Example, Rule


class HookSignature(Rule):
    """A hook takes other arguments than torch hands over.

    A forward hook gets `(module, args, output)`, a forward pre-hook `(module, args)`, a full backward hook `(module, grad_input,
    grad_output)`; with `with_kwargs=True`, `kwargs` comes behind `args`.

    ## What torch does
    `TypeError: hook() takes 2 positional arguments but 3 were given`, when the Module is called or in the backward pass.

    ## When to ignore
    Never.
    """

    code = "MOD702"
    message = "`{hook}` can't be called with what torch hands to this hook: `({arguments})`"
    asks = "file"
    invalid = (
        Example(
            """
import torch
from torch import nn

def hook(module, output):
    print(output)

model = nn.Linear(4, 2)
model.register_forward_hook(hook)  # MOD702
model(torch.ones(1, 4))
""",
            raises="takes 2 positional arguments but 3 were given",
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
        self.fc.register_forward_pre_hook(self.before, with_kwargs=True)  # MOD702

    def before(self, module, args):
        return args

    def forward(self, x):
        return self.fc(x)

Net()(torch.ones(1, 4))
""",
            raises="takes 3 positional arguments but 4 were given",
        ),
        Example(
            """
import torch
from torch import nn

def attach(model):
    for layer in model.modules():
        layer.register_full_backward_hook(lambda module, grad: None)  # MOD702

model = nn.Linear(4, 2)
attach(model)
model(torch.ones(1, 4, requires_grad=True)).sum().backward()
""",
            raises="takes 2 positional arguments but 3 were given",
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
        self.fc = nn.Linear(4, 2)
        self.fc.register_forward_hook(self.after)
        self.fc.register_forward_hook(self.after_all, with_kwargs=True)
        self.fc.register_forward_pre_hook(self.static)
        self.fc.register_full_backward_hook(lambda module, grad_in, grad_out, name="fc": None)

    def after(self, module, args, output):
        return output

    def after_all(self, *args, **kwargs):
        pass

    @staticmethod
    def static(module, args):
        return args

    def forward(self, x):
        return self.fc(x)

Net()(torch.ones(1, 4, requires_grad=True)).sum().backward()
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for call, hook, handed in unfit_hooks(file):
            message = self.message.format(hook=hook, arguments=", ".join(handed))
            yield file.finding(call.node, message, statement=call.place.statement)
