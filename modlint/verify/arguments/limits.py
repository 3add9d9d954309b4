"""A limit on the CPU time of an attempt."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from modlint.verify.arguments.attempt import OutOfTime


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` after so much CPU time, where the system can."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    previous = signal.signal(signal.SIGPROF, _ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


def _ring(*_: object) -> None:
    raise OutOfTime
