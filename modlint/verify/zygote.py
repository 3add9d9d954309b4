"""The process that imports torch and the target once, and forks a child for each class.

Run as ``python -m modlint.verify.zygote``; it is spoken to on its standard input and output.
"""

from __future__ import annotations

import gc
import os
import select
import sys
import warnings
from typing import Final

import msgspec

from modlint.verify import sandbox, stubs
from modlint.verify.channel import Channel, private_channel, silence_errors
from modlint.verify.child import Watch, kill_all, run_child
from modlint.verify.outcome import NOT_BUILT, Job, Outcome
from modlint.verify.settings import Ready, Settings

SUBREAPER: Final = 36
IMPORT_SECONDS: Final = 20.0


def main() -> None:
    """Get ready, then serve one job after the other."""
    channel = private_channel()
    settings = channel.receive(Settings)
    if settings is None:
        return
    _prepare(settings)
    silence_errors()
    writable = [settings.folder, *(["/dev"] if settings.device == "cuda" else [])]
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
            run_child(job, self._settings, results[1], outputs[1])
        os.close(results[1])
        os.close(outputs[1])
        try:
            return Watch(child, results[0], outputs[0], self._settings.timeout).outcome()
        finally:
            kill_all(child)
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
        kill_all(child)
        os.close(results[0])


if __name__ == "__main__":
    main()
