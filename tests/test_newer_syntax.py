"""A text that only a newer Python reads is told from a wrong one, and the reason names construct, version and place."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from modlint.errors import SourceError
from modlint.source import Source, parse

RUNNING = sys.version_info[:2]
NEWER = [
    ((3, 11), "`except*`", "try:\n    pass\n<>except* OSError:\n    pass\n"),
    ((3, 11), "`*` in an index", "x = y[<>*z]\n"),
    ((3, 11), "`*` in an annotation", "def f(*args: <>*Ts): ...\n"),
    ((3, 12), "`type` statement", "size = 3\n<>type Size = int\n"),
    ((3, 12), "`type` statement", "if True: <>type Pair[T] = tuple[T, T]; x = 1\n"),
    ((3, 12), "type parameters", "class Layer<>[T: int]:\n    x: T\n"),
    ((3, 12), "type parameters", "@cache\nasync def f<>[*Ts, **P](*a) -> None: ...\n"),
    ((3, 12), "f-string", "x = <>f'{names['a']}'\n"),
    ((3, 12), "f-string", "x = g('ä', <>f'{'\\n'.join(names)}')\n"),
    ((3, 12), "f-string", "x = <>f'{\n    1  # one\n}'\n"),
    ((3, 12), "f-string", "x = <>f'{f'{f'{1}'}'}' 'rest'\n"),
    ((3, 12), "f-string", "x = <>f'{a['b']:{widths['c']}}'\n"),
    ((3, 13), "default of a type parameter", "class Layer[<>T = int]:\n    x: T\n"),
    ((3, 13), "default of a type parameter", "type Rest[T, <>*Ts = *tuple[int, ...]] = int\n"),
    ((3, 14), "t-string", "x = <>t'{name}'\n"),
    ((3, 14), "t-string", "x = <>tR'{name}\\d' rt''\n"),
    ((3, 14), "t-string", "x = <>t'{name}' t'b'\n"),
    ((3, 14), "t-string", "type Name = str\nx = <>t'{name}'\n"),
    ((3, 14), "`except`", "try:\n    pass\n<>except OSError, io.Error: ...\n"),
    ((3, 14), "`except*`", "try:\n    pass\n<>except* OSError, KeyError, E: ...\n"),
    ((3, 15), "`lazy` import", "import os\n<>lazy import torch\n"),
    ((3, 15), "`lazy` import", "<>lazy from torch import nn\n"),
    ((3, 15), "`*` in a comprehension", "x = <>[*row for row in rows]\n"),
    ((3, 15), "`**` in a comprehension", "x = <>{**row for row in rows}\n"),
]
WRONG = [
    "class A\n    pass\n",
    "print 'x'\n",
    "try:\n    f()\nexcept OSError, error:\n    pass\n",
    "x = f'{}'\n",
    "x = f'{a b}'\n",
    "x = f'{a!z}'\n",
    "type Size = int\nf() = 1\n",
    "type Size = int\nx = b'ä'\n",
    "type Size = int\nx = '\\N{no such letter}'\n",
    "class Layer[T]:\n    x = (\n",
    "t'{x}\n",
    "x = 'type X = int\n",
    "type Size\n",
    "lazy = import x\n",
]
NESTED = {
    "brackets": "x = " + "(" * 5000 + "1" + ")" * 5000,
    "signs": "x = " + "-" * 50_000 + "1",
    "powers": "x = " + "1**" * 50_000 + "1",
    "lambdas": "x = " + "lambda:" * 5000 + "1",
    "branches": "if x: pass\n" + "elif x: pass\n" * 50_000,
    "conditions": "x = " + "1 or " * 50_000 + "1",
    "attributes": "x = y" + ".a" * 50_000,
    "sum over lines": "x = (1\n" + "+ 1\n" * 50_000 + ")",
}


def refusal(text: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        parse(Source("a.py", text))
    return caught.value


def place(marked: str) -> tuple[int, int]:
    before = marked[: marked.index("<>")]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


@pytest.mark.parametrize(("version", "construct", "marked"), NEWER)
def test_newer_construct_is_named_with_its_version_and_place(
    version: tuple[int, int], construct: str, marked: str
) -> None:
    if version <= RUNNING:
        pytest.skip("this Python reads it")
    error = refusal(marked.replace("<>", ""))
    assert error.message.startswith("needs Python {}.{} or newer to be parsed (".format(*version))
    assert construct in error.message
    assert error.message.endswith("; modlint runs on Python {}.{}".format(*RUNNING))
    assert (error.line, error.column) == place(marked)


@pytest.mark.parametrize(("version", "construct", "marked"), NEWER)
def test_what_this_python_reads_is_no_error(version: tuple[int, int], construct: str, marked: str) -> None:
    if version > RUNNING:
        pytest.skip("this Python does not read it")
    assert parse(Source("a.py", marked.replace("<>", ""))).body


@pytest.mark.parametrize("text", WRONG)
def test_wrong_text_keeps_the_message_of_python(text: str) -> None:
    if "except OSError, error" in text and RUNNING >= (3, 14):
        pytest.skip("this Python reads it")
    assert refusal(text).message.startswith("syntax error: ")


@pytest.mark.skipif(RUNNING >= (3, 15), reason="this Python reads the first line")
@pytest.mark.parametrize("body", [*NESTED.values()], ids=[*NESTED])
def test_deep_nesting_after_newer_syntax_is_no_crash(body: str) -> None:
    assert refusal(f"lazy import torch\n{body}\n").message


@pytest.mark.skipif(RUNNING >= (3, 15), reason="this Python reads it")
def test_long_table_beside_newer_syntax_does_not_hide_it() -> None:
    table = "x = [\n" + "1,\n" * 50_000 + "]\n"
    assert refusal(f"lazy import torch\n{table}").message.startswith("needs Python 3.15")


def test_only_who_wants_the_reason_pays_for_it(write: Callable[[str, str], object], project: Path) -> None:
    """A dependency that can't be parsed, or a cell with a magic, loads no libcst: nobody reads why."""
    write("broken.py", "class Base(\n")
    write("net.py", "import torch\nfrom broken import Base\n\n\nclass Net(Base):\n    pass\n")
    lesson = {"cells": [{"cell_type": "code", "source": "%time\nimport torch"}], "metadata": {}, "nbformat": 4}
    write("lesson.ipynb", json.dumps(lesson))
    code = (
        "import sys\nfrom modlint.cli import run\n"
        "status = run(['check', '--isolated', '--no-cache', 'net.py', 'lesson.ipynb'])\n"
        "print(status, 'libcst' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "All clear: 2 files checked.\n0 False\n"
