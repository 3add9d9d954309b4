"""Where work is done: in this process, in processes of this machine, or on a Dask cluster; one interface for all.

An executor takes tasks in order and gives results in whatever order they come. A task whose process is killed is done
again; one that kills every process it meets is given back with ``None`` in place of a result.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from modlint.errors import ModlintError

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

Task = TypeVar("Task")
Result = TypeVar("Result")
ATTEMPTS: Final = 3
PATIENCE: Final = "5s"
CONTROL_GROUP = "/sys/fs/cgroup"


class Executor(Protocol):
    """Does tasks somewhere."""

    def results(self, work: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[tuple[Task, Result | None]]:
        """Each task with its result, as they come; ``None`` for a task that can't be done."""


class Local:
    """Processes of this machine."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs

    def results(self, work: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[tuple[Task, Result | None]]:
        """Each task with its result; the tasks of a killed process are done again, in the end one by one."""
        left = list(tasks)
        for attempt in range(ATTEMPTS):
            alone = attempt == ATTEMPTS - 1
            for batch in [[task] for task in left] if alone else [left]:
                for task, result in self._once(work, batch):
                    left.remove(task)
                    yield task, result
            if not left:
                return
        for task in left:
            yield task, None

    def _once(self, work: Callable[[Task], Result], tasks: list[Task]) -> Iterator[tuple[Task, Result]]:
        """The results up to the moment when a process is killed."""
        # most runs need no process: what few files there are is checked here, or is known
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor, as_completed
        from concurrent.futures.process import BrokenProcessPool

        fork = "fork" if sys.platform == "linux" else None
        pool = ProcessPoolExecutor(
            min(self._jobs, len(tasks)), multiprocessing.get_context(fork), _ignore_interrupts, ()
        )
        try:
            with _holding_interrupts():
                running: dict[Future[Result], Task] = {pool.submit(work, task): task for task in tasks}
            for future in as_completed(running):
                with suppress(BrokenProcessPool):
                    yield running[future], future.result()
        except BrokenProcessPool:
            return
        except BaseException:
            _kill(pool)
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class Cluster:
    """A Dask cluster. Its workers must see the same files under the same paths, and have the same modlint."""

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise ModlintError("--cluster needs Dask: pip install 'modlint[cluster]'") from None
        try:
            connect: Any = Client
            self._client = connect(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            problem = str(error).splitlines()[0] if str(error) else "no answer"
            raise ModlintError(f"--cluster {address}: {problem}") from None

    def results(self, work: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[tuple[Task, Result | None]]:
        """Each task with its result; Dask gives the tasks of a worker that died to another one."""
        import distributed

        finished: Any = distributed.as_completed

        futures: dict[Any, Task] = {self._client.submit(work, task, pure=False): task for task in tasks}
        try:
            for future in finished(list(futures), loop=self._client.loop):
                try:
                    yield futures[future], future.result()
                except distributed.KilledWorker:
                    yield futures[future], None
        finally:
            self._client.close()


def cpus() -> int:
    """How many CPUs this process is given: by its affinity and by the quota of its control group."""
    given = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limit = quota()
    return max(1, given if limit is None else min(given, int(limit)))


def quota() -> float | None:
    """How many CPUs the control group may use; ``None`` where it is not limited."""
    for names in (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):
        with suppress(OSError, ValueError):
            words = []
            for name in names:
                with open(os.path.join(CONTROL_GROUP, name), encoding="ascii") as file:
                    words += file.read().split()
            limit, period = float(words[0]), float(words[1])
            return limit / period if limit > 0 else None
    return None


@contextmanager
def _holding_interrupts() -> Iterator[None]:
    """Let Ctrl-C wait: one that met a process which has only just been started would end it with a traceback."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ignore_interrupts() -> None:
    """Ctrl-C reaches every process of the terminal; the one that started the others ends them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _kill(pool: ProcessPoolExecutor) -> None:
    for process in list((getattr(pool, "_processes", None) or {}).values()):
        process.kill()
