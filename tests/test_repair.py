"""`modlint check --fix` and `--diff` as their users start them, and what is kept of a file that is written."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from modlint.errors import WriteError
from modlint.writing import replace_content

Write = Callable[[str, str], Path]
Run = Callable[..., "subprocess.CompletedProcess[str]"]

BAD = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        # the layers
        self.layers = [nn.Linear(2, 2), nn.Linear(2, 2)]  # two of them

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
"""
GOOD = BAD.replace("__init__(self):\n", "__init__(self):\n        super().__init__()\n").replace(
    "[nn.Linear(2, 2), nn.Linear(2, 2)]", "nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])"
)
DIFF = """\
--- net.py
+++ net.py
@@ -3,8 +3,9 @@
~
 class Net(nn.Module):
     def __init__(self):
+        super().__init__()
         # the layers
-        self.layers = [nn.Linear(2, 2), nn.Linear(2, 2)]  # two of them
+        self.layers = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])  # two of them
~
     def forward(self, x):
         for layer in self.layers:
""".replace("~", " ")
UNSAFE = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)

    def forward(self, x):
        return self.fc.forward(x)
"""


def test_fix_writes_the_file_and_reports_what_remains(write: Write, run_module: Run) -> None:
    path = write("net.py", BAD)
    run = run_module("modlint", "check", "--fix", "net.py")
    assert path.read_text() == GOOD
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == "Fixed 2 problems in 1 file. All clear: 1 file checked.\n"


def test_check_marks_what_can_be_fixed(write: Write, run_module: Run) -> None:
    write("net.py", BAD)
    run = run_module("modlint", "check", "--no-show-source", "net.py")
    assert [line.split("`")[0] for line in run.stdout.splitlines()[:2]] == [
        "net.py:5:9 MOD101 missing-super-init [*] ",
        "net.py:7:9 MOD301 modules-in-plain-container [*] ",
    ]
    assert run.stdout.splitlines()[-1] == "[*] 2 fixable with `--fix`."


def test_diff_changes_nothing_and_exits_with_1(write: Write, run_module: Run) -> None:
    path = write("net.py", BAD)
    run = run_module("modlint", "check", "--diff", "net.py")
    assert (run.returncode, run.stdout, run.stderr) == (1, DIFF, "Would fix 2 problems.\n")
    assert path.read_text() == BAD


def test_diff_without_a_difference_exits_with_0(write: Write, run_module: Run) -> None:
    write("net.py", GOOD)
    run = run_module("modlint", "check", "--diff", "net.py")
    assert (run.returncode, run.stdout) == (0, "")


def test_the_diff_can_be_applied(write: Write, run_module: Run) -> None:
    path = write("net.py", BAD.rstrip("\n"))
    run = run_module("modlint", "check", "--diff", "net.py")
    subprocess.run(["git", "apply", "-p0"], input=run.stdout, text=True, check=True)
    assert path.read_text() == GOOD.rstrip("\n")


def test_unsafe_fixes_on_demand_only(write: Write, run_module: Run) -> None:
    path = write("net.py", UNSAFE)
    run = run_module("modlint", "check", "--fix", "--no-show-source", "net.py")
    assert (run.returncode, path.read_text()) == (1, UNSAFE)
    assert run.stdout.splitlines()[-1] == "1 fixable with `--fix --unsafe-fixes`."
    run = run_module("modlint", "check", "--fix", "--unsafe-fixes", "net.py")
    assert (run.returncode, path.read_text()) == (0, UNSAFE.replace("self.fc.forward(x)", "self.fc(x)"))


def test_json_holds_the_edits(write: Write, run_module: Run) -> None:
    write("net.py", BAD)
    run = run_module("modlint", "check", "--output-format", "json", "--select", "MOD301", "net.py")
    (finding,) = json.loads(run.stdout)
    assert finding["fix"] == {
        "message": "Make it an `nn.ModuleList`",
        "applicability": "safe",
        "edits": [
            {
                "content": "nn.ModuleList(",
                "cell": None,
                "location": {"row": 7, "column": 23},
                "end_location": {"row": 7, "column": 23},
            },
            {
                "content": ")",
                "cell": None,
                "location": {"row": 7, "column": 57},
                "end_location": {"row": 7, "column": 57},
            },
        ],
    }


def test_standard_input_is_printed_fixed(run_module: Run) -> None:
    run = run_module("modlint", "check", "--fix", "-", stdin=BAD)
    assert (run.returncode, run.stdout) == (0, GOOD)
    assert run.stderr == "Fixed 2 problems in 1 file. All clear: 1 file checked.\n"


def test_suppressed_lines_stay(write: Write, run_module: Run) -> None:
    text = BAD.replace("# two of them", "# noqa: MOD301").replace("# the layers", "# the layers: bonjour")
    path = write("net.py", text)
    run = run_module("modlint", "check", "--fix", "net.py")
    assert run.returncode == 0
    assert path.read_text() == text.replace("__init__(self):\n", "__init__(self):\n        super().__init__()\n")


@pytest.mark.parametrize(
    ("encoding", "declared", "end"),
    [("utf-8-sig", "", "\n"), ("latin-1", "# coding: latin-1\n", "\r\n"), ("utf-8", "# é ∑ 層\n", "\r\n")],
)
def test_encoding_mark_and_line_ends_are_kept(
    project: Path, run_module: Run, encoding: str, declared: str, end: str
) -> None:
    extra = "NAME = 'é'\n"
    path = project / "net.py"
    path.write_bytes((declared + extra + BAD).replace("\n", end).encode(encoding))
    run = run_module("modlint", "check", "--fix", "net.py")
    assert run.returncode == 0, run.stdout + run.stderr
    assert path.read_bytes() == (declared + extra + GOOD).replace("\n", end).encode(encoding)


def test_read_only_file_is_reported(write: Write, run_module: Run) -> None:
    path = write("net.py", BAD)
    path.chmod(0o444)
    run = run_module("modlint", "check", "--fix", "--output-format", "concise", "net.py")
    assert (run.returncode, path.read_text()) == (1, BAD)
    assert run.stderr.splitlines() == [
        "modlint: net.py:5: MOD101 is not fixed: the file is read-only",
        "modlint: net.py:7: MOD301 is not fixed: the file is read-only",
    ]
    assert len(run.stdout.splitlines()) == 2


def test_link_stays_a_link_and_permissions_are_kept(write: Write, run_module: Run) -> None:
    target = write("real/net.py", BAD)
    target.chmod(0o754)
    os.symlink(target, "link.py")
    run_module("modlint", "check", "--fix", "link.py")
    assert os.path.islink("link.py")
    assert target.read_text() == GOOD
    assert stat.S_IMODE(target.stat().st_mode) == 0o754
    assert os.listdir("real") == ["net.py"]


def test_base_class_fixed_in_one_file_counts_in_the_next(write: Write, run_module: Run) -> None:
    """The subclass is clean once its base class, checked after it, is fixed."""
    write("b_base.py", BAD.replace("Net", "Base"))
    write(
        "a_net.py",
        "from b_base import Base\nfrom torch import nn\n\n\nclass Net(Base):\n    def __init__(self):\n"
        "        super().__init__()\n        self.fc = nn.Linear(2, 2)\n",
    )
    run = run_module("modlint", "check", "--fix", ".")
    assert (run.returncode, run.stdout) == (0, "Fixed 2 problems in 1 file. All clear: 2 files checked.\n")


def test_import_is_added_in_the_files_own_style(write: Write, run_module: Run) -> None:
    text = (
        '"""Doc."""\nfrom __future__ import annotations\nimport os\nfrom torch.nn import Linear, Module\n\n\n'
        "class Net(Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.a = [Linear(2, 2)] + [Linear(2, 2)]\n        self.b = [Linear(2, 2), Linear(2, 2)]\n"
    )
    path = write("net.py", text)
    run_module("modlint", "check", "--fix", "net.py")
    fixed = path.read_text()
    assert "from torch.nn import Linear, Module\nfrom torch.nn import ModuleList\n\n\nclass" in fixed
    assert "self.b = ModuleList([Linear(2, 2), Linear(2, 2)])" in fixed
    compile(fixed, "net.py", "exec")


def test_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"new")
    with pytest.raises(WriteError, match=r"a\.py: has changed since it was read"):
        replace_content(str(path), b"old", b"fixed")
    assert path.read_bytes() == b"new"


def test_failed_write_leaves_the_file_and_nothing_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match="no space left"):
        replace_content(str(path), b"old", b"fixed")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.py"]


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_interrupted_run_leaves_whole_files(project: Path) -> None:
    """Each file is the old text or the new one, whenever the run is stopped."""
    for number in range(200):
        (project / f"net{number:03}.py").write_text(BAD)
    process = subprocess.Popen([sys.executable, "-m", "modlint", "check", "--fix", "-q"], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and (project / "net010.py").read_text() == BAD:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    texts = {path.read_text() for path in project.glob("*.py")}
    assert texts <= {BAD, GOOD}
    assert GOOD in texts
    assert b"Traceback" not in errors
