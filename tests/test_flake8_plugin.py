"""modlint inside a real flake8, against the command line on the same files."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[[str, str], Path]
Run = Callable[..., "subprocess.CompletedProcess[str]"]

BASE = "from torch import nn\n\n\nclass Base(nn.Module):\n    def forward(self, x):\n        return x\n"
UNSTARTED = """\
from torch import nn

from pkg.base import Base


class Net(Base):
    def __init__(self):{0}
        self.fc = nn.Linear(2, 2)
"""
LISTED = """\
import torch.nn as nn

from . import base


class Größe(base.Base):
    def __init__(self):
        super().__init__()
        name = "größe"; self.layers = [  # {0}
            nn.Linear(2, 2),  # {1}
            nn.Linear(2, 2),
        ]  # {2}
"""
SELECT = 'select = ["MOD101", "MOD301"]\n'


@pytest.fixture
def package(write: Write, project: Path) -> Path:
    write("modlint.toml", SELECT)
    write("pkg/__init__.py", "")
    write("pkg/base.py", BASE)
    write("pkg/unstarted.py", UNSTARTED.format(""))
    write("pkg/listed.py", LISTED.format("", "", ""))
    write("pkg/broken.py", "class A\n")
    write("pkg/sub/named.py", UNSTARTED.format("  # noqa: missing-super-init"))
    write("pkg/sub/coded.py", UNSTARTED.format("  # noqa: MOD101"))
    write("pkg/sub/foreign.py", UNSTARTED.format("  # noqa: E501"))
    write("pkg/sub/skipped.py", "# modlint: skip-file\n" + UNSTARTED.format(""))
    write("pkg/sub/unread.py", "# flake8: noqa\n" + UNSTARTED.format(""))
    for place in range(3):
        comments = ["noqa: MOD301" if index == place else "" for index in range(3)]
        write(
            f"pkg/places/at{place}.py",
            "from pkg import base\n" + LISTED.format(*comments).replace("from . import base\n", ""),
        )
    return project


def found(run: subprocess.CompletedProcess[str]) -> list[str]:
    """``path:line:column code`` of each finding of modlint's rules, from flake8 or from the command line."""
    assert run.stderr == ""
    lines = (line.removeprefix("./").replace(": MOD", " MOD").split() for line in run.stdout.splitlines())
    return sorted(f"{words[0]} {words[1]}" for words in lines if words[1].startswith("MOD") and words[1] != "MOD001")


def flake8(run_module: Run, *arguments: str, stdin: str = "") -> list[str]:
    return found(run_module("flake8", "--select=MOD,E999", *arguments, stdin=stdin))


def cli(run_module: Run, *arguments: str, stdin: str = "") -> list[str]:
    return found(run_module("modlint", "check", "--output-format=concise", *arguments, stdin=stdin))


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_findings_are_those_of_the_command_line(package: Path, run_module: Run, jobs: str) -> None:
    listed = flake8(run_module, "-j", jobs)
    assert listed == [
        "pkg/listed.py:9:25 MOD301",
        "pkg/places/at1.py:9:25 MOD301",
        "pkg/sub/foreign.py:7:9 MOD101",
        "pkg/unstarted.py:7:9 MOD101",
    ]
    assert cli(run_module) == listed


def test_one_file_alone_has_the_same_findings(package: Path, run_module: Run) -> None:
    for name in ("pkg/unstarted.py", "pkg/listed.py", "pkg/sub/foreign.py"):
        alone = flake8(run_module, name)
        assert len(alone) == 1
        assert cli(run_module, name) == alone


def test_text_is_code_and_message(package: Path, run_module: Run) -> None:
    (line,) = run_module("flake8", "pkg/unstarted.py", "--select=MOD101").stdout.splitlines()
    report = run_module("modlint", "check", "--output-format=concise", "pkg/unstarted.py").stdout
    assert line.replace(": MOD101 ", " MOD101 missing-super-init ") == report.rstrip("\n")


def test_plugin_is_on_without_options_and_heeds_flake8s_own(package: Path, run_module: Run) -> None:
    run = run_module("flake8", "pkg/unstarted.py")
    assert [line.split()[1] for line in run.stdout.splitlines()] == ["MOD101"]
    assert run_module("flake8", "--extend-ignore=MOD1", "pkg/unstarted.py").stdout == ""
    assert "modlint: " in run_module("flake8", "--version").stdout


def test_noqa_is_disregarded_when_flake8_is_told_so(package: Path, run_module: Run) -> None:
    assert flake8(run_module, "--disable-noqa", "pkg/sub/named.py", "pkg/sub/coded.py") == [
        "pkg/sub/coded.py:7:9 MOD101",
        "pkg/sub/named.py:7:9 MOD101",
    ]


def test_per_file_ignores_and_excludes_of_the_settings(package: Path, write: Write, run_module: Run) -> None:
    write(
        "modlint.toml",
        SELECT + 'per-file-ignores = { "listed.py" = ["MOD3"] }\nextend-exclude = ["pkg/sub", "pkg/places"]\n',
    )
    assert flake8(run_module) == ["pkg/unstarted.py:7:9 MOD101"]
    assert cli(run_module) == ["pkg/unstarted.py:7:9 MOD101"]
    assert flake8(run_module, "pkg/sub/foreign.py") == cli(run_module, "pkg/sub/foreign.py")
    assert len(cli(run_module, "pkg/sub/foreign.py")) == 1


def test_settings_are_those_of_the_checked_project(
    package: Path, run_module: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (package / "outside").mkdir()
    monkeypatch.chdir(package / "outside")
    for name in ("../pkg/unstarted.py", str(package / "pkg" / "listed.py")):
        outside = [line.rsplit("/", 1)[1] for line in flake8(run_module, name)]
        assert outside == [line.rsplit("/", 1)[1] for line in cli(run_module, name)]
        assert len(outside) == 1


def test_standard_input(package: Path, run_module: Run) -> None:
    text = UNSTARTED.format("")
    assert flake8(run_module, "-", stdin=text) == ["stdin:7:9 MOD101"]
    assert cli(run_module, "-", stdin=text) == ["-:7:9 MOD101"]
    named = flake8(run_module, "--stdin-display-name=pkg/new.py", "-", stdin=text)
    assert named == cli(run_module, "--stdin-filename=pkg/new.py", "-", stdin=text) == ["pkg/new.py:7:9 MOD101"]


def test_broken_file_is_left_to_flake8(package: Path, run_module: Run) -> None:
    run = run_module("flake8", "pkg/broken.py")
    assert [line.split()[1] for line in run.stdout.splitlines()] == ["E999"]


def test_wrong_settings_are_one_clear_error(package: Path, write: Write, run_module: Run) -> None:
    write("modlint.toml", "select = 1\n")
    run = run_module("flake8", "pkg")
    assert run.returncode == 1
    message = "modlint: modlint.toml: select: must be a list of strings, not a number\n"
    assert (run.stdout + run.stderr).endswith(message)
    assert "Traceback" not in run.stderr
