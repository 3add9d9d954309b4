"""Runs jobs in parallel zygotes, each watched over: one that hangs or dies is replaced."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

import modlint
from modlint.errors import ModlintError
from modlint.verify.channel import Channel
from modlint.verify.outcome import DIED, NOT_BUILT, TIMED_OUT, Job, Outcome
from modlint.verify.settings import Ready, Settings

START_SECONDS: Final = 120.0
GRACE: Final = 60.0
"""What a zygote gets on top of a class's own time: importing the target happens in it."""

START: Final = """\
import json, sys
sys.path[:] = json.loads(sys.argv.pop())
from modlint.verify.zygote import main
main()
"""
"""The zygote starts without the current folder on its path: no file of the project stands for a module of Python's."""

Done = Callable[[Job, Outcome], None]


class StartError(ModlintError):
    """The process that runs models doesn't start, for no class: torch can't be imported, say.

    ``refused`` says that it has started and does not do what was asked for.
    """

    def __init__(self, last_words: str, refused: bool = False) -> None:
        super().__init__(last_words if refused else f"the process that runs models does not start: {last_words}")
        self.last_words, self.refused = last_words, refused


class Pool:
    """A number of zygotes and the jobs for them."""

    def __init__(self, settings: Settings, size: int) -> None:
        self._settings, self._size = settings, size
        self.active: tuple[str, ...] | None = None
        self._failure: StartError | None = None
        self._stopped = threading.Event()
        self._lanes: list[_Lane] = []

    def run(self, jobs: Sequence[Job], done: Done) -> None:
        """Run all jobs; ``done`` is told of each in the calling thread, as they finish.

        Raises:
            StartError: no process could be started at all.
        """
        waiting: queue.Queue[Job] = queue.Queue()
        for job in jobs:
            waiting.put(job)
        finished: queue.Queue[tuple[Job, Outcome]] = queue.Queue()
        while len(self._lanes) < min(self._size, len(jobs)):
            self._lanes.append(_Lane(self._settings, self._learn))
        threads = [
            threading.Thread(target=self._work, args=(lane, waiting, finished), daemon=True) for lane in self._lanes
        ]
        for thread in threads:
            thread.start()
        for _ in jobs:
            done(*self._next(finished, threads))

    def _next(self, finished: queue.Queue[tuple[Job, Outcome]], threads: list[threading.Thread]) -> tuple[Job, Outcome]:
        while True:
            try:
                return finished.get(timeout=1.0)
            except queue.Empty:
                if not any(thread.is_alive() for thread in threads) and finished.empty():
                    raise self._failure or StartError("it says nothing") from None

    def _work(self, lane: _Lane, waiting: queue.Queue[Job], finished: queue.Queue[tuple[Job, Outcome]]) -> None:
        while not self._stopped.is_set():
            try:
                job = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                outcome = lane.run(job)
            except StartError as error:
                if self.active is None:
                    self._failure = error
                    return
                outcome = Outcome(DIED, str(error))
            finished.put((job, outcome))

    def _learn(self, ready: Ready) -> None:
        self.active = ready.active

    def close(self) -> None:
        """End all processes."""
        self._stopped.set()
        for lane in self._lanes:
            lane.close()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Lane:
    """One zygote after the other."""

    def __init__(self, settings: Settings, learn: Callable[[Ready], None]) -> None:
        self._settings, self._learn = settings, learn
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._forks = True
        self._refused = ""

    def run(self, job: Job) -> Outcome:
        """The outcome of a job, whatever it does.

        Raises:
            StartError: there is no process to run it.
        """
        channel = self._channel or self._start() or self._start()
        if channel is None:
            raise StartError(self._refused or self._last_words(), refused=bool(self._refused))
        late, forked = threading.Event(), self._forks
        timer = threading.Timer(self._settings.timeout + GRACE, lambda: self._end(late))
        timer.daemon = True
        timer.start()
        try:
            channel.send(job)
            outcome = channel.receive(Outcome)
        except (OSError, msgspec.DecodeError):
            outcome = None
        finally:
            timer.cancel()
        if outcome is None or not self._forks:
            status = self._kill()
        if outcome is not None:
            return outcome
        if late.is_set():
            return Outcome(TIMED_OUT, "importing it takes too long", stage="import")
        if not forked:
            return Outcome(DIED, f"the process ended ({_named(status)})")
        return Outcome(NOT_BUILT, f"importing it ends the process ({_named(status)})", stage="import")

    def _end(self, late: threading.Event) -> None:
        late.set()
        self._kill()

    def _start(self) -> Channel | None:
        errors = os.path.join(self._settings.folder, "errors.txt")
        environment = {**os.environ, **_environment(self._settings)}
        with open(errors, "wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", "-c", START, json.dumps(_import_path())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
                env=environment,
                start_new_session=os.name == "posix",
            )
        self._process = process
        if process.stdin is None or process.stdout is None:
            return None
        channel = Channel(process.stdout, process.stdin)  # type: ignore[arg-type]
        timer = threading.Timer(START_SECONDS, process.kill)
        timer.daemon = True
        timer.start()
        try:
            channel.send(self._settings)
            ready = channel.receive(Ready)
        except (OSError, msgspec.DecodeError):
            ready = None
        timer.cancel()
        if ready is None or ready.refused:
            self._refused = "" if ready is None else ready.refused
            self._kill()
            return None
        self._forks = ready.forks
        self._learn(ready)
        self._channel = channel
        return channel

    def _last_words(self) -> str:
        """The last line that the process wrote before it ended."""
        try:
            with open(os.path.join(self._settings.folder, "errors.txt"), encoding="utf-8", errors="replace") as file:
                lines = file.read().split("\n")
        except OSError:
            return "it says nothing"
        return next((line.strip() for line in reversed(lines) if line.strip()), "it says nothing")

    def _kill(self) -> int:
        process, self._process, self._channel = self._process, None, None
        if process is None:
            return 0
        if os.name == "posix":
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                process.kill()
        else:
            process.kill()
        status = process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue
        return status

    def close(self) -> None:
        """End the process."""
        self._kill()


def _import_path() -> list[str]:
    """The folders that this process imports from, but for the current one; modlint's own is among them."""
    own = os.path.dirname(os.path.dirname(os.path.abspath(modlint.__file__)))
    here = ("", os.getcwd())
    kept = [folder for folder in sys.path if folder not in here]
    return kept if own in kept else [*kept, own]


def _named(status: int) -> str:
    if status < 0:
        return signal.Signals(-status).name
    return f"exit code {status}"


def _environment(settings: Settings) -> dict[str, str]:
    """Variables that keep libraries from threads, downloads and writing outside the folder."""
    inside = dict.fromkeys(
        ("TMPDIR", "TEMP", "TMP", "HF_HOME", "TORCH_HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR", "NUMBA_CACHE_DIR"),
        settings.folder,
    )
    return {
        **inside,
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **({"CUDA_VISIBLE_DEVICES": ""} if settings.device == "cpu" else {}),
    }
