"""Training scripts as people write them: bugs of many kinds in one, idioms that look like them in the other."""

from __future__ import annotations

import re
from pathlib import Path

from modlint.analysis import Analyser
from modlint.catalogue import all_rules
from modlint.source import Source

BUGGY = """
import os

import torch
import torch.nn as nn
import torch.optim as optim
from torch.nn import functional as F
from torch.optim import AdamW


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.bn = nn.BatchNorm1d(4, momentum=0.9)  # MOD506

    def forward(self, x):
        if not self.eval:  # MOD504
            x = x * 2
        return F.dropout(self.bn(self.fc(x)), p=0.5, training=self.train)  # MOD504


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.enc = Encoder()
        self.dec = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.dec(self.enc(x)))

    @torch.no_grad()
    def train(self, mode=True):  # MOD501
        super().train(mode)


def grouped(args):
    model = Net().to(args.device)
    optimizer = optim.Adam(  # MOD612
        [{"params": model.enc.parameters(), "lr": args.lr}, {"params": list(model.head.parameters())}], lr=args.lr
    )
    best_weights = None
    for x, y in args.loader:
        model.train  # MOD604
        loss = F.cross_entropy(model(x), y)
        loss.backward  # MOD604
        optimizer.step()
        best_weights = dict(model.state_dict())  # MOD603
    model = model.load_state_dict(best_weights)  # MOD601
    return model


def replaced(data):
    model = Net()
    optimizer = AdamW(model.parameters(), lr=1e-3)
    scheduler = optim.lr_scheduler.StepLR(optimizer, 10)
    model.head = nn.Linear(4, 10)  # MOD606
    best_model_wts = model.state_dict()  # MOD603
    for x in data:
        model(x).sum().backward()
        optimizer.zero_grad  # MOD604
        scheduler.step  # MOD604
    model.load_state_dict(best_model_wts)


def given_wrongly(folder):
    net = Net()
    optim.SGD(net, lr=0.1)  # MOD605
    optim.SGD(params=net.parameters, lr=0.1)  # MOD604
    optim.SGD([net.enc.parameters()], 0.1)  # MOD605
    params = net.parameters()
    print(sum(p.numel() for p in params))
    optim.SGD(params, lr=0.1)  # MOD607
    optim.Adam([torch.randn(1, 4, requires_grad=True).cuda()])  # MOD608
    net.load_state_dict(os.path.join(folder, "net.pt"))  # MOD602
    torch.save(net.state_dict, "net.pt")  # MOD604
    other = torch.load("net.pt", weights_only=True)  # MOD609
    other.eval()


def hooked(net: Net):
    for layer in net.modules():
        layer.register_forward_hook(lambda module, args: None)  # MOD702
    net.head.register_forward_hook(report)  # MOD702
    net.head.register_forward_pre_hook(printed())  # MOD701


def report(module, args):
    print(module, args)


def printed(module=None, args=()):
    print(module, args)


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Linear(4, 4)
        self.dec = nn.Linear(4, 4)
        self.head = nn.Linear(4, 2)


class Trainer:
    def __init__(self):
        self.model = Pair()
        params = list(self.model.enc.parameters()) + list(self.model.dec.parameters())
        self.optimizer = torch.optim.Adam(params, lr=1)  # MOD612
        self.best_state = None

    def step(self):
        self.model.eval  # MOD604
        self.optimizer.step  # MOD604
        self.best_state = self.model.state_dict()  # MOD603

    def end(self):
        self.model.load_state_dict(self.best_state)
"""

SOUND = """
import copy, itertools, io
from functools import partial
import pytest
import torch
import torch.nn as nn
import torch.optim as optim
from torch.nn import functional as F
from torchvision import models

class Gen(nn.Module):
    def __init__(self):
        super().__init__()
        self.up = nn.Linear(4, 4)
        self.mid = nn.Linear(4, 4)
        self.out = nn.Linear(4, 4)
    def forward(self, x):
        if self.training:
            x = F.dropout(x, 0.5, training=self.training)
        return x

class GAN(nn.Module):
    def __init__(self):
        super().__init__()
        self.g = Gen(); self.d = Gen(); self.extra = nn.Linear(4, 4)
        self.ema = copy.deepcopy(self.g)
    def configure_optimizers(self):
        og = optim.Adam(self.g.parameters()); od = optim.Adam(self.d.parameters())
        oe = optim.Adam(self.extra.parameters())
        return [og, od, oe]

class Meta(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.a = nn.Linear(4, 4); self.b = nn.Linear(4, 4); self.c = nn.Linear(4, 4)
        self.opt_ab = optim.Adam(list(self.a.parameters()) + list(self.b.parameters()))
        self.opt_c = optim.Adam(self.c.parameters())
    def step(self):
        self.opt_ab.step(); self.opt_c.step()

def gan():
    g, d = Gen(), Gen()
    og = optim.Adam(itertools.chain(g.parameters(), d.parameters()))
    od = optim.Adam([p for p in d.parameters() if p.requires_grad])
    g_params = filter(lambda p: p.requires_grad, g.parameters())
    o = optim.Adam(g_params)

def tune(args):
    model = models.resnet18()
    model.fc = nn.Linear(512, 3)
    optimizer = optim.SGD(model.fc.parameters(), lr=0.1)
    decay, no_decay = [], []
    for n, p in model.named_parameters():
        (decay if p.ndim > 1 else no_decay).append(p)
    optimizer = optim.AdamW([{"params": decay}, {"params": no_decay, "weight_decay": 0.0}])

def two_rates(net: Gen, lr):
    base = [p for n, p in net.named_parameters() if "out" not in n]
    return optim.SGD([{"params": base}, {"params": net.out.parameters(), "lr": lr}], lr=0.1)

def ids(net: Gen):
    ignored = list(map(id, net.out.parameters()))
    rest = filter(lambda p: id(p) not in ignored, net.parameters())
    return optim.SGD([{"params": rest}, {"params": net.out.parameters()}], lr=0.1)

def single(net: Gen):
    return optim.SGD(net.out.parameters(), lr=0.1)

def loops(net: Gen, data):
    for _ in range(3):
        params = net.parameters()
        nn.utils.clip_grad_norm_(params, 1.0)
    it = iter(net.parameters())
    w = next(net.parameters())
    params = net.parameters()
    dev = next(params).device
    opt = optim.SGD(net.parameters(), lr=1)
    net.out = nn.Linear(4, 8)
    opt = optim.SGD(net.parameters(), lr=1)
    return opt

def branches(net, kind):
    params = net.parameters()
    if kind == "a":
        opt = optim.SGD(params, lr=1)
    elif kind == "b":
        opt = optim.Adam(params)
    else:
        raise ValueError
    return opt

def best(model, opt, loader, path):
    best_acc, best_state = 0, None
    for x in loader:
        opt.step()
        if x > best_acc:
            best_state = {"model": model.state_dict(), "acc": x}
            torch.save(best_state, path)
            best_w = copy.deepcopy(model.state_dict())
            best_sd = model.state_dict()
            torch.save(best_sd, path)
    model.load_state_dict(best_w)
    msg = model.load_state_dict(torch.load(path), strict=False)
    print(msg)
    old_state = model.state_dict()
    new = {k: v for k, v in torch.load(path).items() if k in old_state}
    old_state.update(new)
    model.load_state_dict(old_state)
    model.eval()
    ckpt = torch.load(path, map_location="cpu")
    model.load_state_dict(ckpt["state_dict"])

def test_raises(model):
    with pytest.raises(TypeError):
        optim.SGD(Gen(), lr=0.1)
    with pytest.raises(TypeError):
        model.load_state_dict("x")

class Hooked:
    def __init__(self, model):
        self.model = model
        self.handles = [m.register_forward_hook(self.save) for m in model.modules()]
        for name, m in model.named_modules():
            m.register_forward_hook(partial(self.named, name))
            m.register_forward_hook(self.factory(name))
            m.register_forward_hook(lambda mod, i, o, n=name: self.named(n, mod, i, o))
            m.register_full_backward_hook(self.back)
            m.register_forward_pre_hook(self.pre, with_kwargs=True)
    def save(self, m, i, o): pass
    def named(self, name, m, i, o): pass
    def factory(self, name):
        def hook(m, i, o):
            return None
        return hook
    def back(self, m, gi, go): pass
    def pre(self, m, args, kwargs): return args, kwargs
    def load_state_dict(self, path):
        return self.model.load_state_dict(torch.load(path))

class Latent(nn.Module):
    def __init__(self):
        super().__init__()
        z = torch.randn(1, 4, device="cuda", requires_grad=True)
        self.opt = optim.Adam([z])
        w = nn.Parameter(torch.randn(3))
        w.data = w.data * 2
        self.opt2 = optim.Adam([w, nn.Parameter(torch.randn(3).cuda())])
        y = torch.randn(3).cuda().requires_grad_(True)
        self.opt3 = optim.Adam([y])
        v = z.detach().clone().requires_grad_()
        self.opt4 = optim.LBFGS([v])
    def closure(self, img):
        img = img.clone().requires_grad_()
        return optim.LBFGS([img.requires_grad_()])

class Frozen(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net
        self.training_mode = True
    def train(self, mode: bool = True, *, force=False):
        if force:
            return super().train(mode)
        return super().train(False)
    def to(self, *args, **kwargs):
        self = super(Frozen, self).to(*args, **kwargs)
        return self
    def __getattr__(self, n):
        try:
            return super(Frozen, self).__getattr__(n)
        except AttributeError:
            return getattr(self.net, n)

class Base(nn.Module):
    @property
    def train_loader(self): return 1
    def configure(self):
        if self.train_loader:
            return self.train()
        return self.eval()
    def run(self, was_training):
        was_training = self.training
        self.eval()
        out = 1
        if was_training:
            self.train()
        self.train(was_training)
        return out

class Node(nn.Module):
    def __init__(self, parent: "Tree"):
        super().__init__()
        self.__dict__["parent"] = parent
        self.depth = parent.depth
class Tree(nn.Module):
    def __init__(self):
        super().__init__()
        self.depth = 0
        self.child = Node(self)
        self.nodes = nn.ModuleList([Node(self) for _ in range(3)])
"""


def found(code: str, folder: Path) -> list[tuple[int, str]]:
    """The (line, code) pairs of the families 5xx, 6xx and 7xx, whether on by default or not."""
    rules = [rule for rule in all_rules() if rule.code >= "MOD5"]
    diagnostics = Analyser(rules, folder).check(Source(str(folder / "script.py"), code))
    return sorted((d.span.line, d.code) for d in diagnostics)


def test_bugs_of_a_training_script_are_found(tmp_path: Path) -> None:
    lines = enumerate(BUGGY.split("\n"), start=1)
    marks = [(number, code) for number, line in lines for code in re.findall(r"# (MOD\d{3})$", line)]
    assert found(BUGGY, tmp_path) == marks


def test_sound_training_script_is_silent(tmp_path: Path) -> None:
    assert found(SOUND, tmp_path) == []
