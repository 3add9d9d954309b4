"""A progress bar for runs that take a while; rich is loaded when the bar is."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import Progress

PATIENCE = 1.0


@contextmanager
def progress_bar(wanted: bool) -> Iterator[Callable[[int, int], None] | None]:
    """What to tell the progress to: ``None`` unless it is wanted and standard error is a terminal."""
    if not (wanted and sys.stderr.isatty()):
        yield None
        return
    with ExitStack() as stack:
        yield _LateBar(stack).update


class _LateBar:
    """Shows nothing for a second, then a bar until its stack is closed."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._started = time.monotonic()
        self._bar: Progress | None = None

    def update(self, done: int, total: int) -> None:
        if self._bar is None and time.monotonic() - self._started > PATIENCE:
            self._bar = self._stack.enter_context(_new_bar(total))
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done)


def _new_bar(total: int) -> Progress:
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True), transient=True)
    bar.add_task("Checking", total=total)
    return bar
