"""Results of earlier runs: used where they hold, and only there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from modlint.cache import Cache, key
from modlint.cache_folder import FOLDER
from modlint.config import Config, Selection
from modlint.diagnostics import Diagnostic
from modlint.recent import Recent
from modlint.run import check_paths

Write = Callable[[str, str], Path]
Run = Callable[..., "subprocess.CompletedProcess[str]"]

STARTED = """\
from torch import nn


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.base = nn.Linear(2, 2)

    def forward(self, x):
        return self.base(x)
"""
UNSTARTED = STARTED.replace("        super().__init__()\n", "")
PLAIN = "class Base:\n    pass\n"
DERIVED = """\
from base import Base
from torch import nn


class Net(Base):
    def __init__(self):
        self.fc = nn.Linear(2, 2)

    def forward(self, x):
        return self.fc(x)
"""
SELECTED = (Selection("test", ("MOD1",)),)


def found(project: Path, *paths: str, unused: bool = False) -> list[str]:
    """What a cached run finds; the same as one without a cache."""
    config = Config(project, selections=SELECTED)
    cache = Cache(str(project / FOLDER), key(config, unused))
    recent = Recent(paths or ["."], config, cache, False)
    cached = check_paths(paths or ["."], config, recent=recent, report_unused_noqa=unused)
    assert cached == check_paths(paths or ["."], config, report_unused_noqa=unused)
    return [f"{item.filename}:{item.span.line} {item.code}" for item in cached.diagnostics]


def known(project: Path, *files: str) -> dict[str, list[Diagnostic]]:
    """What the cache would give without checking anything."""
    config = Config(project, selections=SELECTED)
    return Cache(str(project / FOLDER), key(config, False)).known(files)


def test_unchanged_files_are_known(write: Write, project: Path) -> None:
    write("base.py", STARTED)
    write("net.py", UNSTARTED)
    assert found(project) == ["net.py:5 MOD101"]
    assert {file: [d.code for d in ds] for file, ds in known(project, "base.py", "net.py").items()} == {
        "base.py": [],
        "net.py": ["MOD101"],
    }
    assert found(project) == ["net.py:5 MOD101"]


def test_base_in_another_file_changes(write: Write, project: Path) -> None:
    write("base.py", PLAIN)
    write("net.py", DERIVED)
    write("other.py", STARTED)
    assert found(project) == []
    write("base.py", STARTED)
    assert set(known(project, "base.py", "net.py", "other.py")) == {"other.py"}
    assert found(project) == ["net.py:6 MOD101"]
    write("base.py", PLAIN)
    assert found(project) == []


def test_new_file_that_resolves_an_import(write: Write, project: Path) -> None:
    write("net.py", DERIVED)
    assert found(project) == []
    write("base.py", STARTED)
    assert found(project) == ["net.py:6 MOD101"]
    (project / "base.py").unlink()
    assert found(project) == []


def test_base_behind_a_star_import(write: Write, project: Path) -> None:
    write("pkg/__init__.py", "from .first import *\nfrom .second import *\n")
    write("pkg/first.py", STARTED)
    write("pkg/second.py", "x = 1\n")
    write("net.py", DERIVED.replace("from base", "from pkg"))
    assert found(project) == ["net.py:6 MOD101"]
    write("pkg/second.py", "y = 1\n")
    assert set(known(project, "net.py")) == {"net.py"}
    write("pkg/second.py", PLAIN)
    assert found(project) == []


def test_touched_file_is_still_known(write: Write, project: Path) -> None:
    path = write("net.py", UNSTARTED)
    found(project)
    os.utime(path, ns=(1, 1))
    assert set(known(project, "net.py")) == {"net.py"}


def test_one_file_does_not_drop_the_others(write: Write, project: Path) -> None:
    write("a.py", UNSTARTED)
    write("b.py", UNSTARTED)
    found(project)
    write("a.py", STARTED)
    assert found(project, "a.py") == []
    assert set(known(project, "a.py", "b.py")) == {"a.py", "b.py"}


def test_noqa_and_unused_noqa(write: Write, project: Path) -> None:
    write("a.py", UNSTARTED.replace("(self):\n", "(self):  # noqa: MOD101\n"))
    write("b.py", STARTED.replace("(self):\n", "(self):  # noqa: MOD101\n"))
    for _ in range(2):
        assert found(project) == []
        assert found(project, unused=True) == ["b.py:5 MOD002"]


def test_broken_file_is_known_until_it_is_mended(write: Write, project: Path) -> None:
    write("a.py", "a = (\n")
    for _ in range(2):
        assert found(project) == ["a.py:1 MOD001"]
    write("a.py", UNSTARTED)
    assert found(project) == ["a.py:5 MOD101"]


@pytest.mark.parametrize("content", [b"", b"\xc1", b"[1, 2", b"\x95\xa1x\x80\x80\x90\x90", b"\x00" * 100])
def test_corrupt_or_foreign_file_is_an_empty_cache(write: Write, project: Path, content: bytes) -> None:
    write("a.py", UNSTARTED)
    found(project)
    (file,) = (project / FOLDER).glob("*.msgpack")
    file.write_bytes(content)
    assert known(project, "a.py") == {}
    assert found(project) == ["a.py:5 MOD101"]
    assert set(known(project, "a.py")) == {"a.py"}


def test_cut_file_is_an_empty_cache(write: Write, project: Path) -> None:
    write("a.py", UNSTARTED)
    found(project)
    (file,) = (project / FOLDER).glob("*.msgpack")
    whole = file.read_bytes()
    for end in range(0, len(whole), 37):
        file.write_bytes(whole[:end])
        assert known(project, "a.py") == {}


def test_folder_that_cannot_be_written(write: Write, project: Path) -> None:
    write("a.py", UNSTARTED)
    (project / FOLDER).write_text("a file, no folder")
    assert found(project) == ["a.py:5 MOD101"]


def test_full_disk(write: Write, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    write("a.py", UNSTARTED)
    monkeypatch.setattr("modlint.cache.os.replace", full)
    assert found(project) == ["a.py:5 MOD101"]
    assert [file.suffix for file in (project / FOLDER).iterdir() if file.suffix in (".tmp", ".msgpack")] == []


def test_folder_is_marked(write: Write, project: Path) -> None:
    write("a.py", STARTED)
    found(project)
    assert (project / FOLDER / ".gitignore").read_text() == "*\n"
    assert (project / FOLDER / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


def test_options(write: Write, project: Path, run_module: Run) -> None:
    write("a.py", UNSTARTED)
    plain = run_module("modlint", "check", "--no-cache", "--select=MOD101")
    assert not (project / FOLDER).exists()
    elsewhere = [run_module("modlint", "check", "--cache-dir", "kept", "--select=MOD101") for _ in range(2)]
    assert (project / "kept" / "CACHEDIR.TAG").exists()
    assert not (project / FOLDER).exists()
    assert {run.stdout for run in elsewhere} == {plain.stdout}


def test_runs_at_the_same_time(write: Write, project: Path) -> None:
    for number in range(6):
        write(f"m{number}.py", UNSTARTED)
    command = [sys.executable, "-m", "modlint", "check", "--select=MOD101", "--output-format=concise"]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    outputs = {run.communicate()[0] for run in runs}
    assert len(outputs) == 1
    assert outputs.pop().count("MOD101") == 6
    assert not list((project / FOLDER).glob("*.tmp"))


def test_warm_run_loads_no_rules(write: Write, project: Path) -> None:
    write("a.py", STARTED)
    program = (
        "import sys\nfrom modlint.cli import run\nstatus = run(sys.argv[1:])\n"
        "print(status, *(name for name in sys.modules if name.startswith('modlint.rules.')), file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", program, "check", "a.py"]
    cold, warm = (subprocess.run(command, capture_output=True, text=True, check=False) for _ in range(2))
    assert len(cold.stderr.split()) > 1
    assert warm.stderr == "0\n"
