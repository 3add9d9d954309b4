"""A command given again prints what it printed before, as long as nothing it rests on has changed, and only then."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from modlint.cache_folder import FOLDER

Write = Callable[[str, str], Path]

NET = """\
from base import Base
from torch import nn


class Net(Base):
    def __init__(self):
        self.fc = nn.Linear(2, 2)
"""
BASE = "from torch import nn\n\n\nclass Base(nn.Module):\n    pass\n"
PLAIN = "class Base:\n    pass\n"
AT_ONCE = """\
import sys, modlint.again
modlint.again.SURE = 0
from modlint.__main__ import main
try:
    main()
finally:
    sys.stderr.write("ran" if "click" in sys.modules else "repeated")
"""
Outcome = tuple[int, str]


def check(*arguments: str, **variables: str) -> tuple[Outcome, str]:
    """Exit code and text of a check that takes time stamps as sure, and whether the command ran or was repeated."""
    command = [sys.executable, "-c", AT_ONCE, "check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **variables})
    assert done.stderr in ("ran", "repeated"), done.stderr
    return (done.returncode, done.stdout), done.stderr


def afresh(*arguments: str) -> Outcome:
    """What the command says without anything kept."""
    outcome, how = check(*arguments, "--no-cache")
    assert how == "ran"
    return outcome


@pytest.fixture
def kept(write: Write, project: Path) -> Path:
    """A project that was checked, whole and one folder of it."""
    write("pyproject.toml", "[tool.modlint]\n")
    write("pkg/net.py", NET)
    write("base.py", BASE)
    write("empty/notes.txt", "")
    write("left/.gitignore", "out.py\n")
    write("left/out.py", NET)
    os.symlink("elsewhere.txt", project / "pkg" / "link.py")
    (project / FOLDER).mkdir()
    assert check()[1] == check("pkg")[1] == "ran"
    return project


def test_command_is_repeated(kept: Path) -> None:
    for arguments in ((), ("pkg",)):
        outcome, how = check(*arguments)
        assert how == "repeated"
        assert outcome == afresh(*arguments)
        assert outcome[0] == 1
        assert "MOD101" in outcome[1]


def _replaced(project: Path) -> None:
    (project / "later.py").write_text(PLAIN)
    os.utime(project / "later.py", ns=(1, (project / "base.py").stat().st_mtime_ns))
    os.replace(project / "later.py", project / "base.py")


CHANGES: dict[str, Callable[[Path], object]] = {
    "file": lambda p: (p / "pkg" / "net.py").write_text("a = 1\n"),
    "file elsewhere that it rests on": lambda p: (p / "base.py").write_text(PLAIN),
    "another file in its place, with its time": _replaced,
    "new file": lambda p: (p / "pkg" / "more.py").write_text(NET),
    "new file in a folder without any": lambda p: (p / "empty" / "more.py").write_text(NET),
    "file gone": lambda p: (p / "pkg" / "net.py").unlink(),
    "file moved": lambda p: (p / "pkg" / "net.py").rename(p / "empty" / "net.py"),
    "link that leads somewhere now": lambda p: (p / "pkg" / "elsewhere.txt").write_text(NET),
    "settings": lambda p: (p / "pyproject.toml").write_text('[tool.modlint]\nignore = ["MOD1"]\n'),
    "nearer settings": lambda p: (p / "modlint.toml").write_text('ignore = ["MOD1"]\n'),
    "settings of a package": lambda p: (p / "pkg" / "modlint.toml").write_text('ignore = ["MOD1"]\n'),
    "repository": lambda p: shutil.copytree(p / "empty", p / "pkg" / ".git"),
    "ignored file": lambda p: (p / "pkg" / ".gitignore").write_text("net.py\n"),
    "ignored no longer": lambda p: (p / "left" / ".gitignore").write_text("\n"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_change_is_noticed(kept: Path, change: str) -> None:
    CHANGES[change](kept)
    for arguments in ((), ("pkg",)):
        assert check(*arguments)[0] == afresh(*arguments)


@pytest.mark.parametrize("change", ["file", "settings", "ignored file", "new file in a folder without any"])
def test_changes_do_change_the_outcome(kept: Path, change: str) -> None:
    before = check()
    CHANGES[change](kept)
    after, how = check()
    assert how == "ran"
    assert after != before[0]


def test_other_surroundings_are_another_command(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = check("pkg")[0]
    assert check("pkg", FORCE_COLOR="1")[1] == "ran"
    assert check("pkg", FORCE_COLOR="1")[0] != plain
    assert check("pkg", "--isolated")[1] == "ran"
    assert check("pkg") == (plain, "repeated")
    monkeypatch.chdir("pkg")
    assert check(".")[1] == "ran"
    assert check(".", "--exit-zero")[0] == (0, plain[1].replace("pkg/net.py", "net.py"))


def test_results_are_found_beside_files_and_in_named_folders(
    kept: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    os.chdir(tmp_path_factory.mktemp("elsewhere"))
    file = str(kept / "pkg" / "net.py")
    assert [check(file)[1] for _ in range(2)] == ["ran", "repeated"]
    for form in (["--cache-dir=place"], ["--cache-dir", "other"]):
        assert [check(file, *form)[1] for _ in range(2)] == ["ran", "repeated"]


@pytest.mark.parametrize("damage", [b"", b"00000000", b"\xff" * 99, None])
def test_damaged_file_is_as_none(kept: Path, damage: bytes | None) -> None:
    outcome = check()[0]
    for file in (kept / FOLDER).glob("*.printed"):
        file.write_bytes(file.read_bytes().replace(b"MOD101", b"MOD100") if damage is None else damage)
    assert check() == (outcome, "ran")


@pytest.mark.parametrize("arguments", [("--fix",), ("--diff",), ("--no-cache",), ("--verbose", "-q")])
def test_not_kept(kept: Path, arguments: tuple[str, ...]) -> None:
    before = len(list((kept / FOLDER).glob("*.printed")))
    command = [sys.executable, "-c", AT_ONCE, "check", *arguments]
    for _ in range(2):
        assert b"ran" in subprocess.run(command, capture_output=True, check=False).stderr
    assert len(list((kept / FOLDER).glob("*.printed"))) == before


def test_fresh_files_are_not_trusted(write: Write, project: Path) -> None:
    write("net.py", NET)
    command = [sys.executable, "-m", "modlint", "check"]
    for _ in range(2):
        subprocess.run(command, capture_output=True, check=False)
    assert not list((project / FOLDER).glob("*.printed"))
    time.sleep(2.1)
    first, second = [subprocess.run(command, capture_output=True, check=False) for _ in range(2)]
    assert len(list((project / FOLDER).glob("*.printed"))) == 1
    assert (first.returncode, first.stdout, first.stderr) == (second.returncode, second.stdout, second.stderr)


def test_output_that_nobody_reads(kept: Path) -> None:
    command = [sys.executable, "-m", "modlint", "check"]
    outcomes = []
    for program in (command, [sys.executable, "-c", AT_ONCE, "check"]):
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(program, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
        os.close(writing)
        outcomes.append((done.returncode, done.stderr.replace("ran", "")))
    assert outcomes[0] == outcomes[1]
    assert "Traceback" not in outcomes[0][1]


def test_few_are_kept(kept: Path) -> None:
    for number in range(20):
        check(f"--jobs={number + 1}", "pkg")
    assert len(list((kept / FOLDER).glob("*.printed"))) == 16


def test_interrupted_before_it_begins(project: Path) -> None:
    program = "import modlint.__main__ as m\ndef stop(_): raise KeyboardInterrupt\nm.repeat = stop\nm.main()\n"
    done = subprocess.run([sys.executable, "-c", program, "check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "modlint: interrupted, nothing reported\n")
