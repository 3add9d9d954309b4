"""Notebooks: what is read of them, where findings are, and that fixes leave every other byte alone."""

from __future__ import annotations

import ast
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modlint.errors import SourceError
from modlint.notebook_splice import spliced
from modlint.source import decode

Run = Callable[..., subprocess.CompletedProcess[str]]
CHECK = ("modlint", "check", "--isolated", "--no-cache", "--output-format=concise")
IMPORTS = "import torch\nfrom torch import nn\n"
LISTED = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(4, 4) for _ in range(3)]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
"""


def cell(source: str, kind: str = "code", **metadata: Any) -> dict[str, Any]:
    made = {"cell_type": kind, "metadata": metadata, "source": source.splitlines(keepends=True)}
    return {**made, "execution_count": None, "outputs": []} if kind == "code" else made


def notebook(*cells: dict[str, Any], **metadata: Any) -> str:
    return json.dumps({"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1)


@pytest.fixture
def check(project: Path, run_module: Run) -> Callable[..., list[str]]:
    """Write a notebook and check it: the lines of the report, without the rule's name and message."""

    def checked(content: str, *options: str, name: str = "lesson.ipynb") -> list[str]:
        (project / name).write_text(content, encoding="utf-8")
        done = run_module(*CHECK, *options, name)
        assert done.stderr == ""
        return [
            " ".join(line.split()[:3]) if "cell" in line else line.split(" ", 2)[0] for line in done.stdout.splitlines()
        ]

    return checked


def text_of(*cells: dict[str, Any]) -> str:
    return decode(notebook(*cells).encode(), "lesson.ipynb").text


def test_a_finding_is_told_by_cell_and_line(check: Callable[..., list[str]]) -> None:
    content = notebook(cell("# A lesson", "markdown"), cell(IMPORTS), cell("\n" + LISTED), cell("Net()"))
    assert check(content) == ["lesson.ipynb:cell 3:5:9 MOD301"]


def test_notebooks_are_found_in_folders_and_their_checkpoints_are_not(project: Path, run_module: Run) -> None:
    for name in ("deep/a.ipynb", "deep/.ipynb_checkpoints/a-checkpoint.ipynb", "b.py"):
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(notebook(cell(IMPORTS + LISTED)) if name.endswith("ipynb") else IMPORTS + LISTED)
    done = run_module(*CHECK, ".")
    assert [line.split(" MOD")[0] for line in done.stdout.splitlines()] == ["b.py:6:9", "deep/a.ipynb:cell 1:6:9"]


@pytest.mark.parametrize(
    ("source", "read"),
    [
        ("%matplotlib inline\nx = 1", ["pass", "x = 1"]),
        ("!pip install -q torch \\\n   torchvision\nx = 1", ["pass", "", "x = 1"]),
        ("torch.nn.Linear?\n?print\nx??", ["pass", "pass", "pass"]),
        ("if x:\n    !ls\n    %cd ..", ["if x:", "    pass", "    pass"]),
        ("files = !ls\na, b = %sx pwd", ["files = get_ipython()", "a, b = get_ipython()"]),
        ("%%time\nx = 1\n%timeit x", ["", "x = 1", "pass"]),
        ("\n%%capture out\nx = 1", ["", "", "x = 1"]),
        ("!ls\nx = (7\n% 4)\ny = '''\n!ls\n%cd\n'''", ["pass", "x = (7", "% 4)", "y = '''", "!ls", "%cd", "'''"]),
        ("!ls\nx = 7 \\\n% 4 # (\n%cd", ["pass", "x = 7 \\", "% 4 # (", "pass"]),
        ("!ls\nx = '(\\'' + \"[\"\n%cd", ["pass", "x = '(\\'' + \"[\"", "pass"]),
        ("await f()\nx = 1;", ["await f()", "x = 1;"]),
        ("x = 'no magic: %s!' % 1", ["x = 'no magic: %s!' % 1"]),
    ],
)
def test_what_only_ipython_understands_is_replaced_line_by_line(source: str, read: list[str]) -> None:
    text = text_of(cell(source))
    ast.parse(text)
    lines = [line.partition("#%% magic")[0].rstrip() for line in text.split("\n")]
    assert lines == ["#%% cell 1", *read]


def test_cells_in_other_languages_are_counted_and_not_read(project: Path, run_module: Run) -> None:
    other = [cell("%%bash\nls"), cell("%%writefile net.py\n" + LISTED), cell("plot(x)", vscode={"languageId": "r"})]
    (project / "a.ipynb").write_text(notebook(cell(IMPORTS), *other))
    (project / "b.ipynb").write_text(notebook(cell("library(torch)"), kernelspec={"language": "R"}))
    for _ in range(2):  # the second time from the cache
        done = run_module("modlint", "check", "--isolated", ".")
        assert done.stdout == "All clear: 2 files checked, 4 cells in other languages not read.\n"


def test_a_cell_that_cannot_be_parsed_is_reported_and_blinds_no_other(check: Callable[..., list[str]]) -> None:
    content = notebook(cell(IMPORTS), cell("x = 1\nif x\n"), cell(LISTED), cell("s = '''\n"), cell("Net(\n]x = 1"))
    assert check(content) == [
        "lesson.ipynb:cell 2:2:5 MOD001",
        "lesson.ipynb:cell 3:4:9 MOD301",
        "lesson.ipynb:cell 4:1:5 MOD001",
        "lesson.ipynb:cell 5:2:1 MOD001",
    ]


def test_the_last_expression_of_a_cell_is_a_display(check: Callable[..., list[str]]) -> None:
    """A method that is named and not called is a defect, unless the notebook is to show it."""
    named = "net = nn.Linear(2, 2)\nnet.eval\n"
    assert check(notebook(cell(IMPORTS + named))) == []
    assert check(notebook(cell(IMPORTS + named + "net"))) == ["lesson.ipynb:cell 1:4:1 MOD604"]
    assert check(notebook(cell(IMPORTS + "net = nn.Linear(2, 2)\nif net:\n    net.eval"))) == [
        "lesson.ipynb:cell 1:5:5 MOD604"
    ]


def test_a_later_definition_replaces_an_earlier_one(check: Callable[..., list[str]]) -> None:
    first = "class Net(nn.Module):\n    def __init__(self):\n        super(Net, self).__init__()\n"
    plain = "class Base:\n    pass"
    content = notebook(cell(IMPORTS + plain), cell("class Base(nn.Module):\n    pass"), cell(first), cell(first))
    assert check(content) == []
    inherits = "class Late(Base):\n    def __init__(self):\n        self.fc = nn.Linear(2, 2)\n"
    redefined = notebook(
        cell(IMPORTS + plain), cell("class Base(nn.Module):\n    pass"), cell(inherits), cell("Late()")
    )
    assert check(redefined) == ["lesson.ipynb:cell 3:2:9 MOD101"]
    assert check(notebook(cell(IMPORTS + plain), cell(inherits), cell("class Base(nn.Module):\n    pass"))) == []


def test_a_line_in_a_message_is_a_line_of_the_cell(project: Path, run_module: Run) -> None:
    twice = "class Net(nn.Module):\n    def a(self):\n        pass\n    def b(self):\n        pass\n    def a(self):\n        pass\n"
    (project / "lesson.ipynb").write_text(notebook(cell(IMPORTS), cell(twice)))
    assert "is defined again in line 6:" in run_module(*CHECK, "lesson.ipynb").stdout


def test_noqa_and_skip_file_work_in_cells(check: Callable[..., list[str]]) -> None:
    silenced = LISTED.replace("range(3)]", "range(3)]  # noqa: MOD301")
    assert check(notebook(cell(IMPORTS), cell(silenced))) == []
    assert check(notebook(cell("# modlint: skip-file"), cell(IMPORTS), cell(LISTED))) == []


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "lesson.ipynb:1:1 MOD001 file-not-parsed is no notebook: it is empty"),
        ("{\n'cells': []}", "lesson.ipynb:2:1 MOD001 file-not-parsed is no notebook: it is not valid JSON"),
        ("[1]", "lesson.ipynb:1:1 MOD001 file-not-parsed is no notebook: it has no list of cells"),
        ('{"cells": {}}', "lesson.ipynb:1:1 MOD001 file-not-parsed is no notebook: it has no list of cells"),
        ('{"cells": [1]}', "lesson.ipynb:1:1 MOD001 file-not-parsed is no notebook: its cell 1 has no text"),
        ('{"cells": [{"source": [2]}]}', "lesson.ipynb:1:1 MOD001 file-not-parsed is no notebook: its cell 1 has no text"),
        ('{"worksheets": [{"cells": []}]}', "lesson.ipynb:1:1 MOD001 file-not-parsed is a notebook in format 3"),
        ("[" * 100_000, "lesson.ipynb:1:1 MOD001 file-not-parsed is no notebook: it is nested too deeply"),
        ("\udcff", "lesson.ipynb:1:1 MOD001 file-not-parsed cannot be decoded as utf-8: byte 0xff"),
    ],
)  # fmt: skip
def test_what_is_no_notebook_is_said_clearly(project: Path, run_module: Run, content: str, problem: str) -> None:
    (project / "lesson.ipynb").write_bytes(content.encode("utf-8", "surrogateescape"))
    done = run_module(*CHECK, "lesson.ipynb")
    assert done.returncode == 1
    assert done.stdout.startswith(problem)


def test_every_format_tells_the_cell(project: Path, run_module: Run) -> None:
    (project / "lesson.ipynb").write_text(notebook(cell(IMPORTS), cell(LISTED)))
    told = {}
    for form in ("text", "json", "github"):
        told[form] = run_module(*CHECK[:-1], f"--output-format={form}", "lesson.ipynb").stdout
    assert told["text"].splitlines()[1] == "4 |         self.layers = [nn.Linear(4, 4) for _ in range(3)]"
    (found,) = json.loads(told["json"])
    assert (found["cell"], found["location"]["row"], found["fix"]["edits"][0]["cell"]) == (2, 4, 2)
    assert told["github"].startswith(
        "::error file=lesson.ipynb,title=MOD301 (modules-in-plain-container)::cell 2:4:9: "
    )


RAW = """\
{ "metadata": {"a": 1.50, "source": ["not this"]},
  "cells": [
    {"cell_type": "markdown", "source": "caf\\u00e9"},
    {"source": ["import torch\\n", "%%magic%%", "from torch import nn"],
     "cell_type": "code", "outputs": [{"text": ["[1]"]}], "metadata": {}},
    {"cell_type":"code","metadata":{},
      "source": [
        "class Net(nn.Module):\\n",
        "    def __init__(self):  # caf\\u00e9\\n",
        "        self.fc = nn.Linear(2, 2)\\n",
        "!ls"
      ]},
    {"cell_type": "code", "metadata": {}, "source": "m = nn.Sequential(nn.Linear(2, 2),\\r\\n    nn.ReLU)\\r\\n" }
  ], "nbformat": 4 , "nbformat_minor": 2}"""


def test_a_fix_keeps_every_other_byte(project: Path, run_module: Run) -> None:
    before = "\ufeff" + RAW.replace('"%%magic%%", ', '"%matplotlib inline\\n", ')
    (project / "lesson.ipynb").write_text(before, encoding="utf-8")
    difference = run_module("modlint", "check", "--isolated", "--diff", "lesson.ipynb").stdout
    done = run_module(*CHECK, "--fix", "lesson.ipynb")
    assert (done.stdout, done.stderr) == ("", "")
    after = before.replace(
        '(self):  # caf\\u00e9\\n",\n', '(self):  # caf\\u00e9\\n",\n        "        super().__init__()\\n",\n'
    ).replace("    nn.ReLU)", "    nn.ReLU())")
    assert (project / "lesson.ipynb").read_text(encoding="utf-8") == after
    assert difference.count("--- lesson.ipynb:cell") == 2
    assert "+        super().__init__()\n" in difference


def test_standard_input_can_be_a_notebook(project: Path, run_module: Run) -> None:
    content = notebook(cell(IMPORTS), cell(LISTED))
    done = run_module(*CHECK, "--fix", "--stdin-filename", "lesson.ipynb", "-", stdin=content)
    assert done.stdout == content.replace("[nn.Linear", "nn.ModuleList([nn.Linear").replace("range(3)]", "range(3)])")


def test_a_fix_that_would_touch_a_magic_is_left_out(project: Path, run_module: Run) -> None:
    """`forward` is indented one level too deep; moving it would move the shell command that stands in it."""
    nested = (
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.fc = nn.Linear(2, 2)\n\n"
        "        def forward(self, x):\n            !ls\n            return self.fc(x)\n"
    )
    content = notebook(cell(IMPORTS), cell(nested))
    (project / "lesson.ipynb").write_text(content)
    done = run_module(*CHECK, "--fix", "lesson.ipynb")
    assert "lesson.ipynb:cell 2:6: MOD110 is not fixed: it would change a line that only IPython" in done.stderr
    assert (project / "lesson.ipynb").read_text() == content


@pytest.mark.parametrize(
    ("source", "lines", "expected"),
    [
        ('["a\\n", "b"]', ["a", "c"], '["a\\n", "c"]'),
        ('["a\\n", "b"]', ["b"], '["b"]'),
        ('["a\\n",\n  "b\\n"]', ["a", "b", ""], '["a\\n",\n  "b\\n"]'),
        ('"a\\nb"', ["x", "b"], '"x\\nb"'),
        ("[]", ["x", "y"], '["x\\n", "y"]'),
        ('["a", "\\nb"]', ["a", "c"], '["a\\n", "c"]'),
        ('["\\u00e9"]', ["è"], '["\\u00e8"]'),
        ('["é"]', ["è"], '["è"]'),
    ],
)
def test_only_the_source_of_a_cell_is_replaced(source: str, lines: list[str], expected: str) -> None:
    around = '{"x": ["cells", {"source": "y"}], "cells": [{"outputs": [["source", "]"]], "source": %s , "z": "}"}]}'
    assert spliced(around % source, {1: lines}) == around % expected


def test_a_notebook_is_no_module_that_can_be_imported(check: Callable[..., list[str]], project: Path) -> None:
    (project / "base.ipynb").write_text(notebook(cell(IMPORTS + "class Base(nn.Module):\n    pass")))
    inherits = "from base import Base\nclass Net(Base):\n    def __init__(self):\n        self.x = 1\n"
    assert check(notebook(cell(inherits))) == []


def test_a_surrogate_or_a_null_byte_in_a_cell_is_told(check: Callable[..., list[str]]) -> None:
    assert check(notebook(cell("x = '\udc80'"), cell("y = '\0'"))) == [
        "lesson.ipynb:cell 1:1:1 MOD001",
        "lesson.ipynb:cell 2:1:1 MOD001",
    ]


def test_decoding_says_why(project: Path) -> None:
    with pytest.raises(SourceError, match="is no notebook"):
        decode(b"x = 1", "lesson.ipynb")
