"""Work that is handed to other processes: files to check, and what was found in them."""

from __future__ import annotations

import msgspec

from modlint.config import Config
from modlint.diagnostics import Diagnostic, Span
from modlint.reserved import INTERNAL_ERROR
from modlint.trace import Trace


class Task(msgspec.Struct, frozen=True):
    """Files to be checked together, in another process or on another machine; ``run`` tells runs apart."""

    config: Config
    report_unused_noqa: bool
    folder: str
    run: str
    files: tuple[str, ...] = ()


class Group(msgspec.Struct, frozen=True):
    """What was found in files that were checked together, what that rests on, and how many cells weren't read."""

    found: dict[str, list[Diagnostic]]
    trace: Trace
    unread: dict[str, int] = {}


def lost(task: Task) -> Group:
    """What is said of files whose process was killed again and again."""
    message = "was not checked: every process that checked it and its neighbours was killed (too little memory?)"
    own = INTERNAL_ERROR
    found = {
        file: [Diagnostic(own.code, own.name, message, file, Span(1, 1, 1, 1), 1, own.severity)] for file in task.files
    }
    return Group(found, Trace())
