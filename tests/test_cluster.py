"""A Dask cluster of real processes, one of which is killed while it works."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

pytest.importorskip("distributed")

Write = Callable[[str, str], Path]
Run = Callable[..., "subprocess.CompletedProcess[str]"]

UNSTARTED = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        self.fc = nn.Linear(2, 2)

    def forward(self, x):
        return self.fc(x)
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler, and its two workers."""
    place = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--scheduler-file", str(place)]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(place), "--no-nanny"]
    with ExitStack() as stack:

        def start(command: list[str]) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        start([*dask, "--host", "127.0.0.1", "--port", "0", "--no-dashboard"])
        common = ["--nthreads", "1", "--no-dashboard", "--local-directory", str(tmp_path)]
        workers = [start([*worker, *common]) for _ in range(2)]
        yield address(place), workers


def address(place: Path) -> str:
    import json

    for _ in range(200):
        try:
            return str(json.loads(place.read_text())["address"])
        except (OSError, ValueError):
            time.sleep(0.05)
    raise TimeoutError("the scheduler does not start")


def test_report_is_that_of_a_local_run_although_a_worker_dies(
    write: Write, run_module: Run, project: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    scheduler, workers = cluster
    for number in range(240):
        write(f"code/m{number}.py", UNSTARTED * 12)
    arguments = ["modlint", "check", "code", "--no-cache", "--output-format=json"]
    run = subprocess.Popen(
        [sys.executable, "-m", *arguments, "--cluster", scheduler], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    from distributed import Client

    with Client(scheduler) as client:
        while run.poll() is None and not any(client.processing().values()):
            time.sleep(0.02)
    workers[0].kill()
    output, errors = run.communicate(timeout=60)
    assert output.decode() == run_module(*arguments, "--jobs=1").stdout, errors
    assert output.count(b"MOD101") == 240 * 12


def test_nobody_at_the_address(write: Write, run_module: Run, project: Path) -> None:
    write("a.py", UNSTARTED)
    run = run_module("modlint", "check", "--cluster", "tcp://127.0.0.1:9")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("modlint: --cluster tcp://127.0.0.1:9: ")
    assert run.stderr.count("\n") == 1


def test_without_dask_one_line_says_so(write: Write, project: Path) -> None:
    write("a.py", UNSTARTED)
    program = "import sys\nsys.modules['distributed'] = None\nfrom modlint.__main__ import main\nmain()\n"
    command = [sys.executable, "-c", program, "check", "--cluster", "tcp://127.0.0.1:9"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "modlint: --cluster needs Dask: pip install 'modlint[cluster]'\n"
