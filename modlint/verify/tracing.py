"""Which lines of some files ran."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def lines_of(filenames: frozenset[str], ran: set[tuple[str, int]]) -> Iterator[None]:
    """Add the lines of these files that run inside to ``ran``; nothing is traced where there are no files."""
    if not filenames:
        yield
        return

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        return line if frame.f_code.co_filename in filenames else None

    def line(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            ran.add((frame.f_code.co_filename, frame.f_lineno))
        return line

    previous = sys.gettrace()
    sys.settrace(trace)
    threading.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(previous)
        threading.settrace(previous)
