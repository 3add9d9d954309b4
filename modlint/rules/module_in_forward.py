from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.forwarding import made_in_forward
from modlint.model.module_class import ModuleClass
from modlint.rule import Example, Rule


class ModuleInForward(Rule):
    """A layer is made anew each time `forward` runs.

    Make it in `__init__` and keep it as an attribute.

    ## What torch does
    Nothing is said. A layer with parameters has fresh random weights at each call, which no optimizer ever saw. A new
    `nn.Dropout` is in training mode whatever mode the model is in, so the output is random in `eval()`.

    ## When to ignore
    When the layer's weights are set before it is used. A layer that is made once, behind `if self.fc is None`, is not
    reported.
    """

    code = "MOD308"
    message = "`{layer}` is made anew at each call of `{method}`: {consequence}"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def forward(self, x):
        x = nn.Linear(4, 4)(x)  # MOD308
        norm = nn.BatchNorm1d(4)  # MOD308
        return nn.Dropout(0.5)(norm(x))  # MOD308

net = Net().eval()
x = torch.randn(8, 4)
""",
            symptom="not torch.equal(net(x), net(x))",
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def forward(self, x):
        return self.head(x)

    def head(self, x):
        self.fc = nn.Linear(x.shape[-1], 2)  # MOD308
        return self.fc(x)

net = Net()
before = len(list(net.parameters()))
net(torch.ones(2, 4))
""",
            symptom="before == 0 and len(list(net.parameters())) == 2",
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
        self.fc = None
        self.a = nn.Linear(4, 4)
        self.b = nn.ReLU()

    def forward(self, x):
        if self.fc is None:
            self.fc = nn.Linear(x.shape[-1], 4)
        x = nn.Sequential(self.a, self.b)(self.fc(x))
        carrier = nn.Linear(4, 4, bias=False)
        carrier.weight.data[:] = torch.eye(4)
        x = nn.LayerNorm(x.shape[1:], elementwise_affine=False)(carrier(x))
        return nn.Softmax(dim=-1)(nn.ReLU()(x))

    def make_head(self):
        return nn.Linear(4, 2)

    @staticmethod
    def build():
        return nn.Linear(4, 2)

Net()(torch.ones(2, 4))
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for call, instance, stateful in made_in_forward(cls):
            method = call.place.function.name if call.place.function is not None else "forward"
            consequence = (
                "its weights are new and random every time and are never trained"
                if stateful
                else "it is always in training mode, so it drops in `eval()` too"
            )
            message = self.message.format(layer=instance.cls.name, method=method, consequence=consequence)
            yield cls.finding(call.node, f"{message}; make it in `__init__`", statement=call.place.statement)
