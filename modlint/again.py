"""The shortest way: a command given again where nothing has changed prints what it printed before.

Neither click nor the settings are loaded for it, which would take most of its time, nor a library to read what was
kept: that is text with null characters between its fields.
"""

from __future__ import annotations

import io
import os
import sys
from zlib import crc32

import modlint
from modlint.cache_folder import FOLDER, SURE, keep, own_files

BETWEEN = "\0"
KIND = ".printed"
SURROUNDINGS = (
    ".git",
    ".gitignore",
    "__init__.py",
    "modlint.toml",
    "pyproject.toml",
    os.path.join(".git", "info", "exclude"),
)
"""What settings, roots of projects and ignored files hang on, in a folder and those above it."""


def repeat(arguments: list[str]) -> int | None:
    """Print what the same command printed last time, and give its exit code; ``None`` if it has to run."""
    if arguments[:1] != ["check"]:
        return None
    try:
        kept = _kept(arguments)
        if kept is None:
            return None
        status, text = kept
        if not isinstance(sys.stdout, io.TextIOWrapper):
            return None
        sys.stdout.reconfigure(errors="backslashreplace")
        sys.stdout.write(text)
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):  # the command itself says best what is wrong
        return None
    return status


def remember(folder: str, arguments: list[str], status: int, text: str, rests_on: set[str], started: int) -> None:
    """Keep what the command that started at ``started`` (ns) printed, and on which files and folders that rests.

    Nothing is kept where one of them may have changed since then, or where nothing can be written.
    """
    own = own_files()
    fields = [_key(arguments), str(status), text, *sorted(rests_on.union(own, map(os.path.dirname, own)))]
    states = [_state(path) for path in fields[3:]]
    if any(changed >= started - SURE for changed, _ in states) or any(BETWEEN in field for field in fields):
        return
    try:
        body = BETWEEN.join((_joined(states), *fields)).encode("utf-8", "surrogateescape")
        keep(folder, _name(fields[0]), b"%08x" % crc32(body) + body)
    except (OSError, UnicodeEncodeError):
        return


def around(folder: str) -> list[str]:
    """What says in ``folder`` and in those above it which settings hold and which files are ignored."""
    return [os.path.join(above, name) for above in _upward(folder) for name in SURROUNDINGS]


def _kept(arguments: list[str]) -> tuple[int, str] | None:
    """Exit code and text of the last run, if it would end in the same way now."""
    key = _key(arguments)
    for folder in _folders(arguments):
        try:
            with open(os.path.join(folder, _name(key)), "rb") as file:
                data = file.read()
        except OSError:
            continue
        body = data[8:]
        if data[:8] != b"%08x" % crc32(body):
            continue
        states, then, status, text, *paths = body.decode("utf-8", "surrogateescape").split(BETWEEN)
        if then == key and states == _joined([_state(path) for path in paths]):
            return int(status), text
    return None


def _folders(arguments: list[str]) -> list[str]:
    """Where the results can be: in a folder that the command names, or in one above what it names."""
    named = [part for argument in arguments[1:] for part in (argument, argument.partition("=")[2]) if part]
    named = [os.path.abspath(name) for name in named if os.path.exists(name)]
    above = dict.fromkeys(folder for name in (*named, os.getcwd()) for folder in _upward(name))
    return [*named, *(os.path.join(folder, FOLDER) for folder in above)]


def _upward(path: str) -> list[str]:
    found = [path]
    while (parent := os.path.dirname(found[-1])) != found[-1]:
        found.append(parent)
    return found


def _name(key: str) -> str:
    return f"{crc32(key.encode('utf-8', 'backslashreplace')):08x}{KIND}"


def _key(arguments: list[str]) -> str:
    """What identifies commands that print the same, as long as the disk is the same."""
    variables = tuple(os.environ.get(name) for name in ("NO_COLOR", "FORCE_COLOR", "TERM", "HOME", "USERPROFILE"))
    output = (sys.stdout.encoding, sys.stdout.isatty())
    return repr((modlint.__version__, sys.version, sys.path, os.getcwd(), arguments, variables, output))


def _joined(states: list[tuple[int, str]]) -> str:
    return ";".join([state for _, state in states])


def _state(path: str) -> tuple[int, str]:
    """When a path last changed (ns), and what identifies its state; of a repository only whether it is there."""
    try:
        state = os.stat(path)
    except OSError:
        return 0, ""
    if os.path.basename(path) == ".git":
        return 0, "1"
    changed = max(state.st_mtime_ns, state.st_ctime_ns)
    return changed, f"{state.st_mtime_ns} {state.st_ctime_ns} {state.st_size}"
