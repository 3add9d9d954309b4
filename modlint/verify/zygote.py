"""The process that imports torch and the target once, and forks a child for each class.

It is spoken to on its standard input and output.
"""

from __future__ import annotations

import gc
import os
import select
import sys
import warnings
from typing import Final

import msgspec

from modlint.verify import importing, sandbox, stubs
from modlint.verify.channel import Channel, private_channel, silence_errors
from modlint.verify.child import Watch, kill_all, run_child
from modlint.verify.outcome import NOT_BUILT, Job, Outcome
from modlint.verify.settings import Ready, Settings

SUBREAPER: Final = 36


def main() -> None:
    """Get ready, then serve one job after the other."""
    channel = private_channel()
    settings = channel.receive(Settings)
    if settings is None:
        return
    _prepare(settings)
    refused = ""
    lacking = _without_cuda() if settings.device == "cuda" else ""
    if lacking:
        refused = f"--device cuda: this torch ({lacking}) is built without CUDA" if settings.insists else ""
        settings = msgspec.structs.replace(settings, device="cpu")
    silence_errors()
    writable = [settings.folder, *(["/dev"] if settings.device == "cuda" else [])]
    active = sandbox.confine(writable, settings.allow_network, settings.allow_write) if settings.sandbox else []
    channel.send(Ready(tuple(active), hasattr(os, "fork") and settings.fork, refused))
    zygote = Zygote(settings, channel)
    while (job := channel.receive(Job)) is not None:
        channel.send(zygote.serve(job))


def _prepare(settings: Settings) -> None:
    """Import torch and what the checks need, before anything is forbidden."""
    warnings.simplefilter("ignore")
    import torch

    torch.set_num_threads(1)
    from modlint.verify import warm

    warm.warm(settings.device)
    if hasattr(os, "fork") and sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)


def _without_cuda() -> str:
    """The version of a torch that isn't built for GPUs of NVIDIA or AMD; empty for another."""
    import torch

    return str(torch.__version__) if torch.version.cuda is None and torch.version.hip is None else ""


class Zygote:
    """Serves jobs in children of its own."""

    def __init__(self, settings: Settings, channel: Channel) -> None:
        self._settings, self._channel = settings, channel
        self._roots = importing.Roots(settings.project)
        self._imported: dict[str, Trial] = {}

    def serve(self, job: Job) -> Outcome:
        """Import the class's module here, and verify the class in a child."""
        if self._roots.enter(job.root):
            self._imported.clear()
        trial = self._import(job)
        if trial.problem:
            return Outcome(NOT_BUILT, trial.problem, stage="import")
        outcome = self._verified(job)
        return msgspec.structs.replace(outcome, part=trial.part) if trial.part else outcome

    def _verified(self, job: Job) -> Outcome:
        if self._forks:
            return self._forked(job)
        from modlint.verify.worker import verify

        return verify(job, self._settings, lambda _: None)

    @property
    def _forks(self) -> bool:
        return hasattr(os, "fork") and self._settings.fork

    def _import(self, job: Job) -> Trial:
        """Import a file, once."""
        if job.path not in self._imported:
            self._imported[job.path] = self._imported_anew(job)
        return self._imported[job.path]

    def _imported_anew(self, job: Job) -> Trial:
        reason = importing.why_in_part(job)
        if not reason:
            whole = self._tried(job, importing.WHOLE)
            if not whole.problem:
                return whole
            reason = whole.problem
        trial = self._tried(job, importing.SLICE)
        return trial if trial.problem else Trial("", part=reason)

    def _tried(self, job: Job, way: str) -> Trial:
        """Import a file in children until it is known which stubs it takes, then here, once."""
        if not self._forks:
            return Trial(importing.imported(job, way))
        for _ in range(stubs.MOST_STUBS):
            trial = _trial(job, way, self._settings.timeout)
            new = {root: why for root, why in trial.stubs.items() if root not in stubs.STATE.roots}
            if trial.problem and not new:
                return trial
            stubs.preset(new)
            if not trial.problem:
                break
        return Trial(importing.imported(job, way))

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


class Trial(msgspec.Struct, frozen=True):
    """How importing a file went: what is wrong, the packages that had to be stubbed, and why only a part was run."""

    problem: str
    stubs: dict[str, str] = {}
    part: str = ""


def _trial(job: Job, way: str, timeout: float) -> Trial:
    """How importing a file goes in a child."""
    results = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            sandbox.keep_signals_in()
            trial = Trial(importing.imported(job, way), stubs.STATE.roots)
            os.write(results[1], msgspec.json.encode(trial))
        finally:
            os._exit(0)
    os.close(results[1])
    try:
        ready = select.select([results[0]], (), (), timeout + importing.IMPORT_SECONDS)[0]
        data = os.read(results[0], 1 << 20) if ready else b""
        if data:
            return msgspec.json.decode(data, type=Trial)
        ends = "ends the process" if ready else "takes too long"
        return Trial(f"importing it {ends}")
    finally:
        kill_all(child)
        os.close(results[0])
