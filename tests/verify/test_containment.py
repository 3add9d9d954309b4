"""Whatever a model does, its class ends as an outcome with a reason, and nothing else is harmed."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

from modlint.config import Config  # noqa: E402
from modlint.verify.report import ClassReport, VerifyReport  # noqa: E402
from modlint.verify.session import Options, Session, found  # noqa: E402
from modlint.verify.settings import Settings  # noqa: E402
from modlint.verify.target import Target  # noqa: E402

HOSTILE = Path(__file__).parents[2] / "fixtures" / "hostile" / "hostile.py"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, socket.socket]]:
    """A file that must survive, and a server that nobody must reach."""
    victim = tmp_path_factory.mktemp("victim") / "precious.txt"
    victim.write_text("precious")
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.1)
    os.environ["MODLINT_TEST_VICTIM"] = str(victim)
    os.environ["MODLINT_TEST_PORT"] = str(server.getsockname()[1])
    yield victim, server
    server.close()
    del os.environ["MODLINT_TEST_VICTIM"], os.environ["MODLINT_TEST_PORT"]


@pytest.fixture(scope="module")
def run(world: tuple[Path, socket.socket]) -> VerifyReport:
    chosen = found([Target(str(HOSTILE))], Config(HOSTILE.parent))
    return Session(chosen, Options(Settings("", timeout=4.0), jobs=2, codes=("MOD901",))).run()


@pytest.fixture(scope="module")
def by_name(run: VerifyReport) -> dict[str, ClassReport]:
    return {item.name.rpartition(".")[2]: item for item in run.classes}


@pytest.mark.parametrize(
    ("name", "outcomes", "reason"),
    [
        ("Segfault", ("died",), "SIGSEGV (invalid memory access)"),
        ("Abort", ("died",), "SIGABRT (abort)"),
        ("Exit", ("died",), "exited by itself with code 0"),
        ("EndlessPython", ("not-run", "timed-out"), ""),
        ("EndlessCpp", ("timed-out",), "after 4 s"),
        ("Stubborn", ("timed-out",), "after 4 s"),
        ("Hog", ("not-run",), "can't allocate memory"),
        ("Chatterbox", ("checked", "timed-out"), ""),
        ("ForkBomb", ("checked", "timed-out"), ""),
        ("Deleter", ("not-run",), "PermissionError"),
        ("Caller", ("not-run",), "PermissionError"),
    ],
)
def test_outcome_with_its_reason(
    name: str, outcomes: tuple[str, ...], reason: str, by_name: dict[str, ClassReport]
) -> None:
    outcome = by_name[name].outcome
    assert outcome.outcome in outcomes, outcome.reason
    assert reason in outcome.reason


def test_the_others_are_unharmed(by_name: dict[str, ClassReport]) -> None:
    assert by_name["Good"].outcome.outcome == "checked", by_name["Good"].outcome.reason


def test_the_file_is_still_there(run: VerifyReport, world: tuple[Path, socket.socket]) -> None:
    victim, _ = world
    assert victim.read_text() == "precious"
    assert [path.name for path in victim.parent.iterdir()] == ["precious.txt"]


def test_nobody_connected(run: VerifyReport, world: tuple[Path, socket.socket]) -> None:
    with pytest.raises(TimeoutError):
        world[1].accept()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_no_process_is_left(run: VerifyReport) -> None:
    mark = f"MODLINT_TEST_VICTIM={os.environ['MODLINT_TEST_VICTIM']}".encode()
    for _ in range(50):
        left = [
            pid
            for pid in os.listdir("/proc")
            if pid.isdigit() and int(pid) != os.getpid() and mark in _environment(pid)
        ]
        if not left:
            return
        time.sleep(0.1)
    assert left == []


def _environment(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux's")
def test_the_report_says_what_was_active(run: VerifyReport) -> None:
    assert "seccomp" in run.active
    assert "audit hook" in run.active


def test_without_fork_classes_are_verified_too(tmp_path: Path) -> None:
    chosen = [c for c in found([Target(str(HOSTILE))], Config(HOSTILE.parent)) if c.qualname in ("Good", "Exit")]
    report = Session(chosen, Options(Settings("", timeout=20.0, fork=False), codes=("MOD901",))).run()
    assert [c.outcome.outcome for c in report.classes] == ["checked", "died"]
