"""Sources that nobody writes and somebody generates: no traceback, no hang, and no finding lost.

Each source ends with a class that has a bug; it must be found whatever stands above it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 10
HEAD = "import torch\nfrom torch import nn\n\n\n"
UNSTARTED = "\n\nclass Unstarted(nn.Module):\n    def __init__(self):\n        self.fc = nn.Linear(2, 2)\n"


def in_init(*lines: str) -> str:
    """A Module whose constructor runs these lines."""
    start = ("class Net(nn.Module):", "    def __init__(self, x=None, n=2):", "        super().__init__()")
    return "\n".join([*start, *(f"        {line}" for text in lines for line in text.split("\n"))])


def nested(opening: str, depth: int, inner: str, step: str = "    ") -> str:
    """``inner`` in blocks that each start with ``opening``."""
    return "\n".join([*(f"{step * level}{opening}" for level in range(depth)), f"{step * depth}{inner}"])


def branches(count: int) -> str:
    tests = (f"elif x == {number}:\n    self.a = {number}" for number in range(count))
    return "\n".join(["if x is None:\n    self.a = 0", *tests])


LONG = {
    "chain of calls": in_init("self.x = torch.ones(2)" + ".add(1)" * 600),
    "chain of attributes": in_init("self.x = x" + ".a" * 600),
    "sum": in_init("self.x = " + " + ".join(["torch.ones(2)"] * 600)),
    "conditional expression": in_init("self.x = " + "1 if x else " * 600 + "2"),
    "branches": in_init(branches(600)),
    "parentheses": in_init("self.x = " + "(" * 150 + "1" + ")" * 150),
    "lambdas": in_init("self.x = " + "lambda: " * 400 + "1"),
    "comprehensions": in_init("self.x = " + "[y for y in " * 80 + "x" + "]" * 80),
    "aliases": "a0 = nn.Module\n" + "\n".join(f"a{i} = a{i - 1}" for i in range(1, 3000)) + "\nclass N(a2999): ...",
    "calls of functions": "".join(f"def f{i}():\n    return f{i + 1}()\n" for i in range(1500))
    + in_init("self.a = f0()"),
    "bases": "class C0(nn.Module): ...\n" + "".join(f"class C{i}(C{i - 1}):\n    size = {i}\n" for i in range(1, 1000)),
    "list": in_init("self.x = [\n" + "nn.ReLU(),\n" * 20_000 + "]"),
    "file": "".join(
        f"class N{i}(nn.Module):\n    def __init__(self):\n        super().__init__()\n" for i in range(5000)
    ),
    "class": "class N(nn.Module):\n"
    + "".join(f"    def m{i}(self):\n        return self.m{(i + 1) % 1000}()\n" for i in range(1000)),
}
GROWING = {
    "tuple": in_init("y = (nn.ReLU(),)", *["y = y + y"] * 50, "self.y = y"),
    "list": in_init("y = [nn.ReLU()]", *["y = [y, y]"] * 50, "self.y = y"),
    "list in place": in_init("y = [nn.ReLU()]", *["y += y"] * 50, "self.y = y"),
    "list extended": in_init("y = [nn.ReLU()]", *["y.extend(y)"] * 50, "self.y = y"),
    "list unpacked": in_init("y = [nn.ReLU()]", *["y = [*y, *y]"] * 50, "self.y = y"),
    "dict": in_init("y = {'a': nn.ReLU()}", *["y = {'a': y, **y, **y}"] * 50, "self.y = y"),
    "factor": in_init("self.a = [nn.ReLU()] * 10**9", "self.b = 'a' * 10**12", "self.c = 9 ** 9 ** 9"),
    "range": in_init("self.a = [i for i in range(10**12)]", "self.b = list(range(10**12))"),
    "loops": in_init("y = []", nested("for i in x:", 15, "y.append([y, nn.ReLU()])"), "self.y = y"),
    "functions": "".join(f"def f{i}(x):\n    return [f{i + 1}(x), f{i + 1}([x])]\n" for i in range(40))
    + in_init("self.a = f0(nn.ReLU())"),
    "classes": "class C0(nn.Module): ...\n"
    + "".join(
        f"class C{i}(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.a = C{i - 1}()\n        self.b = C{i - 1}()\n"
        for i in range(1, 40)
    ),
}
ENDLESS = {
    "list in itself": in_init("y = []", "y.append(y)", "y += y", "self.y = y", "self.y.append(self.y)"),
    "lists in each other": in_init("a = []", "b = [a]", "a.append(b)", "b += a", "self.a, self.b = a, b"),
    "dict in itself": in_init("d = {}", "d['d'] = d", "self.d = d", "self.d['self'] = self"),
    "attribute of itself": in_init("self.x = [self.x]", "self.y = [self, self.x]"),
    "lambda of itself": in_init("f = lambda: f()", "g = lambda h: h(h)", "self.f, self.g = f(), g(g)"),
    "function of itself": "def f(n):\n    return [f(n - 1), *f(n)]\n" + in_init("self.a = f(3)"),
    "class of itself": in_init("self.a = Net(Net(x))", "self.b = [type(self)(), self.__class__(self.a)]"),
    "property of itself": "class N(nn.Module):\n    @property\n    def a(self):\n        return self.a\n",
    "base of itself": "class N(N):\n    def __init__(self):\n        super().__init__()\n",
}
STRANGE = {
    "metaclass": "class Meta(type): ...\nclass N(*[nn.Module], **{'metaclass': Meta}): ...\n"
    "class M(nn.Module, metaclass=Meta, flag=True): ...\nclass O(type('D', (nn.Module,), {})()): ...",
    "decorators": "@(lambda c: c)\n@[print][0]\n@print(x=[y for y in ()])\nclass N(nn.Module):\n"
    "    @property\n    def __init__(self): ...\n    @staticmethod\n    def forward(): ...",
    "methods without self": "class N(nn.Module):\n    def __init__(): ...\n    def forward(*args): args[0].x = 1\n"
    "    __call__ = lambda: 3",
    "names of others": "class N(nn.Module):\n    nn = self = 3\n    def __init__(nn, *super, **torch):\n"
    "        nn.fc = 3; super(); super(1, 2, 3).__init__(); super(*super)",
    "match": in_init(
        "match x:\n    case {'a': [nn.Linear(), *rest], **kw} if (y := n):\n        self.a = [y, rest, kw]\n"
        "    case [1, *_] | (3, 4) | nn.Module(fc=z) as w:\n        self.b = w\n    case _:\n        self.c = 1"
    ),
    "walrus": in_init("self.y = [(y := nn.ReLU()), y, (y := [y])]", "(lambda: (z := 3))()", "while (z := x): ..."),
    "targets": in_init("(self.a, *self.b), self.c[0], self.d.e = x", "for self.i in x: ...", "del self.a, self"),
    "calls without arguments": in_init(
        "setattr(self)", "getattr()", "self.register_buffer()", "list().append()", "nn.Parameter().to()", "super(1)"
    ),
    "form feeds": "\f\nclass N(nn.Module):\n\f\n    x = '\f'\f",
    "separators in strings": "x = '\x0b\x1c\x1d\x1e\x85\u2028\u2029'  # \u2028 \x85",
    "surrogates": in_init("self.a = '\\ud800'", "setattr(self, '\\udfff', nn.ReLU())"),
}


def checked(source: bytes, folder: Path) -> list[tuple[int, str]]:
    """The findings of a source that is read from standard input."""
    run = subprocess.run(
        [sys.executable, "-m", "modlint", "check", "--isolated", "--output-format", "json", "-"],
        input=source,
        capture_output=True,
        timeout=SECONDS,
        cwd=folder,
        check=False,
    )
    assert run.stderr == b""
    return [(item["location"]["row"], item["code"]) for item in json.loads(run.stdout)]


def place(source: str) -> tuple[int, str]:
    return source[: source.index("class Unstarted")].count("\n") + 2, "MOD101"


@pytest.mark.parametrize("body", [*LONG.values()], ids=[*LONG])
def test_long_source(body: str, tmp_path: Path) -> None:
    source = HEAD + body + UNSTARTED
    assert place(source) in checked(source.encode(), tmp_path)


@pytest.mark.parametrize("body", [*GROWING.values()], ids=[*GROWING])
def test_values_that_grow_with_each_line(body: str, tmp_path: Path) -> None:
    source = HEAD + body + UNSTARTED
    assert place(source) in checked(source.encode(), tmp_path)


@pytest.mark.parametrize("body", [*ENDLESS.values()], ids=[*ENDLESS])
def test_what_refers_to_itself(body: str, tmp_path: Path) -> None:
    source = HEAD + body + UNSTARTED
    assert place(source) in checked(source.encode(), tmp_path)


@pytest.mark.parametrize("body", [*STRANGE.values()], ids=[*STRANGE])
def test_strange_source(body: str, tmp_path: Path) -> None:
    source = HEAD + body + UNSTARTED
    found = checked(source.encode(), tmp_path)
    assert place(source) in found
    assert not {"MOD000", "MOD001"} & {code for _, code in found}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")
def test_type_parameters(tmp_path: Path) -> None:
    source = HEAD + "type A[T] = list[T]\nclass N[T: nn.Module, *Ts, **P](nn.Module):\n    x: T" + UNSTARTED
    assert checked(source.encode(), tmp_path) == [place(source)]


@pytest.mark.parametrize(
    "line",
    [
        "self.ﬁelds = [nn.Linear(2, 2), nn.Linear(2, 2)]",
        "self.\U0001d431 = [nn.Linear(2, 2), nn.Linear(2, 2)]",
        "größe = '😀'; self.größe = [nn.Linear(2, 2), nn.Linear(2, 2)]",
        "x = '\f'; self.x = [nn.Linear(2, 2), nn.Linear(2, 2)]\f",
        "self.x = [nn.Linear(2, 2), nn.Linear(2, 2)]  # \u2028 \x85",
    ],
)
def test_finding_is_pinned_on_strange_letters(line: str, tmp_path: Path) -> None:
    source = HEAD + in_init(line) + "\n"
    assert checked(source.encode(), tmp_path) == [(8, "MOD301")]


@pytest.mark.parametrize("blank", ["\f    def", "    def"], ids=["form feed", "none"])
def test_form_feed_before_a_method(blank: str, tmp_path: Path) -> None:
    source = HEAD + in_init("self.x = [nn.Linear(2, 2), nn.Linear(2, 2)]").replace("    def", blank) + "\n"
    assert checked(source.encode(), tmp_path) == [(8, "MOD301")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("indent", ["    ", "\t", "  "])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["", "mark"])
def test_ends_and_indents(end: str, indent: str, mark: str, tmp_path: Path) -> None:
    source = mark + (HEAD + in_init("if x:", "    self.a = 1") + UNSTARTED).rstrip("\n")
    data = source.replace("    ", indent).replace("\n", end).encode()
    assert checked(data, tmp_path) == [place(source)]


@pytest.mark.parametrize(("codec", "letters"), [("latin-1", "äß"), ("cp1252", "€"), ("shift_jis", "日本")])
def test_declared_encodings(codec: str, letters: str, tmp_path: Path) -> None:
    source = f"# coding: {codec}\n" + HEAD + in_init(f"self.a = '{letters}'") + UNSTARTED
    assert checked(source.encode(codec), tmp_path) == [place(source)]


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "(" * 5000 + "1" + ")" * 5000,
        "x = " + " + ".join(["1"] * 20_000),
        "x = " + "9" * 6000,
        "x = 1 \\",
        "class",
        "class N:\ndef f(): ...",
        "x = 1\n\x1a",
        nested("if x:", 120, "pass", " "),
        "# coding: hex\nx = 1",
    ],
    ids=["parentheses", "sum", "number", "backslash", "end", "indent", "control-z", "blocks", "codec"],
)
def test_what_python_refuses_is_one_finding(source: str, tmp_path: Path) -> None:
    """A long sum is refused by Python 3.11 and later only."""
    accepted = sys.version_info < (3, 11) and " + " in source
    assert [code for _, code in checked(source.encode(), tmp_path)] == ([] if accepted else ["MOD001"])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes of Unix")
def test_named_pipe_beside_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    source = HEAD + in_init("self.x = [nn.Linear(2, 2), nn.Linear(2, 2)]") + "\n"
    assert checked(source.encode(), tmp_path) == [(8, "MOD301")]
