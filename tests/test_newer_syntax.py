"""Syntax newer than the Python that runs modlint is told as such, and nothing else is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from modlint.errors import SourceError
from modlint.newer_syntax import newer_syntax
from modlint.source import Source, parse

NEWER = [
    ((3, 11), "try:\n    pass\nexcept* ValueError:\n    pass\n", "`except*`"),
    ((3, 11), "a[*b]\n", "an unpacked index"),
    ((3, 12), "type X = int\n", "a `type` statement"),
    ((3, 12), "class A[T]: pass\n", "type parameters in brackets"),
    ((3, 12), "def f[T: int, *Ts, **P](x: T): pass\n", "type parameters in brackets"),
    ((3, 12), 'x = f"{a[\'b\'] + f"{c}"}"\n', "an f-string with quotes, backslashes or comments inside"),
    ((3, 12), "x = f\"{'\\n'.join(a)}\"\n", "an f-string with quotes, backslashes or comments inside"),
    ((3, 13), "class A[T = int]: pass\n", "a type parameter with a default"),
    ((3, 14), 'x = t"{a}"\n', "a template string"),
    ((3, 14), "try:\n    pass\nexcept A, B:\n    pass\n", "exception types without parentheses"),
]


@pytest.mark.parametrize(("version", "text", "construct"), NEWER)
def test_the_version_that_reads_it_is_told(version: tuple[int, int], text: str, construct: str) -> None:
    needed = f"needs Python 3.{version[1]} or newer to be read ({construct}): modlint runs on Python 3.{version[1] - 1}"
    assert newer_syntax(text, (3, version[1] - 1)) == needed
    assert newer_syntax(text, version) == ""
    if sys.version_info[:2] < version:
        with pytest.raises(SourceError, match=r"^needs Python 3\.\d+ or newer"):
            parse(Source("net.py", text))


@pytest.mark.parametrize(
    "text", ["x = = 1\n", "class A[T]:\n  x = (\n", "def f(:\n", "type = 3\nx = f'{a[0]}'\n", "if x\n"]
)
def test_other_faults_stay_faults_of_the_file(text: str) -> None:
    assert newer_syntax(text, (3, 10)) == ""


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="this Python reads template strings")
def test_the_report_says_so(write: Callable[[str, str], object], run_module: Callable[..., object]) -> None:
    write("net.py", "import torch\nx = t'{torch}'\n")
    done = run_module("modlint", "check", "--no-cache", "--output-format=concise", "net.py")
    assert isinstance(done, subprocess.CompletedProcess)
    own = ".".join(map(str, sys.version_info[:2]))
    assert done.stdout.startswith("net.py:2:")
    assert f"needs Python 3.14 or newer to be read (a template string): modlint runs on Python {own}\n" in done.stdout
