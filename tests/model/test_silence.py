"""Legitimate idioms of real projects: valid under torch, and no rule says a word."""

from __future__ import annotations

import inspect
import sys
import types
from pathlib import Path

import pytest

from modlint.analysis import Analyser
from modlint.catalogue import all_rules
from modlint.source import Source

torch = pytest.importorskip("torch")

HEAD = """\
import copy
from collections import OrderedDict
from functools import partial

import torch
import torch.nn as nn
import torch.nn.functional as F


"""
CONTAINERS = {
    "list wrapped under its own name": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = []
        for i in range(2):
            self.net.append(nn.Linear(4, 4))
        self.net = nn.Sequential(*self.net)

    def forward(self, x):
        return self.net(x)
""",
    "dict with tuple keys, values wrapped": """
class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.convs = OrderedDict()
        for i in range(2):
            self.convs["up", i] = nn.Linear(4, 4)
        self.decoder = nn.ModuleList(list(self.convs.values()))

    def forward(self, x):
        return self.convs["up", 0](x)
""",
    "dict registered by a method": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.ends = {}
        self.ends["a"] = nn.Linear(4, 4)
        self.build()

    def build(self):
        for key in self.ends.keys():
            self.add_module(key, self.ends[key])

    def forward(self, x):
        return self._modules["a"](x)
""",
    "each added by name too": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.convs = []
        for i in range(2):
            conv = nn.Linear(4, 4)
            self.add_module(f"conv{i}", conv)
            self.convs.append(conv)

    def forward(self, x):
        for conv in self.convs:
            x = conv(x)
        return x
""",
    "each set by name too": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self._all = []
        for i in range(2):
            cell = nn.Linear(4, 4)
            setattr(self, "cell{}".format(i), cell)
            self._all.append(cell)

    def forward(self, x):
        return self._all[0](x)
""",
    "added from the list afterwards": """
class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = [nn.Linear(4, 4) for _ in range(2)]
        for i, head in enumerate(self.heads):
            self.add_module("head_{}".format(i), head)

    def forward(self, x):
        return torch.cat([head(x) for head in self.heads])
""",
    "list of registered": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer1 = nn.Linear(4, 4)
        self.layer2 = nn.Linear(4, 4)
        self.stages = [self.layer1, self.layer2]

    def forward(self, x):
        for stage in self.stages:
            x = stage(x)
        return x
""",
    "pairs wrapped later": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = [("fc", nn.Linear(4, 4)), ("act", nn.ReLU())]
        self.features = nn.Sequential(OrderedDict(self.features))

    def forward(self, x):
        return self.features(x)
""",
    "rebound inside the loop": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.bn = []
        for i in range(2):
            self.bn.append(nn.BatchNorm1d(4))
            if i == 1:
                self.bn = nn.ModuleList(self.bn)

    def forward(self, x):
        return self.bn[0](x)
""",
    "local rebound": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        layers = [nn.Linear(4, 4)]
        layers = nn.Sequential(*layers)
        self.c = layers

    def forward(self, x):
        return self.c(x)
""",
    "stateless modules in lists and dicts": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.pools = [nn.AvgPool2d(s) for s in (1, 2)]
        self.losses = [nn.MSELoss(), nn.L1Loss()]
        self.acts = {"relu": nn.ReLU(), "gelu": nn.GELU()}

    def forward(self, x):
        return self.acts["relu"](self.pools[0](x.unsqueeze(1)))
""",
    "teacher hidden in a list": """
class Student(nn.Module):
    def __init__(self, teacher):
        super().__init__()
        self._teacher = [teacher]
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x), self._teacher[0](x)

Student(nn.Linear(4, 4))(torch.ones(1, 4))
""",
    "model hidden in a tuple": """
class Wrapper(nn.Module):
    def __init__(self, model: nn.Module):
        super().__init__()
        self._model = (model,)

    def forward(self, x):
        return self._model[0](x)

Wrapper(nn.Linear(4, 4))(torch.ones(1, 4))
""",
    "list of the layers of a Sequential beside it": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        conv_layers = [nn.Linear(4, 4), nn.Linear(4, 4)]
        sequence = []
        for conv in conv_layers:
            sequence.extend([conv, nn.ReLU()])
        self.conv = nn.Sequential(*sequence)
        self.conv_layers = conv_layers

    def forward(self, x):
        return self.conv(x)
""",
    "classes and factories in lists": """
class Net(nn.Module):
    kinds = [nn.Linear, nn.Bilinear]

    def __init__(self, norms=(nn.BatchNorm1d, nn.LayerNorm)):
        super().__init__()
        self.norms = list(norms)
        self.makers = [partial(nn.Linear, 4), lambda n: nn.Linear(n, n)]
        self.net = nn.ModuleList([self.makers[0](4), self.norms[0](4)])

    def forward(self, x):
        return self.net[0](x)
""",
    "nested list wrapped level by level": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        rows = []
        for i in range(2):
            row = []
            for j in range(2):
                row.append(nn.Linear(4, 4))
            rows.append(nn.ModuleList(row))
        self.rows = nn.ModuleList(rows)

    def forward(self, x):
        return self.rows[0][1](x)
""",
    "wrapped by the caller of the helper": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList(self.make(2))
        self.tail = nn.Sequential(*self.make(1), nn.ReLU())

    def make(self, n):
        return [nn.Linear(4, 4) for _ in range(n)]

    def forward(self, x):
        return self.tail(self.blocks[0](x))
""",
    "wrapped by an own container": """
class Stack(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x):
        return self.layers[0](x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.raw = [nn.Linear(4, 4), nn.Linear(4, 4)]
        self.stack = Stack(self.raw)

    def forward(self, x):
        return self.stack(x)
""",
    "wrapped under a condition": """
class Net(nn.Module):
    def __init__(self, deep=True):
        super().__init__()
        layers = [nn.Linear(4, 4)]
        if deep:
            layers += [nn.ReLU(), nn.Linear(4, 4)]
        self.layers = nn.Sequential(*layers) if deep else layers[0]

    def forward(self, x):
        return self.layers(x)
""",
    "parameters also registered": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.kernels = []
        for i in range(2):
            kernel = nn.Parameter(torch.randn(4))
            self.register_parameter(f"kernel{i}", kernel)
            self.kernels.append(kernel)

    def forward(self, x):
        return x * self.kernels[0]
""",
    "optimizer groups": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.b = nn.Linear(4, 4)
        self.groups = [{"params": self.a.parameters()}, {"params": self.b.parameters(), "lr": 0.1}]
        self.fast = [self.a.weight, self.b.weight]

    def forward(self, x):
        return self.b(self.a(x))
""",
    "a plain class holds modules": """
class Trainer:
    def __init__(self):
        self.models = [nn.Linear(4, 4), nn.Linear(4, 4)]
        self.heads = {"a": nn.Linear(4, 4)}

    def run(self, x):
        return self.models[0](x)

Trainer().run(torch.ones(1, 4))
""",
    "zipped into a ModuleDict": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        names = ["a", "b"]
        layers = [nn.Linear(4, 4) for _ in names]
        self.heads = nn.ModuleDict(dict(zip(names, layers)))

    def forward(self, x):
        return {k: head(x) for k, head in self.heads.items()}
""",
    "moves its list itself": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.towers = [nn.Linear(4, 4), nn.Linear(4, 4)]

    def _apply(self, fn, recurse=True):
        for tower in self.towers:
            tower._apply(fn)
        return super()._apply(fn, recurse)

    def parameters(self, recurse=True):
        for tower in self.towers:
            yield from tower.parameters()

    def forward(self, x):
        return self.towers[0](x)
""",
}
TENSORS = {
    "moved in forward": """
class MeanShift(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = torch.tensor([0.4, 0.4, 0.4]).view(1, 3, 1, 1)

    def forward(self, x):
        self.mean = self.mean.type_as(x)
        return x - self.mean
""",
    "moved at use": """
class Loss(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = torch.tensor([1.0, 2.0])

    def forward(self, x):
        return x * self.weights.to(x.device)
""",
    "scalar": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.eps = torch.tensor(1e-6)

    def forward(self, x):
        return x / (x.norm() + self.eps)
""",
    "tensor first, Parameter later": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.W = torch.randn(4, 4)
        self.W = nn.Parameter(nn.init.xavier_uniform_(self.W))

    def forward(self, x):
        return x @ self.W
""",
    "tensor first, buffer later": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        mask = torch.ones(4)
        mask[0] = 0
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x):
        return x * self.mask
""",
    "python numbers of a tensor": """
class DropPaths(nn.Module):
    def __init__(self):
        super().__init__()
        self.rates = [x.item() for x in torch.linspace(0, 0.1, 4)]
        self.sizes = torch.arange(4).tolist()
        self.scale = torch.ones(4).sum().item()

    def forward(self, x):
        return x * self.rates[1] * self.sizes[2] * self.scale
""",
    "only its shape is read": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.grid = torch.zeros(4, 4)

    def forward(self, x):
        return x.view(-1, self.grid.shape[0]) * self.grid.numel() * self.grid.size(0)
""",
    "index tensor": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.order = torch.tensor([3, 2, 1, 0])

    def forward(self, x):
        return x[:, self.order]
""",
    "placeholder, rebuilt per call": """
class Rope(nn.Module):
    def __init__(self):
        super().__init__()
        self.cache = None

    def forward(self, x):
        if self.cache is None or self.cache.shape != x.shape:
            self.cache = torch.ones_like(x)
        return x * self.cache
""",
    "rebuilt by a method": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.mask = torch.ones(1, 4)

    def update(self, x):
        self.mask = torch.ones(1, x.shape[1], device=x.device)

    def forward(self, x):
        self.update(x)
        return x * self.mask
""",
    "read in the constructor only": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.prior = torch.rand(4)
        self.fc = nn.Linear(4, 4)
        with torch.no_grad():
            self.fc.bias.copy_(self.prior)

    def forward(self, x):
        return self.fc(x)
""",
    "_apply moves it": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.rand(4)

    def _apply(self, fn, recurse=True):
        self.table = fn(self.table)
        return super()._apply(fn, recurse)

    def forward(self, x):
        return x * self.table
""",
    "list of tensors registered one by one": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        for i in range(2):
            self.register_buffer(f"anchor{i}", torch.rand(4))

    @property
    def anchors(self):
        return [getattr(self, f"anchor{i}") for i in range(2)]

    def forward(self, x):
        return x + self.anchors[0]
""",
    "parameter with requires_grad_": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.ones(4)).requires_grad_(False)
        self.v = nn.init.normal_(nn.Parameter(torch.empty(4)))

    def forward(self, x):
        return x * self.w * self.v
""",
    "parameter from a converted tensor": """
class Net(nn.Module):
    def __init__(self, device="cpu"):
        super().__init__()
        self.w = nn.Parameter(torch.randn(4).to(device) * 0.1)
        self.scale = nn.Parameter(torch.ones(4, device=device).view(1, 4))

    def forward(self, x):
        return x * self.w * self.scale
""",
    "parameter's data": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.ones(4))
        self.w.data.mul_(0.1)
        self.w.data = self.w.data.view(4)

    def forward(self, x):
        return x * self.w
""",
    "parameter used in arithmetic through a local": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        w = nn.Parameter(torch.ones(4))
        self.w = w
        self.norm = float((w * 2).sum())

    def forward(self, x):
        return x * self.w / self.norm
""",
    "latent code that an attack optimises": """
class Attack:
    def __init__(self):
        self.delta = torch.zeros(4, requires_grad=True)

    def step(self, model, x):
        return torch.autograd.grad(model(x + self.delta).sum(), self.delta)

Attack().step(nn.Linear(4, 4), torch.ones(1, 4))
""",
    "given tensor": """
class Net(nn.Module):
    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def forward(self, x):
        return x * self.weight

Net(torch.ones(4))(torch.ones(4))
""",
    "property makes the tensor": """
class Net(nn.Module):
    @property
    def window(self):
        return torch.hann_window(4)

    def forward(self, x):
        return x * self.window.to(x)
""",
    "optional parameter": """
class Net(nn.Module):
    def __init__(self, bias=False):
        super().__init__()
        if bias:
            self.bias = nn.Parameter(torch.zeros(4))
        else:
            self.register_parameter("bias", None)
        self.gamma = nn.Parameter(torch.ones(4)) if bias else 1.0

    def forward(self, x):
        x = x * self.gamma
        return x if self.bias is None else x + self.bias
""",
    "weight norm by hand": """
class WeightNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        weight = self.fc.weight
        del self.fc._parameters["weight"]
        self.fc.register_parameter("weight_v", nn.Parameter(weight.data))
        self.fc.weight = weight.data

    def forward(self, x):
        self.fc.weight = self.fc.weight_v / self.fc.weight_v.norm()
        return self.fc(x)
""",
}
CONSTRUCTION = {
    "by the class": """
class Net(nn.Module):
    def __init__(self):
        nn.Module.__init__(self)
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x)
""",
    "two bases by name": """
class Mixin:
    def __init__(self, n):
        self.n = n


class Net(nn.Module, Mixin):
    def __init__(self):
        nn.Module.__init__(self)
        Mixin.__init__(self, 3)
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x) * self.n
""",
    "helper calls super": """
class Positional(nn.Embedding):
    def __init__(self, n):
        self.make_weight(n)

    def make_weight(self, n):
        super().__init__(n, 4)
        self.weight.requires_grad = False

Positional(3)
""",
    "plain attributes before super": """
class Net(nn.Module):
    def __init__(self, sizes=(4, 4)):
        self.inplanes = 64
        self.sizes = list(sizes)
        self.norm_layer = nn.BatchNorm1d
        self.dilation = 1
        super().__init__()
        self.fc = nn.Linear(*self.sizes)

    def forward(self, x):
        return self.fc(x)
""",
    "super in both branches": """
class Net(nn.Sequential):
    def __init__(self, act=True):
        fc = nn.Linear(4, 4)
        if act:
            super().__init__(fc, nn.ReLU())
        else:
            super().__init__(fc)

Net()(torch.ones(1, 4))
""",
    "super in a match": """
class Net(nn.Sequential):
    def __init__(self, kind="relu"):
        match kind:
            case "relu":
                super().__init__(nn.Linear(4, 4), nn.ReLU())
            case "gelu":
                super().__init__(nn.Linear(4, 4), nn.GELU())
            case _:
                raise ValueError(kind)

Net()(torch.ones(1, 4))
""",
    "super in try": """
class Net(nn.Module):
    def __init__(self, **options):
        try:
            super().__init__(**options)
        except TypeError:
            super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x)
""",
    "super in a loop that always turns": """
class Net(nn.Module):
    def __init__(self):
        while True:
            super().__init__()
            break
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x)
""",
    "stub that raises": """
class Abstract(nn.Module):
    def __init__(self):
        raise NotImplementedError

    def forward(self, x):
        raise NotImplementedError
""",
    "early raise": """
class Net(nn.Module):
    def __init__(self, n=4):
        if n < 1:
            raise ValueError("n")
        super().__init__()
        self.fc = nn.Linear(n, n)

    def forward(self, x):
        return self.fc(x)
""",
    "ancestor skipped on purpose": """
class Head(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.big = nn.Linear(n, 1000)

    def forward(self, x):
        return self.big(x)


class Small(Head):
    def __init__(self, n):
        super(Head, self).__init__()
        self.big = nn.Linear(n, 4)

Small(4)(torch.ones(1, 4))
""",
    "nested class names itself in full": """
class Outer(nn.Module):
    class Inner(nn.Module):
        def __init__(self):
            super(Outer.Inner, self).__init__()
            self.fc = nn.Linear(4, 4)

        def forward(self, x):
            return self.fc(x)

    def __init__(self):
        super(Outer, self).__init__()
        self.inner = Outer.Inner()

    def forward(self, x):
        return self.inner(x)
""",
    "super(__class__, self)": """
class Net(nn.Module):
    def __init__(self):
        super(__class__, self).__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x)
""",
    "renamed class": """
class _Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x)


Net = _Net
Net()(torch.ones(1, 4))
""",
    "mixin before Module": """
class Init:
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.ready = True


class Net(Init, nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x) if self.ready else x
""",
    "super in a nested call": """
def once(function):
    function()


class Net(nn.Module):
    def __init__(self):
        once(super().__init__)
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x)
""",
    "dataclass with own constructor": """
import dataclasses


@dataclasses.dataclass(init=False, eq=False)
class Net(nn.Module):
    n: int

    def __init__(self, n=4):
        super().__init__()
        self.n = n
        self.fc = nn.Linear(n, n)

    def forward(self, x):
        return self.fc(x)
""",
    "dataclass that starts in __post_init__": """
from dataclasses import dataclass


@dataclass(eq=False)
class Net(nn.Module):
    n: int = 4

    def __post_init__(self):
        super().__init__()
        self.fc = nn.Linear(self.n, self.n)

    def forward(self, x):
        return self.fc(x)
""",
    "__new__ starts it": """
class Net(nn.Module):
    def __new__(cls, *args):
        made = super().__new__(cls)
        nn.Module.__init__(made)
        return made

    def __init__(self):
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x)
""",
    "metaclass starts it": """
class Meta(type):
    def __call__(cls, *args, **kwargs):
        made = cls.__new__(cls)
        nn.Module.__init__(made)
        made.__init__(*args, **kwargs)
        return made


class Base(nn.Module, metaclass=Meta):
    pass


class Net(Base):
    def __init__(self):
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x)
""",
}
FORWARD = {
    "dropout follows training": """
class Net(nn.Module):
    def forward(self, x):
        x = F.dropout(x, 0.5, self.training)
        x = F.dropout(x, p=0.5, training=self.training)
        if self.training:
            x = F.dropout(x, 0.1)
        return F.dropout(x, 0.5, training=False)
""",
    "dropout rate follows training": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.p = 0.5

    def forward(self, q, k, v):
        p = self.p if self.training else 0.0
        q = F.dropout(q, self.p if self.training else 0.0)
        q = F.scaled_dot_product_attention(q, k, v, dropout_p=p)
        return F.scaled_dot_product_attention(q, k, v, dropout_p=self.p if self.training else 0)
""",
    "dropout returns early in evaluation": """
class DropPath(nn.Module):
    def forward(self, x):
        if not self.training:
            return x
        return F.dropout(x, 0.5)
""",
    "dropout always on by name": """
class MCDropout(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5, True)


class Prenet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return F.dropout(F.relu(self.fc(x)), p=0.5, training=True)
""",
    "functions that don't drop by default": """
class Net(nn.Module):
    def forward(self, x):
        x = F.alpha_dropout(x, 0.5)
        x = F.feature_alpha_dropout(x, 0.5)
        return F.rrelu(x)
""",
    "dropout options spread": """
class Net(nn.Module):
    def forward(self, x):
        options = {"p": 0.5, "training": self.training}
        return F.dropout(x, **options)
""",
    "stateless modules made in forward": """
class Net(nn.Module):
    def forward(self, x, y):
        x = nn.ReLU()(x)
        x = nn.Softmax(dim=-1)(x)
        x = nn.LayerNorm(x.shape[1:], elementwise_affine=False)(x)
        return nn.MSELoss()(x, y)
""",
    "lazily built": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = None

    def forward(self, x):
        if self.fc is None:
            self.fc = nn.Linear(x.shape[-1], 4).to(x)
        return self.fc(x)
""",
    "lazily built, hasattr": """
class Net(nn.Module):
    def forward(self, x):
        if not hasattr(self, "fc"):
            self.fc = nn.Linear(x.shape[-1], 4).to(x)
        return self.fc(x)
""",
    "regrouped in forward": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.b = nn.Linear(4, 4)

    def forward(self, x):
        return nn.Sequential(self.a, nn.ReLU(), self.b)(x)
""",
    "kernel carrier": """
class Blur(nn.Module):
    def forward(self, x):
        conv = nn.Conv2d(1, 1, 3, bias=False)
        conv.weight.data[:] = 1 / 9
        return conv(x)
""",
    "factory beside forward": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = self.make(4)

    @staticmethod
    def make(n):
        return nn.Sequential(nn.Linear(n, n), nn.ReLU())

    def clone(self):
        return nn.Linear(4, 4), copy.deepcopy(self)

    def reset_classifier(self, n):
        self.fc = nn.Linear(4, n)

    def forward(self, x):
        return self.fc(x)
""",
    "super and base forwards": """
class Base(nn.Module):
    def forward(self, x):
        return x


class Net(Base):
    def forward(self, x):
        return super().forward(x) + Base.forward(self, x)

    def predict(self, x):
        return self.forward(x)
""",
    "forward of what is no Module": """
class Solver:
    def forward(self, x):
        return x


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * x

    @staticmethod
    def backward(ctx, grad):
        return grad


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.solver = Solver()

    def forward(self, x):
        return self.solver.forward(x) + Square.apply(x)
""",
    "abstract base without forward": """
class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def features(self, x):
        return self.fc(x)


class Net(Backbone):
    def forward(self, x):
        return self.features(x)

Net()(torch.ones(1, 4))
""",
    "forward by assignment": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def run(self, x):
        return self.fc(x)

    forward = run


class Chosen(nn.Module):
    def __init__(self, fast=True):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.forward = self.fast if fast else self.slow

    def fast(self, x):
        return self.fc(x)

    def slow(self, x):
        return self.fc(x) + 0

Net()(torch.ones(1, 4)), Chosen()(torch.ones(1, 4))
""",
    "containers need no forward": """
class Stack(nn.ModuleList):
    def __init__(self):
        super().__init__([nn.Linear(4, 4)])


class Chain(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(4, 4))

Chain()(torch.ones(1, 4)), Stack()[0](torch.ones(1, 4))
""",
    "helper called like a misspelled method": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self._init()
        self.fc = nn.Linear(4, 4)

    def _init(self):
        self.n = 3

    def forwards(self, xs):
        return [self.forward(x) for x in xs]

    def forward(self, x):
        return self.fc(x) * self.n

Net().forwards([torch.ones(1, 4)])
""",
}
ATTRIBUTES = {
    "set by name": """
class Net(nn.Module):
    def __init__(self, **options):
        super().__init__()
        for key, value in options.items():
            setattr(self, key, value)

    def forward(self, x):
        return x * self.scale

Net(scale=2)(torch.ones(4))
""",
    "set through __dict__": """
class Net(nn.Module):
    def __init__(self, scale=2):
        super().__init__()
        self.__dict__.update(scale=scale)

    def forward(self, x):
        return x * self.scale

Net()(torch.ones(4))
""",
    "set through vars": """
class Net(nn.Module):
    def __init__(self, **options):
        super().__init__()
        vars(self).update(options)

    def forward(self, x):
        return x * self.scale

Net(scale=2)(torch.ones(4))
""",
    "set by a helper function": """
def set_attributes(target, values):
    for key, value in values.items():
        if key != "self":
            setattr(target, key, value)


class Net(nn.Module):
    def __init__(self, scale=2):
        super().__init__()
        set_attributes(self, {"scale": scale})

    def forward(self, x):
        return x * self.scale

Net()(torch.ones(4))
""",
    "__getattr__": """
class Wrapper(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(self.model, name)

    def forward(self, x):
        return self.model(x) + self.weight.sum()

Wrapper(nn.Linear(4, 4))(torch.ones(1, 4))
""",
    "asked first": """
class Net(nn.Module):
    def forward(self, x):
        if hasattr(self, "extra"):
            x = x + self.extra
        try:
            x = x * self.factor
        except AttributeError:
            pass
        return x + getattr(self, "bias", 0)
""",
    "set from outside": """
class Net(nn.Module):
    def forward(self, x):
        return x.to(self.first_device)


def parallelise(net):
    net.first_device = "cpu"
    return net

parallelise(Net())(torch.ones(4))
""",
    "added by computed name": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        for i in range(2):
            self.add_module(f"fc{i}", nn.Linear(4, 4))
            self.register_buffer("mask%d" % i, torch.ones(4))

    def forward(self, x):
        return self.fc1(self.fc0(x)) * self.mask0
""",
    "mixin reads what the class brings": """
class Pooling:
    def pool(self, x):
        return x.mean(self.dim)


class Net(Pooling, nn.Module):
    def __init__(self):
        super().__init__()
        self.dim = 1

    def forward(self, x):
        return self.pool(x)
""",
    "abstract base reads what its subclasses bring": """
class Base(nn.Module):
    def forward(self, x):
        return self.fc(x)


class Net(Base):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

Net()(torch.ones(1, 4))
""",
    "bound in another method": """
class Net(nn.Module):
    def setup(self):
        self.fc = nn.Linear(4, 4)
        return self

    def forward(self, x):
        return self.fc(x)

Net().setup()(torch.ones(1, 4))
""",
    "bound by loops, with and unpacking": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        for self.index in range(3):
            pass
        self.a, (self.b, *self.c) = 1, (2, 3, 4)
        with torch.no_grad() as self.context:
            pass
        self.d: int = 5
        self.e = self.f = 6

    def forward(self, x):
        return x * self.a * self.b * self.c[0] * self.d * self.e * self.f * self.index
""",
    "Module's own attributes": """
class Net(nn.Module):
    def forward(self, x):
        if self.training and not self._forward_hooks and self._modules is not None:
            x = x + len(self._parameters)
        return x + len(self._buffers) + len(self.__class__.__name__) + len(self.__dict__)
""",
    "class decorator adds": """
def sized(cls):
    cls.size = 4
    return cls


@sized
class Net(nn.Module):
    def forward(self, x):
        return x * self.size

Net()(torch.ones(4))
""",
    "slots and annotations": """
class Net(nn.Module):
    scale: float
    kind = "net"

    def __init__(self):
        super().__init__()
        object.__setattr__(self, "scale", 2.0)

    def forward(self, x):
        return x * self.scale * len(self.kind)

Net()(torch.ones(4))
""",
    "inner function and lambda named self": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

        class Proxy:
            def __init__(self):
                self.inner = 1

            def read(self):
                return self.inner

        self.proxy = Proxy()

    def forward(self, x):
        return self.fc(x) * self.proxy.read()
""",
    "walrus and comprehension targets": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        if (n := 4) > 3:
            self.n = n
        self.sizes = [m for m in range(self.n)]

    def forward(self, x):
        return x * self.n + sum(self.sizes)
""",
}
CONTAINERS_MORE = {
    "wrapped in another method": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(4, 4)]
        self.wrap()

    def wrap(self):
        self.net = nn.ModuleList(self.layers)

    def forward(self, x):
        return self.net[0](x)
""",
    "given to a function that registers": """
def register(net, layers):
    for i, layer in enumerate(layers):
        net.add_module(str(i), layer)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(4, 4), nn.Linear(4, 4)]
        register(self, self.layers)

    def forward(self, x):
        return self.layers[0](x)
""",
    "named children in a dict": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.by_name = {name: child for name, child in self.named_children()}

    def forward(self, x):
        return self.by_name["fc"](x)
""",
    "children of a backbone": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        backbone = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
        layers = list(backbone.children())[:-1]
        self.net = nn.Sequential(*layers)
        self.parts = layers

    def forward(self, x):
        return self.net(x)
""",
    "alias of a ModuleList": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4)])
        self.same = [layer for layer in self.layers]
        self.first = self.layers[:1]

    def forward(self, x):
        return self.same[0](x)
""",
    "__setattr__ in the loop": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = []
        for i in range(2):
            layer = nn.Linear(4, 4)
            self.layers.append(layer)
            self.__setattr__(f"layer{i}", layer)

    def forward(self, x):
        return self.layers[1](x)
""",
    "_modules in the loop": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = []
        for i in range(2):
            layer = nn.Linear(4, 4)
            self.layers.append(layer)
            self._modules[f"layer{i}"] = layer

    def forward(self, x):
        return self.layers[1](x)
""",
    "super().add_module in the loop": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = []
        for i in range(2):
            self.layers.append(nn.Linear(4, 4))
            super().add_module(f"layer{i}", self.layers[-1])

    def forward(self, x):
        return self.layers[1](x)
""",
    "last of the list is added": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = []
        for i in range(2):
            self.layers.append(nn.Linear(4, 4))
            self.add_module(f"layer{i}", self.layers[i])

    def forward(self, x):
        return self.layers[1](x)
""",
    "read back by getattr": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        for i in range(2):
            setattr(self, f"fc{i}", nn.Linear(4, 4))
        self.layers = [getattr(self, f"fc{i}") for i in range(2)]

    def forward(self, x):
        return self.layers[1](x)
""",
    "tuple unpacked into attributes": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        layers = (nn.Linear(4, 4), nn.Linear(4, 4))
        self.layers = layers
        self.a, self.b = layers

    def forward(self, x):
        return self.b(self.a(x))
""",
    "loop binds each": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        layers = [nn.Linear(4, 4), nn.Linear(4, 4)]
        self.layers = layers
        self.a = layers[0]
        self.b = layers[1]

    def forward(self, x):
        return self.b(self.a(x))
""",
    "while filling a Sequential": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stack = nn.Sequential()
        stack = []
        while len(stack) < 2:
            stack.append(nn.Linear(4, 4))
            self.stack.add_module(str(len(stack)), stack[-1])
        self.raw = stack

    def forward(self, x):
        return self.stack(x)
""",
    "wrapped where the list comes from a function": """
def build(n):
    made = []
    for _ in range(n):
        made.append(nn.Linear(4, 4))
    return made


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(build(2))

    def forward(self, x):
        return self.layers[0](x)
""",
    "list of names of layers": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.names = []
        for i in range(2):
            name = f"fc{i}"
            setattr(self, name, nn.Linear(4, 4))
            self.names.append(name)

    def forward(self, x):
        for name in self.names:
            x = getattr(self, name)(x)
        return x
""",
    "starred rest wrapped": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, *rest = [nn.Linear(4, 4) for _ in range(3)]
        self.rest = nn.ModuleList(rest)

    def forward(self, x):
        return self.rest[0](self.first(x))
""",
    "starred rest is a list of numbers": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        first, *self.sizes = [4, 4, 4]
        self.fc = nn.Linear(first, self.sizes[0])

    def forward(self, x):
        return self.fc(x)
""",
    "pop from the list": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        layers = [nn.Linear(4, 4), nn.Linear(4, 4)]
        self.last = layers.pop()
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return self.last(self.net(x))
""",
    "ensemble in functional style": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        models = [nn.Linear(4, 4) for _ in range(2)]
        self.params, self.buffers_ = torch.func.stack_module_state(models)
        self._template = [copy.deepcopy(models[0]).to("meta")]

    def forward(self, x):
        return torch.func.functional_call(self._template[0], {k: v[0] for k, v in self.params.items()}, (x,))
""",
    "forward hooks kept": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.handles = [self.fc.register_forward_hook(lambda *a: None)]
        self.fns = [self.fc.forward, self.step]

    def step(self, x):
        return x

    def forward(self, x):
        return self.fc(x)
""",
}
TENSORS_MORE = {
    "alias moved in forward": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.rand(4)

    def forward(self, x):
        table = self.table
        table = table.to(x.device)
        return x * table
""",
    "as_tensor on the device": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.rand(4)

    def forward(self, x):
        return x * torch.as_tensor(self.table, device=x.device)
""",
    "new_tensor": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.tensor([1.0, 2.0, 3.0, 4.0])

    def forward(self, x):
        return x * x.new_tensor(self.table.tolist())
""",
    "item moved": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.rand(3, 4)

    def forward(self, x):
        return x * self.table[0].to(x)
""",
    "moved by a function": """
def like(tensor, other):
    return tensor.to(other.device)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.rand(4)

    def forward(self, x):
        return x * like(self.table, x)
""",
    "moved under a condition": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.rand(4)

    def forward(self, x):
        if x.is_cuda:
            self.table = self.table.cuda()
        return x * self.table
""",
    "moved by a loop over names": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = torch.ones(4)
        self.b = torch.ones(4)

    def forward(self, x):
        for name in ("a", "b"):
            setattr(self, name, getattr(self, name).to(x))
        return x * self.a * self.b
""",
    "to overridden": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.rand(4)

    def to(self, *args, **kwargs):
        self.table = self.table.to(*args, **kwargs)
        return super().to(*args, **kwargs)

    def forward(self, x):
        return x * self.table
""",
    "device given to the constructor": """
class Net(nn.Module):
    def __init__(self, device="cpu"):
        super().__init__()
        self.table = torch.rand(4, device=device)

    def forward(self, x):
        return x * self.table
""",
    "swapped for a buffer": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.rand(4)
        table = self.table
        del self.table
        self.register_buffer("table", table)

    def forward(self, x):
        return x * self.table
""",
    "shape of a Parameter": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.n = nn.Parameter(torch.ones(4)).numel()
        self.size = nn.Parameter(torch.ones(4)).shape
        self.kind = nn.Parameter(torch.ones(4)).dtype

    def forward(self, x):
        return x * self.n * self.size[0]
""",
    "value of a Parameter": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.start = nn.Parameter(torch.ones(4)).sum().item()

    def forward(self, x):
        return x * self.start
""",
    "buffer from a Parameter's data": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        start = nn.Parameter(torch.randn(4)).data
        self.register_buffer("start", start)

    def forward(self, x):
        return x * self.start
""",
    "Parameter of arithmetic": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(nn.Parameter(torch.ones(4)) * 0.1)
        self.v = nn.Parameter((torch.rand(4) * 2 - 1).float())

    def forward(self, x):
        return x * self.w * self.v
""",
    "compared only": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.levels = torch.tensor([1, 2])

    def forward(self, x):
        return x * (2 in self.levels.tolist())
""",
    "generator and distribution": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.gen = torch.Generator()
        self.dist = torch.distributions.Normal(0.0, 1.0)

    def forward(self, x):
        return x + self.dist.sample(x.shape).to(x)
""",
    "tensor with requires_grad False": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.ones(4), requires_grad=False)
        self.v = nn.Parameter(torch.ones(4))
        self.v.requires_grad = False

    def forward(self, x):
        return x * self.w * self.v
""",
    "buffer replaced by a tensor": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("h", torch.zeros(4))
        self.h = torch.ones(4)

    def reset(self):
        self.h = torch.zeros(4)

    def forward(self, x):
        return x + self.h
""",
    "None buffer filled": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("h", None)
        self.h = torch.ones(4)

    def forward(self, x):
        return x + self.h
""",
    "None parameter filled": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_parameter("w", None)
        self.w = nn.Parameter(torch.ones(4))

    def forward(self, x):
        return x * self.w
""",
}
CONSTRUCTION_MORE = {
    "partial of super": """
class Net(nn.Module):
    def __init__(self):
        start = partial(super().__init__)
        start()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x)
""",
    "state taken over from another": """
class Net(nn.Module):
    def __init__(self, other=None):
        if isinstance(other, Net):
            self.__dict__ = other.__dict__
            return
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x)


Net(Net())(torch.ones(1, 4))
""",
    "a long line of constructors": """
class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x)


class C0(Base):
    def __init__(self):
        super().__init__()
        self.n0 = 0


class C1(C0):
    def __init__(self):
        super().__init__()
        self.n1 = 1


class C2(C1):
    def __init__(self):
        super().__init__()
        self.n2 = 2


class C3(C2):
    def __init__(self):
        super().__init__()
        self.n3 = 3


class C4(C3):
    def __init__(self):
        super().__init__()
        self.n4 = 4


class C5(C4):
    def __init__(self):
        super().__init__()
        self.n5 = 5


class C6(C5):
    def __init__(self):
        super().__init__()
        self.n6 = 6


class C7(C6):
    def __init__(self):
        super().__init__()
        self.n7 = 7


class C8(C7):
    def __init__(self):
        super().__init__()
        self.n8 = 8


class C9(C8):
    def __init__(self):
        super().__init__()
        self.n9 = 9


class C10(C9):
    def __init__(self):
        super().__init__()
        self.n10 = 10


class C11(C10):
    def __init__(self):
        super().__init__()
        self.n11 = 11


class Net(C11):
    def __init__(self):
        super().__init__()
        self.last = True


Net()(torch.ones(1, 4))
""",
    "loop over the bases": """
class Mixin:
    def __init__(self):
        self.n = 1


class Net(nn.Module, Mixin):
    def __init__(self):
        for base in Net.__bases__:
            base.__init__(self)
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x) * self.n
""",
    "suppressed": """
import contextlib


class Net(nn.Module):
    def __init__(self):
        with contextlib.suppress(TypeError):
            super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x)
""",
    "one-line conditional": """
class Net(nn.Module):
    def __init__(self, old=True):
        nn.Module.__init__(self) if old else super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x)
""",
    "early return after": """
class Net(nn.Module):
    def __init__(self, deep=True):
        super().__init__()
        if not deep:
            self.fc = nn.Identity()
            return
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x)
""",
    "returns through another constructor": """
class Net(nn.Module):
    def __init__(self, n=None):
        if n is None:
            return self.__init__(4)
        super().__init__()
        self.fc = nn.Linear(n, n)

    def forward(self, x):
        return self.fc(x)
""",
    "class made in a function": """
def make(n):
    class Net(nn.Module):
        def __init__(self):
            super(Net, self).__init__()
            self.fc = nn.Linear(n, n)

        def forward(self, x):
            return self.fc(x)

    return Net


Net = make(4)
Net()(torch.ones(1, 4))
""",
    "class under a guard, twice": """
if hasattr(torch, "compile"):

    class Net(nn.Module):
        def __init__(self):
            super(Net, self).__init__()
            self.fc = nn.Linear(4, 4)

        def forward(self, x):
            return self.fc(x)

else:

    class Net(nn.Module):
        def __init__(self):
            super(Net, self).__init__()
            self.gc = nn.Linear(4, 4)

        def forward(self, x):
            return self.gc(x)
""",
    "falls back to object": """
try:
    from torch.nn import Module
except ImportError:
    Module = object


class Net(Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x)
""",
    "keyword-only super arguments": """
class Base(nn.Module):
    def __init__(self, *, width, **rest):
        super().__init__(**rest)
        self.fc = nn.Linear(width, width)


class Net(Base):
    def __init__(self, **options):
        options.setdefault("width", 4)
        super().__init__(**options)

    def forward(self, x):
        return self.fc(x)

Net()(torch.ones(1, 4))
""",
    "loop until it works": """
class Net(nn.Module):
    def __init__(self):
        for options in ({"bad": 1}, {}):
            try:
                super().__init__(**options)
                break
            except TypeError:
                continue
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x)
""",
    "super after a nested function": """
class Net(nn.Module):
    def __init__(self):
        def width():
            return 4
        n = width()
        super().__init__()
        self.fc = nn.Linear(n, n)

    def forward(self, x):
        return self.fc(x)
""",
    "layers made before super as locals": """
class Net(nn.Module):
    def __init__(self):
        fc = nn.Linear(4, 4)
        acts = [nn.ReLU()]
        super().__init__()
        self.fc, self.acts = fc, nn.ModuleList(acts)

    def forward(self, x):
        return self.acts[0](self.fc(x))
""",
    "__setattr__ overridden": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def __setattr__(self, name, value):
        super().__setattr__(name, value)

    def forward(self, x):
        return self.fc(x)
""",
    "finally": """
class Net(nn.Module):
    def __init__(self):
        try:
            n = 4
        finally:
            super().__init__()
        self.fc = nn.Linear(n, n)

    def forward(self, x):
        return self.fc(x)
""",
}
FORWARD_MORE = {
    "dropout under and": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.p = 0.5

    def forward(self, x):
        if self.training and self.p > 0:
            x = F.dropout(x, p=self.p)
        return F.dropout(x, self.p) if self.training else x
""",
    "dropout under a local": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        active = self.training
        if active:
            x = F.dropout(x, 0.5)
        return x
""",
    "dropout in a helper called in training": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()

    def noise(self, x):
        return F.dropout(x, 0.5)

    def forward(self, x):
        if self.training:
            x = self.noise(x)
        return x
""",
    "dropout by a training argument": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()

    def drop(self, x, training):
        return F.dropout(x, 0.5, training)

    def forward(self, x):
        return self.drop(x, self.training)
""",
    "dropout partial": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        drop = partial(F.dropout, p=0.5, training=self.training)
        return drop(x)
""",
    "dropout that does nothing": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        return F.dropout(x, 0.0) + F.dropout(x, p=0)
""",
    "dropout in training_step": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()

    def training_step(self, batch):
        return F.dropout(batch, 0.5).sum()

    def forward(self, x):
        return x
""",
    "attention dropout set before": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.p = 0.1

    def forward(self, q, k, v):
        p = self.p
        if not self.training:
            p = 0.0
        q = F.scaled_dot_product_attention(q, k, v, dropout_p=p)
        return F.scaled_dot_product_attention(q, k, v, dropout_p=self.p * self.training)
""",
    "attention dropout from a property": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.p = 0.1

    @property
    def rate(self):
        return self.p if self.training else 0.0

    def forward(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, dropout_p=self.rate)
""",
    "attention dropout from a helper": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.p = 0.1

    def rate(self):
        if self.training:
            return self.p
        return 0.0

    def forward(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, dropout_p=self.rate())
""",
    "forward handed over": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        from torch.utils.checkpoint import checkpoint
        return checkpoint(self.fc.forward, x, use_reentrant=False)
""",
    "forward of the type": """
class Net(nn.Linear):
    def __init__(self):
        super().__init__(4, 4)

    def plain(self, x):
        return x

    def forward(self, x):
        return nn.Linear.forward(self, x) + type(self).plain(self, x)
""",
    "built once by a helper": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = None

    def build(self, n):
        self.fc = nn.Linear(n, n)

    def forward(self, x):
        if self.fc is None:
            self.build(x.shape[-1])
        return self.fc(x)
""",
    "built once by a flag": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.built = False

    def forward(self, x):
        if not self.built:
            self.fc = nn.Linear(x.shape[-1], 4)
            self.built = True
        return self.fc(x)
""",
    "module without parameters made again": """
class Window(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.register_buffer("window", torch.hann_window(size))

    def forward(self, x):
        return x * self.window


class Net(nn.Module):
    def forward(self, x):
        window = Window(x.shape[-1])
        return window(x)


Net()(torch.ones(1, 4))
""",
    "built once by an empty list": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList()

    def forward(self, x):
        if len(self.layers) == 0:
            self.layers.append(nn.Linear(x.shape[-1], 4))
        return self.layers[0](x)
""",
    "built once under try": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        try:
            fc = self.fc
        except AttributeError:
            fc = self.fc = nn.Linear(x.shape[-1], 4)
        return fc(x)
""",
    "built per shape in a ModuleDict": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = nn.ModuleDict()

    def forward(self, x):
        key = str(x.shape[-1])
        if key not in self.heads:
            self.heads[key] = nn.Linear(x.shape[-1], 4)
        return self.heads[key](x)
""",
    "frozen embedding of a registered table": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Parameter(torch.ones(8, 4))

    def forward(self, x):
        return nn.Embedding.from_pretrained(self.table)(x.long())
""",
    "weights put in before use": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.ones(4, 4))

    def forward(self, x):
        fc = nn.Linear(4, 4, bias=False)
        fc.weight = self.w
        return fc(x)
""",
    "isinstance and class tests": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Dropout)) and module.__class__ is nn.Linear:
                x = module(x)
        return x
""",
    "DataParallel of a registered one": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return nn.DataParallel(self.fc)(x)
""",
    "method given from outside the class": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)


def run(self, x):
    return self.fc(x)


Net.forward = run
Net()(torch.ones(1, 4))
""",
    "forward given by setattr": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)


setattr(Net, "forward", lambda self, x: self.fc(x))
Net()(torch.ones(1, 4))
""",
    "forward_once and forward_features": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward_once(self, x):
        return self.fc(x)

    def forward_features(self, x):
        return self.fc(x)

    def _forward(self, x):
        return x

    def init_weights(self):
        pass

    def forward(self, x):
        return self.forward_once(x) + self.forward_features(x) + self._forward(x)
""",
    "__call__ instead of forward": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def __call__(self, x):
        return self.fc(x)

""",
    "forward in a branch of the class body": """
class Net(nn.Module):
    if hasattr(torch, "compile"):

        def forward(self, x):
            return x

    else:

        def forward(self, x):
            return x + 0
""",
    "misspelt on purpose and called": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def foward(self, x):
        return self.fc(x)

    def forward(self, x):
        return self.foward(x)
""",
}
ATTRIBUTES_MORE = {
    "private names": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.__secret = 3

    def forward(self, x):
        return x * self.__secret
""",
    "class body loop and import": """
class Net(nn.Module):
    from math import pi
    for width in (1, 2):
        pass
    with torch.no_grad():
        scale = 3

    def forward(self, x):
        return x * self.width * self.pi * self.scale
""",
    "class body locals": """
class Net(nn.Module):
    locals()["scale"] = 3

    def forward(self, x):
        return x * self.scale
""",
    "class attribute set later": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        return x * self.scale

Net.scale = 3
Net()(torch.ones(4))
""",
    "deleted and bound again": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.n = 1
        del self.n
        self.n = 2

    def forward(self, x):
        return x * self.n
""",
    "augmented class attribute": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()

    calls = 0

    def forward(self, x):
        self.calls += 1
        return x * self.calls
""",
    "inner function's own self": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        def inner(self):
            return self.real

        return x * inner(3)
""",
    "static method with self": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()

    @staticmethod
    def part(self):
        return self.real

    def forward(self, x):
        return x * self.part(3)
""",
    "another name for self": """
class Net(nn.Module):
    def __init__(me):
        super().__init__()
        me.n = 3

    def forward(this, x):
        return x * this.n
""",
    "__getattribute__": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()

    def __getattribute__(self, name):
        return 3 if name == "scale" else super().__getattribute__(name)

    def forward(self, x):
        return x * self.scale
""",
    "register_buffer through a local": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        add = self.register_buffer
        add("mask", torch.ones(4))

    def forward(self, x):
        return x * self.mask
""",
    "names in a table": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        for name, width in {"a": 4, "b": 4}.items():
            self.add_module(name, nn.Linear(4, width))

    def forward(self, x):
        return self.b(self.a(x))
""",
    "self handed to another object": """
class Filler:
    def fill(self, net):
        net.scale = 3


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        Filler().fill(self)

    def forward(self, x):
        return x * self.scale
""",
    "self handed to an unknown function": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        exec("net.scale = 3", {"net": self})

    def forward(self, x):
        return x * self.scale
""",
    "property with a setter": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = 3

    @property
    def scale(self):
        return self._scale

    @scale.setter
    def scale(self, value):
        self._scale = value

    def forward(self, x):
        return x * self.scale
""",
    "namedtuple and enum fields": """
import enum
from collections import namedtuple

Size = namedtuple("Size", "w h")


class Kind(enum.Enum):
    BIG = 2


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.size = Size(2, 3)
        self.kind = Kind.BIG

    def forward(self, x):
        return x * self.size.w * self.kind.value
""",
    "bound in a with and an except": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        try:
            raise ValueError
        except ValueError:
            self.n = 2
        else:
            self.n = 3
        finally:
            self.m = 4

    def forward(self, x):
        return x * self.n * self.m
""",
    "tuple target of a for": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        for self.a, (self.b, _) in [(1, (2, 3))]:
            pass

    def forward(self, x):
        return x * self.a * self.b
""",
    "weights of a parametrized layer": """
import torch.nn.utils.parametrize


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4))
        nn.utils.parametrize.register_parametrization(self, "weight", nn.Identity())

    def forward(self, x):
        return x * self.weight * len(self.parametrizations)
""",
    "weights of a weight-normed self": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4, 4))
        nn.utils.weight_norm(self)

    def forward(self, x):
        return x @ self.weight * self.weight_g.mean()
""",
    "subclass hook adds": """
class Base(nn.Module):
    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        cls.scale = 3

    def forward(self, x):
        return x


class Net(Base):
    def forward(self, x):
        return x * self.scale
""",
    "type() made base": """
Base = type("Base", (nn.Module,), {"scale": 3})


class Net(Base):
    def forward(self, x):
        return x * self.scale
""",
}
GROUPS = {
    "containers": CONTAINERS | CONTAINERS_MORE,
    "tensors": TENSORS | TENSORS_MORE,
    "construction": CONSTRUCTION | CONSTRUCTION_MORE,
    "forward": FORWARD | FORWARD_MORE,
    "attributes": ATTRIBUTES | ATTRIBUTES_MORE,
}
IDIOMS = {f"{group}: {name}": text for group, texts in GROUPS.items() for name, text in texts.items()}
FOREIGN = {
    "paddle": (
        "import paddle\nfrom paddle import nn\nimport paddle.nn.functional as F\n\n\nclass Net(nn.Layer):\n"
        "    def __init__(self):\n        self.fc = [nn.Linear(4, 4)]\n\n    def forward(self, x):\n"
        "        return F.dropout(self.gone(x), 0.5)\n"
    ),
    "flax": (
        "import flax.linen as nn\nimport torch\n\n\nclass Net(nn.Module):\n    def setup(self):\n"
        "        self.layers = [nn.Dense(4), nn.Dense(4)]\n\n"
        "    def __call__(self, x):\n        return self.gone(x)\n"
    ),
    "fastai": (
        "import torch\nfrom fastai.basics import *\n\n\nclass Net(Module):\n    def __init__(self):\n"
        "        self.fc = nn.Linear(4, 4)\n\n    def forward(self, x):\n        return self.fc(x)\n"
    ),
    "image functions called F": (
        "import torch\n"
        "import torchvision.transforms.functional as F\n"
        "from torch import nn\n\n\nclass Net(nn.Module):\n"
        "    def forward(self, x):\n        return F.dropout(x, 0.5)\n"
    ),
    "base from a missing library": (
        "import torch\nfrom torch import nn\n"
        "from no_such_library import Base\n\n\n"
        "class Net(Base, nn.Module):\n"
        "    def __init__(self):\n        self.fc = nn.Linear(4, 4)\n\n    def forward(self, x):\n"
        "        return self.gone(x)\n"
    ),
    "lightning module": (
        "import torch\nimport lightning as L\nfrom torch import nn\n\n\nclass Net(L.LightningModule):\n"
        "    def __init__(self):\n        super().__init__()\n        self.save_hyperparameters()\n"
        "        self.fc = nn.Linear(4, 4)\n\n    def training_step(self, batch, index):\n"
        "        self.log('loss', 1.0)\n        return self.fc(batch).sum() * self.hparams.scale\n\n"
        "    def configure_optimizers(self):\n"
        "        return torch.optim.SGD(self.parameters(), lr=self.trainer.lr)\n"
    ),
    "transformers model": (
        "import torch\nfrom torch import nn\n"
        "from transformers import PreTrainedModel\n\n\n"
        "class Net(PreTrainedModel):\n"
        "    def __init__(self, config):\n"
        "        super().__init__(config)\n"
        "        self.fc = nn.Linear(4, 4)\n"
        "        self.post_init()\n\n    def forward(self, x):\n"
        "        x = self.fc(x).to(self.dtype)\n"
        "        return x * self.config.scale if self.warnings_issued else x\n"
    ),
}


def said(text: str, folder: Path) -> list[str]:
    found = Analyser([rule for rule in all_rules() if rule.default], folder).check(
        Source(str(folder / "idiom.py"), text)
    )
    return [f"{d.code} line {d.span.line}: {d.message}" for d in found]


@pytest.mark.parametrize("idiom", IDIOMS)
def test_idiom_is_silent(idiom: str, tmp_path: Path) -> None:
    assert said(HEAD + IDIOMS[idiom], tmp_path) == []


@pytest.mark.parametrize("case", FOREIGN)
def test_foreign_code_is_silent(case: str, tmp_path: Path) -> None:
    assert said(FOREIGN[case], tmp_path) == []


def shaped(cls: type) -> tuple[object, ...]:
    """Inputs that fit the forward methods of the idioms."""
    special = {"MeanShift": (2, 3, 4, 4), "Blur": (2, 1, 4, 4), "Loss": (2, 2)}
    count = cls.forward.__code__.co_argcount - 1  # type: ignore[attr-defined]
    shape = special.get(cls.__name__, (2, 4, 4) if count == 3 else (2, 4))
    return tuple(torch.ones(shape) for _ in range(count))


def runnable(cls: object) -> bool:
    """Whether the class is a Module of the idiom that is called with tensors and built from nothing."""
    if not isinstance(cls, type) or cls.__module__ != "idiom" or not issubclass(cls, torch.nn.Module):
        return False
    needed = [p for p in list(inspect.signature(cls.__init__).parameters.values())[1:] if p.default is p.empty]
    open_ended = all(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in needed)
    return open_ended and inspect.isfunction(cls.forward) and cls.forward.__module__ == "idiom"


@pytest.mark.parametrize("idiom", IDIOMS)
def test_idiom_runs_under_torch(idiom: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each class that can be built without arguments is built and called, in training and in evaluation."""
    torch.manual_seed(0)
    text = HEAD + IDIOMS[idiom]
    module = types.ModuleType("idiom")
    monkeypatch.setitem(sys.modules, "idiom", module)
    exec(compile(text, "idiom.py", "exec"), vars(module))
    if not text.rstrip().split("\n")[-1].startswith(" ") or idiom.endswith("stub that raises"):
        return
    for cls in filter(runnable, list(vars(module).values())):
        instance = cls()
        instance(*shaped(cls))
        instance.eval()(*shaped(cls))
