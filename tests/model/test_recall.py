"""What a framework's constructor does to one class is recalled for the next, and then nobody can tell the difference."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from modlint.model.index import Index
from modlint.model.interpreter import Interpreter
from modlint.model.values import Box, ClassRef, Const, Dotted, Instance, Method, SelfRef, Tensor, Union, Value
from modlint.source import Source

FRAMEWORK = """\
import torch
from torch import nn


class Plans:
    def __init__(self, *args):
        super().__init__(*args)
        self.planned = True

    def plan(self):
        self.plans = dict(self.known_plans or {})
        if self.inner is self:
            self.plans.update(a=1)


class Framework(Plans, nn.Module):
    prefix = ""
    known_plans = None
    frozen = False

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.build()

    def build(self):
        pass

    @property
    def inner(self):
        return getattr(self, self.prefix, self)

    def finish(self):
        self.plan()
        self.keys = list(self.plans.keys())
        for key in self.keys:
            if self.frozen:
                self.ties = [key]
        self.register_buffer("steps", torch.zeros(1), persistent=False)
        self.last = nn.Linear(2, 2)
        self.layers = [self.last]
        self.embed()
        self.hook()

    def embed(self):
        if hasattr(self, "table"):
            self.table.weight.data.zero_()

    def hook(self):
        def hooked(module, value):
            self.hooked = value
            return self.inner

        self.hooks = hooked
        return hooked

    def later(self, value):
        self.cached = torch.ones(3)
        return self.cached * value


class Between(Framework):
    def plan(self):
        self.between = 1
        super().plan()
"""
HEAD = "import torch\nfrom torch import nn\nfrom framework import Between, Framework, Plans\n\n\n"
BODY = "    def __init__(self, config):\n        super().__init__(config)\n"
FILES = {
    "plain": f"class Plain(Framework):\n{BODY}        self.fc = nn.Linear(2, 2)\n        self.finish()\n",
    "same": f"class Same(Framework):\n{BODY}        self.other = nn.Linear(3, 3)\n        self.finish()\n",
    "named": "class Named(Framework):\n    prefix = 'model'\n"
    f"{BODY}        self.model = nn.Linear(2, 2)\n        self.finish()\n",
    "alike": "class Alike(Framework):\n    prefix = 'net'\n"
    f"{BODY}        self.net = nn.Conv2d(2, 2, 3)\n        self.finish()\n",
    "nothing": f"class Nothing(Framework):\n    prefix = 'gone'\n{BODY}        self.finish()\n",
    "frozen": f"class Frozen(Framework):\n    frozen = True\n    known_plans = {{'a': 1}}\n{BODY}        self.finish()\n",
    "between": f"class Mixed(Between):\n{BODY}        self.finish()\n",
    "mixed": f"class Mixin(Plans):\n    pass\n\n\nclass Two(Between, Mixin):\n{BODY}        self.finish()\n",
    "before": f"class Before(Framework):\n{BODY}        self.plans = nn.Linear(1, 1)\n        self.finish()\n",
    "bound": f"class Bound(Framework):\n    prefix = 'last'\n{BODY}        self.finish()\n",
    "table": f"class Table(Framework):\n{BODY}        self.table = nn.Embedding(3, 3)\n        self.finish()\n",
    "again": f"class Again(Framework):\n{BODY}        self.table = nn.Embedding(4, 4)\n        self.finish()\n",
    "own": f"class Own(Framework):\n{BODY}        self.finish()\n\n    def build(self):\n        self.built = nn.Linear(1, 1)\n",
    "inherits": "class Inherits(Framework):\n    def forward(self, x):\n        return self.later(x)\n",
    "inherits_too": "class InheritsToo(Framework):\n    def forward(self, x):\n        return super().later(x)\n",
    "late": "class Late(Framework):\n    def __init__(self, config):\n        self.fc = nn.Linear(2, 2)\n"
    "        super().__init__(config)\n        self.finish()\n",
    "unstarted": "class Unstarted(Framework):\n    def __init__(self, config):\n        self.finish()\n",
    "calls": f"class Calls(Framework):\n{BODY}        self.fn = self.hook()\n        self.finish()\n",
}


def described(value: Value, depth: int = 3) -> Any:
    """What rules can tell of a value, in words that are the same for equal ones."""
    kind = type(value).__name__
    if isinstance(value, Union):
        return [described(v, depth) for v in value.values]
    if isinstance(value, Instance):
        inner = [described(v, depth - 1) for v in value.args] if depth else ""
        return kind, value.cls.name, value.registered, value.escaped, value.handled, len(value.called), inner
    if isinstance(value, Box):
        inner = [described(v, depth - 1) for v in value.items] if depth else ""
        return kind, value.kind, value.literal, value.wrapped, value.escaped, sorted(value.attributes), inner
    if isinstance(value, Tensor):
        return kind, value.made_by, value.registered, value.trainable, sorted(value.uses)
    if isinstance(value, Method):
        return kind, value.name, described(value.receiver, depth)
    known = {Const: "value", Dotted: "path"}.get(type(value), "")
    return kind, getattr(value, known, ""), value.cls.name if isinstance(value, ClassRef) else ""


def state(interpreter: Interpreter) -> dict[str, Any]:
    """What one class's interpretation came to."""
    events = interpreter.events
    bound = [b.value for b in events.bindings]
    return {
        "bindings": [
            (b.attribute, b.how, b.started, described(b.value), described(b.before), b.place.statement.lineno)
            for b in events.bindings
        ],
        "one object": [(i, j) for i in range(len(bound)) for j in range(i) if bound[i] is bound[j]],
        "attributes": {name: described(value) for name, value in sorted(interpreter.path.attributes.items())},
        "settled": {name: [described(v) for v in values] for name, values in sorted(interpreter.settled.items())},
        "buffers": sorted(interpreter.buffers),
        "started": interpreter.path.started,
        "exits": events.exits,
        "initialisations": [
            (i.node.lineno, i.before, [b.attribute for b in i.registered], [c.lineno for c in i.callers])
            for i in events.initialisations
        ],
        "reached": sorted(f"{f.file.path}:{f.node.lineno}" for f in interpreter.reached_by_init),
        "calls": Counter((c.path, c.node.lineno, c.place.file.path) for c in events.calls),
        "conditions": Counter((c.node.lineno, str(described(c.value))) for c in events.conditions),
        "fuel": interpreter.fuel,
        "selves": all(
            v is interpreter.instance for v in interpreter.path.attributes.values() if isinstance(v, SelfRef)
        ),
    }


def states(folder: Path, order: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The state of each class after its constructor and after its methods; the files are checked in this order."""
    index = Index(folder)
    found = {}
    for name in order:
        model = index.file(Source(str(folder / f"{name}.py"), (folder / f"{name}.py").read_text()))
        for cls in model.classes:
            interpreter = index.constructed(cls.facts)
            found[cls.facts.name] = [state(interpreter)]
            assert cls.events is interpreter.events  # its methods run
            found[cls.facts.name].append(state(interpreter))
        index.done(model)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "framework.py").write_text(FRAMEWORK)
    for name, text in FILES.items():
        (tmp_path / f"{name}.py").write_text(HEAD + text)
    return tmp_path


def runs(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts how often each function is run from here on."""
    counted: Counter[str] = Counter()
    run = Interpreter.run_function

    def counting(self: Interpreter, function: Any, *rest: Any) -> Value:
        counted[function.name] += 1
        return run(self, function, *rest)

    monkeypatch.setattr(Interpreter, "run_function", counting)
    return counted


@pytest.mark.parametrize("turned", [False, True])
def test_recalled_runs_are_like_runs(folder: Path, monkeypatch: pytest.MonkeyPatch, turned: bool) -> None:
    order = sorted(FILES, reverse=turned)
    with monkeypatch.context() as patch:
        patch.setattr(Interpreter, "recall", Interpreter.run_call)
        without = runs(patch)
        expected = states(folder, order)
    with monkeypatch.context() as patch:
        ran = runs(patch)
        found = states(folder, order)
    for name, (constructed, done) in expected.items():
        assert found[name][0] == constructed, name
        assert found[name][1] == done, name
    assert ran["finish"] < without["finish"]
    assert ran["build"] < without["build"]
    assert ran["later"] < without["later"]


def test_objects_passed_on_are_the_class_s_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = runs(monkeypatch)
    index = Index(folder)
    for name in ("named", "alike"):
        before = ran["finish"]
        model = index.file(Source(str(folder / f"{name}.py"), (folder / f"{name}.py").read_text()))
        (cls,) = model.classes
        interpreter = index.constructed(cls.facts)
        held = interpreter.path.attributes["model" if name == "named" else "net"]
        assert type(held) is Instance  # nothing watches it any more
    assert ran["finish"] == before  # a name in another attribute, another class of layer: the run was recalled


def test_objects_looked_into_are_not_recalled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = runs(monkeypatch)
    index = Index(folder)
    for name in ("table", "again"):
        model = index.file(Source(str(folder / f"{name}.py"), (folder / f"{name}.py").read_text()))
        (cls,) = model.classes
        (binding,) = [b for b in index.constructed(cls.facts).events.bindings if b.attribute == "table"]
        assert binding.value.handled  # the framework fills its weight
    assert ran["embed"] == 2
