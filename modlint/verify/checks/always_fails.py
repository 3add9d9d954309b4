from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modlint.verify.check import Check, Example, Found

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class AlwaysFails(Check):
    """The constructor or `forward` fails whatever it is given.

    ## What torch does
    The error is about the class itself and not about its arguments: a layer is assigned before `Module.__init__` has run, a name is not
    defined, an attribute that nothing ever sets is read.

    ## When to ignore
    Never.
    """

    code = "MOD919"
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        self.fc = nn.Linear(4, 4)  # MOD919
        super().__init__()

    def forward(self, x):
        return self.fc(x)
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fcc(x)  # MOD919
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __int__(self, dim):
        self.fc = nn.Linear(dim, dim)

    def forward(self, x):
        return self.fc(x)  # MOD919
"""
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self, dim):  # MOD919
        super().__init__()
        self.fc = nn.Linear(dim, dim)
        return self

    def forward(self, x):
        return self.fc(x)
"""
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.add_module("fc.1", nn.Linear(dim, dim))  # MOD919

    def forward(self, x):
        return x
"""
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc = nn.Linear(dim, dim)

    def forward(x):
        return self.fc(x)  # MOD919
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        super().__init__()

    def forward(self, x):
        return self.norm(x)  # MOD919
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(dim, dim), nn.ReLU, nn.Linear(dim, dim))  # MOD919

    def forward(self, x):
        return self.net(x)
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.net = nn.Sequential([nn.Linear(dim, dim), nn.ReLU()])  # MOD919

    def forward(self, x):
        return self.net(x)
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, dim), nn.ReLU()])

    def forward(self, x):
        return self.layers(x)  # MOD919
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.weight = nn.Parameter(torch.arange(4))  # MOD919

    def forward(self, x):
        return x * self.weight
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.weight = torch.zeros(dim)  # MOD919

    def forward(self, x):
        return x * self.weight
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.scale = self.register_buffer("scale", torch.ones(dim))

    def forward(self, x):
        return x * self.scale  # MOD919
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.layers = nn.ModuleList()
        super().__init__()
        for _ in range(2):
            self.layers.append(nn.Linear(dim, dim))  # MOD919

    def forward(self, x):
        return self.layers[0](x)
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(x):
        return torch.var(x, dim=1)  # MOD919
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(10, 20)
        self.second = nn.Linear(30, 5)

    def forward(self, x):
        return self.second(self.first(x).relu())  # MOD919
"""
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def encode(self, x):
        return self.fc(x)

    def forward(self, x):
        return self.encode(x, 2)  # MOD919
"""
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return nn.functionl.relu(self.fc(x))  # MOD919
"""
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return x @ self.fc.weigth  # MOD919
"""
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
        self.state = nn.Linear(8, 4)
        self.other = nn.Linear(8, 4)
        self.out = nn.Linear(8, 2)

    def forward(self, state, other):
        return self.out(torch.cat([self.state(state), self.other(other)], 1))
"""
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def training_loss(self, x):
        return self.fc(x).sum()

class Ready(nn.Module):
    def __init__(self):
        super().__init__()
        self.ready = False

    def prepare(self, dim):
        self.fc = nn.Linear(dim, dim)

    def forward(self, x):
        return self.fc(x)
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x)

class Base(nn.Module):
    def forward(self, x):
        return self.fc(x)

class Whole(Base):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, dim, act=nn.ReLU, init=1, table=(nn.ReLU(), nn.GELU())):
        super().__init__()
        self.weight = nn.Parameter(torch.full((dim,), init))
        self.net = nn.Sequential(nn.Linear(dim, dim), act)

    def forward(self, x):
        return self.net(x) * self.weight
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, dim, make):
        super().__init__()
        self.bias = nn.Parameter(torch.ones(dim))
        self.bias = make(dim)

    def forward(self, x):
        return x + self.bias
"""
        ),
    )

    def check(self, subject: Subject) -> Iterator[Found]:
        """Nothing to find in a model that runs: the worker asks `certain` about the failure of one that doesn't."""
        yield from ()
