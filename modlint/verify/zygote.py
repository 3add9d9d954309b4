"""The process that imports torch and the target once, and forks a child for each class.

Run as ``python -m modlint.verify.zygote``; it is spoken to on its standard input and output.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
import time
import warnings
from typing import Final

import msgspec

from modlint.verify import sandbox, stubs
from modlint.verify.channel import Channel, private_channel
from modlint.verify.outcome import CHECKED, DIED, NOT_BUILT, TIMED_OUT, Job, Outcome
from modlint.verify.settings import Ready, Settings

OUTPUT_KEPT: Final = 4000
GIGABYTE: Final = 1 << 30
SUBREAPER: Final = 36
IMPORT_SECONDS: Final = 20.0


def main() -> None:
    """Get ready, then serve one job after the other."""
    channel = private_channel()
    settings = channel.receive(Settings)
    if settings is None:
        return
    _prepare(settings)
    writable = [settings.folder]
    active = sandbox.confine(writable, settings.allow_network, settings.allow_write) if settings.sandbox else []
    channel.send(Ready(tuple(active), hasattr(os, "fork") and settings.fork))
    zygote = Zygote(settings, channel)
    while (job := channel.receive(Job)) is not None:
        channel.send(zygote.serve(job))


def _prepare(settings: Settings) -> None:
    """Import torch and what the checks need, before anything is forbidden."""
    warnings.simplefilter("ignore")
    sys.path[:] = [path for path in sys.path if path]
    import torch

    torch.set_num_threads(1)
    from modlint.verify import warm

    warm.warm(settings.device)
    if hasattr(os, "fork") and sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)


class Zygote:
    """Serves jobs in children of its own."""

    def __init__(self, settings: Settings, channel: Channel) -> None:
        self._settings, self._channel = settings, channel
        self._broken: dict[str, str] = {}

    def serve(self, job: Job) -> Outcome:
        """Import the class's module here, and verify the class in a child."""
        if job.root not in sys.path:
            sys.path.insert(0, job.root)
        reason = self._import(job)
        if reason:
            return Outcome(NOT_BUILT, reason, stage="import")
        if not self._forks:
            from modlint.verify.worker import verify

            return verify(job, self._settings, lambda _: None)
        return self._forked(job)

    @property
    def _forks(self) -> bool:
        return hasattr(os, "fork") and self._settings.fork

    def _import(self, job: Job) -> str:
        """Import a module; why it can't be, empty if it could."""
        if job.module in sys.modules:
            return ""
        if job.module not in self._broken:
            self._broken[job.module] = self._tried(job) if self._forks else imported(job.module, job.package)
        return self._broken[job.module]

    def _tried(self, job: Job) -> str:
        """Import a module in children until it is known which stubs it takes, then here, once."""
        for _ in range(stubs.MOST_STUBS):
            trial = _trial(job, self._settings.timeout)
            new = {root: why for root, why in trial.stubs.items() if root not in stubs.STATE.roots}
            if trial.problem and not new:
                return trial.problem
            stubs.preset(new)
            if not trial.problem:
                break
        return imported(job.module, job.package)

    def _forked(self, job: Job) -> Outcome:
        results, outputs = os.pipe(), os.pipe()
        gc.freeze()
        child = os.fork()
        if child == 0:
            _run_child(job, self._settings, results[1], outputs[1])
        os.close(results[1])
        os.close(outputs[1])
        try:
            return _Watch(child, results[0], outputs[0], self._settings.timeout).outcome()
        finally:
            _kill_all(child)
            os.close(results[0])
            os.close(outputs[0])


def imported(module: str, package: str) -> str:
    """Import a module of the target; why it can't be, empty if it could."""
    try:
        stubs.imported(module, package)
    except BaseException as error:  # noqa: BLE001  user code
        text = " ".join(f"{type(error).__name__}: {error}".split())
        return f"importing `{module}` fails: {text[:300]}"
    return ""


class Trial(msgspec.Struct, frozen=True):
    """How importing a module went in a child: what is wrong, and the packages that had to be stubbed."""

    problem: str
    stubs: dict[str, str] = {}


def _trial(job: Job, timeout: float) -> Trial:
    results = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            sandbox.keep_signals_in()
            trial = Trial(imported(job.module, job.package), stubs.STATE.roots)
            os.write(results[1], msgspec.json.encode(trial))
        finally:
            os._exit(0)
    os.close(results[1])
    try:
        ready = select.select([results[0]], (), (), timeout + IMPORT_SECONDS)[0]
        data = os.read(results[0], 1 << 20) if ready else b""
        if data:
            return msgspec.json.decode(data, type=Trial)
        ends = "ends the process" if ready else "takes too long"
        return Trial(f"importing `{job.module}` {ends}")
    finally:
        _kill_all(child)
        os.close(results[0])


class _Watch:
    """Reads what a child says until it ends or its time is up."""

    def __init__(self, child: int, results: int, outputs: int, timeout: float) -> None:
        self._child, self._results, self._outputs = child, results, outputs
        self._timeout, self._end = timeout, time.monotonic() + timeout
        self._said, self._printed = b"", b""

    def outcome(self) -> Outcome:
        """The last thing that the child said, or how it ended."""
        timed_out = self._listen()
        last = self._last()
        if last is not None and last.stage == "done":
            return last
        if timed_out and last is not None and last.outcome == CHECKED:
            reason = f"{last.stage} takes too long, so the checks after it were left out"
            return msgspec.structs.replace(last, reason=reason, stage="done")
        if timed_out:
            return _ended(last, TIMED_OUT, f"still {_doing(last)} after {self._timeout:g} s")
        return _ended(last, DIED, f"{self._death()} while {_doing(last)}")

    def _listen(self) -> bool:
        """Whether the time ran out before the child was done."""
        waiting = {self._results, self._outputs}
        while self._results in waiting:
            left = self._end - time.monotonic()
            if left <= 0:
                return True
            for ready in select.select(list(waiting), (), (), left)[0]:
                data = os.read(ready, 1 << 16)
                if not data:
                    waiting.discard(ready)
                elif ready == self._results:
                    self._said += data
                    if b'"stage":"done"' in data and data.endswith(b"\n"):
                        return False
                else:
                    self._printed = (self._printed + data)[-OUTPUT_KEPT:]
        return False

    def _last(self) -> Outcome | None:
        for line in reversed(self._said.split(b"\n")[:-1]):
            try:
                return msgspec.json.decode(line, type=Outcome)
            except msgspec.DecodeError:
                continue
        return None

    def _death(self) -> str:
        """How the child ended, in words."""
        for _ in range(200):
            found, status = os.waitpid(self._child, os.WNOHANG)
            if found:
                break
            time.sleep(0.005)
        else:
            return "the process gave no answer"
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            return f"the process was ended by {signal.Signals(number).name}{_explained(number)}"
        return f"the process exited by itself with code {os.waitstatus_to_exitcode(status)}"


def _explained(number: int) -> str:
    meanings = {
        signal.SIGSEGV: " (invalid memory access)",
        signal.SIGABRT: " (abort)",
        signal.SIGXCPU: " (too much CPU time)",
        signal.SIGKILL: " (killed, perhaps for its memory)",
    }
    return meanings.get(signal.Signals(number), "")


def _doing(last: Outcome | None) -> str:
    return last.stage if last is not None and last.stage else "searching for arguments"


def _ended(last: Outcome | None, outcome: str, reason: str) -> Outcome:
    if last is None:
        return Outcome(outcome, reason)
    return msgspec.structs.replace(last, outcome=outcome, reason=reason, stage="")


def _run_child(job: Job, settings: Settings, results: int, outputs: int) -> None:
    """In the child: give up every way out but the two pipes, verify, and be gone."""
    status = 1
    try:
        os.setsid()
        for standard in (1, 2):
            os.dup2(outputs, standard)
        _limit(settings)
        sandbox.keep_signals_in()
        pipe = Channel(open(os.devnull, "rb"), os.fdopen(results, "wb"))  # noqa: SIM115  both live as long as the child
        from modlint.verify.worker import verify

        try:
            outcome = verify(job, settings, pipe.send)
        except Exception as error:  # noqa: BLE001  an error of the verifier's own must not look like one of the class's
            outcome = Outcome(DIED, f"modlint: internal error: {type(error).__name__}: {error}", stage="done")
        pipe.send(outcome)
        status = 0
    finally:
        os._exit(status)


def _limit(settings: Settings) -> None:
    import resource

    used = _address_space()
    most = used + int(settings.memory * GIGABYTE)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    seconds = int(settings.timeout * 2) + 5
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def _address_space() -> int:
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 4 * GIGABYTE


def _kill_all(child: int) -> None:
    """End the child, its group, and whatever it left behind that became ours."""
    for kill in (os.killpg, os.kill):
        try:
            kill(child, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
    for _ in range(200):
        for orphan in _children():
            try:
                os.kill(orphan, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                continue
        except ChildProcessError:
            return
        time.sleep(0.002)


def _children() -> list[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", "rb") as file:
            return [int(number) for number in file.read().split()]
    except OSError:
        return []


if __name__ == "__main__":
    main()
