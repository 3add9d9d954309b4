from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.events import Binding
from modlint.model.module_class import ModuleClass
from modlint.model.registration import hidden_modules
from modlint.model.rewriting import registering_container
from modlint.model.values import Box
from modlint.rule import Example, Rule


class ModulesInPlainContainer(Rule):
    """Layers are kept in a plain list, tuple, set or dict, where the Module does not see them.

    Only attributes that are Modules themselves become submodules. Use `nn.ModuleList`, `nn.ModuleDict` or
    `nn.Sequential`.

    ## What torch does
    Nothing is said. The layers work in `forward`, but `parameters()` and `state_dict()` leave them out, so they are never
    trained and never saved, and `.to()`, `.train()` and `.eval()` pass them by.

    ## When to ignore
    When the list hides a Module on purpose, such as a frozen teacher that must not be saved. A list with one name in it
    (`self._teacher = [teacher]`) is taken for that and not reported.
    """

    code = "MOD301"
    message = "`{attribute}` is a plain {kind}: its {modules} not registered, so `parameters()`, `state_dict()` and `.to()` miss them"
    fixable = "safe or unsafe"
    invalid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self, depth=3):
        super().__init__()
        self.layers = [nn.Linear(4, 4) for _ in range(depth)]  # MOD301

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
""",
            symptom="not list(Net().parameters())",
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = {"a": nn.Linear(4, 1), "b": nn.Linear(4, 1)}  # MOD301
        self.pair = (nn.Linear(4, 4), nn.ReLU())  # MOD301
        self.blocks = []  # MOD301
        for size in (4, 8):
            self.blocks.append(nn.Sequential(nn.Linear(4, size), nn.ReLU()))
""",
            symptom="not Net().state_dict()",
        ),
        Example(
            """
from torch import nn

class Block(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.fc = nn.Linear(size, size)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        layers = []
        layers += [Block(4), Block(4)]
        self.layers = layers  # MOD301
        self.grid = [[Block(2), Block(2)], [nn.Linear(2, 2)]]  # MOD301
        self.by_size = dict(small=Block(2), large=Block(8))  # MOD301
""",
            symptom="not Net().state_dict()",
        ),
    )
    valid = (
        Example(
            """
from collections import OrderedDict
from torch import nn

class Wrapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = []
        self.net.append(nn.Linear(4, 4))
        self.net = nn.Sequential(*self.net)
        layers = [nn.Linear(4, 4)]
        layers = nn.Sequential(*layers)
        self.layers = layers
        self.convs = OrderedDict()
        self.convs["a", 0] = nn.Linear(4, 4)
        self.decoder = nn.ModuleList(list(self.convs.values()))
        self.features = [("fc", nn.Linear(4, 4))]
        self.features = nn.Sequential(OrderedDict(self.features))
        self.pairs = [nn.Linear(4, 4)]
        self.finish()

    def finish(self):
        self.pairs_seen = nn.ModuleList(self.pairs)

Wrapped()
"""
        ),
        Example(
            """
from torch import nn

class Registered(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 4)
        self.fc2 = nn.Linear(4, 4)
        self.stages = [self.fc1, self.fc2]
        self.heads = []
        for i in range(3):
            head = nn.Linear(4, 2)
            self.add_module(f"head{i}", head)
            self.heads.append(head)
        self.cells = []
        for i in range(3):
            cell = nn.Linear(4, 2)
            setattr(self, "cell" + str(i), cell)
            self.cells.append(cell)
        self.points = {"a": nn.Linear(4, 4)}
        self.build()

    def build(self):
        for name in self.points:
            self.add_module(name, self.points[name])

Registered()
"""
        ),
        Example(
            """
import torch
from torch import nn

class Plain(nn.Module):
    def __init__(self, teacher, blocks=(nn.Linear, nn.Bilinear)):
        super().__init__()
        self._teacher = [teacher]
        self.shared = (teacher,)
        self.pools = [nn.AvgPool2d(size) for size in (2, 4)]
        self.losses = [nn.MSELoss()]
        self.acts = {"relu": nn.ReLU(), "gelu": nn.GELU()}
        self.blocks = list(blocks)
        self.factories = [lambda: nn.Linear(4, 4)]

class NotAModule:
    def __init__(self):
        self.layers = [nn.Linear(4, 4)]

Plain(nn.Linear(4, 4)), NotAModule()
"""
        ),
    )

    def check(self, cls: ModuleClass) -> Iterator[Finding]:
        for binding, box, lost in hidden_modules(cls):
            names = sorted({i.cls.name for i in lost})
            listed = ", ".join(f"`{name}`" for name in names[:3])
            count = f"{len(lost)} " if box.literal == len(lost) > 1 else ""
            modules = f"{count}{listed} module is" if box.literal == 1 else f"{count}{listed} modules are"
            message = self.message.format(attribute=binding.attribute, kind=box.kind, modules=modules)
            fix = self.fix(cls, binding, box)
            yield cls.finding(binding.place.statement, message, binding.written, fix=fix)

    def fix(self, cls: ModuleClass, binding: Binding, box: Box) -> Fix | None:
        return registering_container(cls, binding, box, "Module")
