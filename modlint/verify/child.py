"""A child of the zygote: how it is limited, watched, and ended with all that it has started."""

from __future__ import annotations

import os
import select
import signal
import time
from typing import Final

import msgspec

from modlint.verify import sandbox
from modlint.verify.channel import Channel
from modlint.verify.outcome import CHECKED, DIED, TIMED_OUT, Job, Outcome
from modlint.verify.settings import Settings

OUTPUT_KEPT: Final = 4000
GIGABYTE: Final = 1 << 30


class Watch:
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


def run_child(job: Job, settings: Settings, results: int, outputs: int) -> None:
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

        if settings.device == "cpu":
            from modlint.verify.redirect import redirect

            redirect()
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

    if settings.device == "cpu":  # drivers of GPUs reserve addresses far beyond what they use
        most = _address_space() + int(settings.memory * GIGABYTE)
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


def kill_all(child: int) -> None:
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
