"""Which changes of one file touch the kept results of others: those of what was read there, and no more."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from modlint.cache import Cache, key
from modlint.cache_folder import FOLDER
from modlint.config import Config, Selection
from modlint.model.collect import gather
from modlint.model.ledger import BODY, NAME, Ledger
from modlint.model.parts import Parts, opened, watch
from modlint.recent import Recent
from modlint.run import check_paths

Write = Callable[[str, str], Path]

BASE = """\
import torch
from torch import nn

SIZE = 2


def layer(size):
    return nn.Linear(size, 2)


def unused(x):
    return x


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.base = layer(SIZE)


class Other(nn.Module):
    def forward(self, x):
        return x
"""
NET = """\
from base import Base
from torch import nn


class Net(Base):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(2, 2)]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.base(x)
"""
SELECTED = (Selection("test", ("ALL",)),)


def outcome(project: Path) -> list[str]:
    """What a cached run finds; the same as one without a cache."""
    config = Config(project, selections=SELECTED, preview=True)
    cache = Cache(str(project / FOLDER), key(config))
    cached = check_paths(["."], config, recent=Recent(["."], config, cache, False))
    assert cached == check_paths(["."], config)
    return [f"{item.filename}:{item.span.line} {item.code}" for item in cached.diagnostics]


def holds(project: Path) -> bool:
    """Whether the result of net.py is known."""
    config = Config(project, selections=SELECTED, preview=True)
    return "net.py" in Cache(str(project / FOLDER), key(config)).known(["net.py"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import torch\n", "# a comment\n\n\nimport torch\n"),
        ("        return x\n", "        return x + 1\n"),
        ("    return x\n", "    print(x)\n    return x\n"),
        ("class Other", "class Added(nn.Module):\n    pass\n\n\nclass Other"),
        ("class Other(nn.Module):", "class Renamed(nn.Linear):"),
        ("def unused(x):", "def unused(x, y=1):"),
        ("import torch\n", ""),
    ],
)
def test_change_elsewhere_in_the_file(write: Write, project: Path, old: str, new: str) -> None:
    write("base.py", BASE)
    write("net.py", NET)
    before = outcome(project)
    assert before
    write("base.py", BASE.replace(old, new, 1))
    assert holds(project)
    assert outcome(project)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("        super().__init__()\n", "        pass\n"),
        ("class Base(nn.Module)", "class Base"),
        ("    return nn.Linear(size, 2)", "    return None"),
        ("def layer(size):", "def layer(size=1, *, other=2):"),
        ("class Base(", "@torch.jit.script\nclass Base("),
        ("SIZE)\n", "SIZE)\n\n    def added(self):\n        pass\n"),
        ("class Other", "class Base:\n    pass\n\n\nclass Other"),
        ("class Other", "from elsewhere import *\n\n\nclass Other"),
        ("class Other", "class Other("),
    ],
)
def test_change_of_what_is_rested_on(write: Write, project: Path, old: str, new: str) -> None:
    write("base.py", BASE)
    write("net.py", NET)
    outcome(project)
    write("base.py", BASE.replace(old, new, 1))
    assert not holds(project)
    outcome(project)


DROPS = NET.replace("[nn.Linear(2, 2)]", "nn.ModuleList()").replace("self.base(x)", "nn.functional.dropout(x)")
HELPER = """\
SIZE)

    def helper(self, x):
        return self.base(x)
"""


@pytest.mark.parametrize("new", ["return self.base(x) + 1", "y = 2 * x\n        return self.base(y)"])
def test_body_in_which_a_sweep_finds_the_same(write: Write, project: Path, new: str) -> None:
    source = BASE.replace("SIZE)\n", HELPER)
    write("base.py", source)
    write("net.py", DROPS)
    assert outcome(project)
    write("base.py", source.replace("return self.base(x)", new))
    assert holds(project)
    assert outcome(project)


@pytest.mark.parametrize(
    "new",
    [
        "return self.base.weight + self.layers[0].weight",
        "return self.base",
        "raise NotImplementedError",
        "self.other = x",
        "return hasattr(self, 'layers')",
        "return self.__dict__",
        "return unused(self)",
        "def inner():\n            return self.base(x)\n        return self.inner()",
    ],
)
def test_body_in_which_a_sweep_finds_something_else(write: Write, project: Path, new: str) -> None:
    source = BASE.replace("SIZE)\n", HELPER)
    write("base.py", source)
    write("net.py", DROPS)
    outcome(project)
    write("base.py", source.replace("return self.base(x)", new))
    assert not holds(project)
    outcome(project)


def test_body_nested_too_deeply_is_never_taken_for_the_same(write: Write, project: Path) -> None:
    source = BASE.replace("SIZE)\n", HELPER).replace(
        "return self.base(x)", f"return {'+'.join(['self.base(x)'] * 2000)}"
    )
    write("base.py", source)
    write("net.py", DROPS)
    outcome(project)
    write("base.py", source.replace("return self.base(x)", "return self.layers(x)"))
    assert not holds(project)
    outcome(project)


def test_class_added_behind_a_star_import(write: Write, project: Path) -> None:
    write("pkg/__init__.py", "from .first import *\nfrom .second import *\n")
    write("pkg/first.py", BASE)
    write("pkg/second.py", "from torch import nn\n\n\nclass Second(nn.Module):\n    pass\n")
    write("net.py", NET.replace("from base", "from pkg"))
    outcome(project)
    write("pkg/second.py", "from torch import nn\n\n\nclass Third(nn.Module):\n    pass\n")
    assert holds(project)
    write("pkg/second.py", "class Base:\n    pass\n")
    assert not holds(project)
    outcome(project)


def test_exports_of_a_star_import(write: Write, project: Path) -> None:
    write("pkg/__init__.py", "from .first import *\n")
    write("pkg/first.py", BASE)
    write("net.py", NET.replace("from base", "from pkg"))
    outcome(project)
    write("pkg/first.py", BASE + "\n__all__ = ['Other']\n")
    assert not holds(project)
    outcome(project)


def test_order_of_two_bindings(write: Write, project: Path) -> None:
    classes = ["class Up(nn.Module):\n    pass\n\n", "class Base(Up):\n    pass\n\n", "class Up:\n    pass\n\n"]
    write("base.py", "from torch import nn\n\n" + "".join(classes))
    write("net.py", NET.replace("super().__init__()", "pass"))
    found = outcome(project)
    write("base.py", "from torch import nn\n\n" + "".join([classes[0], classes[2], classes[1]]))
    assert not holds(project)
    assert outcome(project) != found


def test_file_whose_time_cannot_be_trusted_is_known_by_its_content(write: Write, project: Path) -> None:
    write("base.py", BASE)
    write("net.py", NET)
    outcome(project)
    write("base.py", BASE)
    write("net.py", NET)
    assert holds(project)


def test_many_changes_are_joined(write: Write, project: Path) -> None:
    for number in range(8):
        write(f"m{number}.py", NET)
    write("base.py", BASE)
    write("net.py", NET)
    found = outcome(project)
    for number in range(40):
        write(f"m{number % 8}.py", f"{NET}\n# {number}\n")
        assert outcome(project) == found
    write("base.py", BASE.replace("super().__init__()", "pass"))
    assert not holds(project)
    outcome(project)


def test_reading_a_body_is_noted_however_it_is_read() -> None:
    text = "def f(x):\n    '''Doc.'''\n    def g():\n        return x\n    return g\n"
    ways: list[Callable[[ast.FunctionDef], object]] = [
        lambda node: list(ast.walk(node)), lambda node: node.body[-1], lambda node: [*node.body],
        lambda node: len(node.body), lambda node: bool(node.body), lambda node: list(reversed(node.body)),
        ast.unparse, ast.dump, ast.get_docstring, lambda node: [s for s in node.body if s],
    ]  # fmt: skip
    for way in ways:
        ledger = Ledger()
        facts = watch(gather("f.py", ast.parse(text), text), ledger)
        (binder,), _ = facts.binders("f")
        assert [look.kind for look in ledger.current.looks] == [NAME]
        way(binder.node)  # type: ignore[union-attr,arg-type]
        assert {look.kind for look in ledger.current.looks} == {NAME, BODY}


def test_parts_are_the_same_further_down() -> None:
    text = "class A:\n    x = 1\n\n    @property\n    def f(self):\n        return 2\n\n    def g(self): return 3\n"

    def parts(text: str) -> Parts:
        found = opened("a.py", text.encode())
        assert found is not None
        return found

    one, moved = parts(text), parts(f"import os\n\n{text}\n# end\n")
    inside, inline = parts(text.replace("return 2", "return 4")), parts(text.replace("return 3", "return 5"))
    assert one.digest(NAME, "A") == moved.digest(NAME, "A") == inside.digest(NAME, "A") != inline.digest(NAME, "A")
    assert one.digest(BODY, "A.f") == moved.digest(BODY, "A.f") == inline.digest(BODY, "A.f")
    assert one.digest(BODY, "A.f") != inside.digest(BODY, "A.f")
    assert one.digest(BODY, "A.g") != inline.digest(BODY, "A.g")
    assert one.digest(BODY, "A.h") == one.digest(NAME, "B") == ""
