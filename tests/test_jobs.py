"""Several processes: the same report as from one, whatever happens to them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from modlint import executor
from modlint.executor import Local

Write = Callable[[str, str], Path]
Run = Callable[..., "subprocess.CompletedProcess[str]"]

UNSTARTED = """\
from torch import nn
from base{number} import Base


class Net(Base):
    def __init__(self):
        self.fc = nn.Linear(2, 2)

    def forward(self, x):
        return self.fc(x)
"""
BASE = "from torch import nn\n\n\nclass Base(nn.Module):\n    pass\n"


def many(write: Write, count: int = 60) -> None:
    for number in range(count):
        write(f"m{number}.py", UNSTARTED.replace("{number}", str(number % 7)))
    for number in range(7):
        write(f"base{number}.py", BASE)


def test_report_is_the_same(write: Write, run_module: Run, project: Path) -> None:
    many(write)
    write("broken.py", "a = (\n")
    reports = [
        run_module("modlint", "check", "--no-cache", "--output-format=json", *arguments).stdout
        for arguments in (["--jobs=1"], ["--jobs=2"], ["--jobs=3"])
    ]
    assert reports[0].count("MOD101") >= 60
    assert len(set(reports)) == 1


def test_cache_is_filled_by_processes_and_used_by_one(write: Write, run_module: Run, project: Path) -> None:
    many(write)
    runs = [run_module("modlint", "check", "--output-format=concise", f"--jobs={n}") for n in (2, 1)]
    assert runs[0].stdout == runs[1].stdout


def killed_once(task: str) -> str:
    """Stand-in for work whose process is killed by the system the first time it does the second task."""
    flag = Path(os.environ["FLAG"])
    if task == "b" and not flag.exists():
        flag.write_text("killed")
        os.kill(os.getpid(), signal.SIGKILL)
    return task.upper()


def killed_always(task: str) -> str:
    if task == "b":
        os.kill(os.getpid(), signal.SIGKILL)
    return task.upper()


def test_work_of_a_killed_process_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAG", str(tmp_path / "flag"))
    assert dict(Local(2).results(killed_once, ["a", "b", "c", "d"])) == {"a": "A", "b": "B", "c": "C", "d": "D"}
    assert (tmp_path / "flag").exists()


def test_task_that_kills_every_process_is_named_and_the_others_are_done() -> None:
    assert dict(Local(2).results(killed_always, ["a", "b", "c"])) == {"a": "A", "b": None, "c": "C"}


def test_interrupted_run_ends_at_once_and_leaves_no_process(write: Write, project: Path) -> None:
    many(write, 400)
    command = [sys.executable, "-m", "modlint", "check", "--no-cache", "--jobs=2"]
    run = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    for _ in range(100):
        if len(members(run.pid)) > 1 or run.poll() is not None:
            break
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGINT)
    _, errors = run.communicate(timeout=10)
    assert run.returncode == 130
    assert "Traceback" not in errors
    assert errors.strip().endswith("modlint: interrupted, nothing reported")
    assert members(run.pid) == []


def members(group: int) -> list[int]:
    """The living processes of a process group."""
    listed = subprocess.run(["ps", "-eo", "pid=,pgid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return [int(pid) for pid, pgid, state in rows if int(pgid) == group and not state.startswith("Z")]


@pytest.mark.parametrize(("text", "expected"), [("max 100000", None), ("150000 100000", 1.5), ("50000 100000", 0.5)])
def test_quota_of_the_control_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: float | None
) -> None:
    (tmp_path / "cpu.max").write_text(text + "\n")
    monkeypatch.setattr(executor, "CONTROL_GROUP", str(tmp_path))
    assert executor.quota() == expected
    assert executor.cpus() >= 1
