"""Results kept on disk: a file is checked again only where something changed that its result rests on.

One file holds what runs with the same settings found. Whatever is wrong with it, it counts as empty; it is replaced
as a whole, so that runs at the same time never see half of it, and the last one to end wins.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec

import modlint
from modlint.diagnostics import Diagnostic
from modlint.trace import Trace

FOLDER: Final = ".modlint_cache"
TAG: Final = "Signature: 8a477f597d28d172789f06886806bc55\n# Results of modlint; safe to delete.\n"
MOST_TRACES: Final = 256
MOST_FILES: Final = 16
SURE: Final = 2_000_000_000
"""Nanoseconds after which a file that changes surely gets another time stamp."""

Stamp = tuple[int, int]
"""When a path last changed (ns), and its size; (0, 0) where the time can't be trusted."""


class Stored(msgspec.Struct, array_like=True):
    """The content of a cache file."""

    key: str
    stamps: dict[str, Stamp] = {}
    found: dict[str, list[Diagnostic]] = {}
    clean: set[str] = set()
    traces: list[msgspec.Raw] = []


class Cache:
    """The results of runs with the same ``key``, in ``folder``."""

    def __init__(self, folder: str, key: str) -> None:
        self._folder, self._key = folder, key
        self._path = os.path.join(folder, f"{key}.msgpack")
        self._started = time.time_ns()
        self._changed = False
        self._traces: list[Trace] | None = None
        self._stored = self._load()

    def _load(self) -> Stored:
        try:
            with open(self._path, "rb") as file:
                stored = msgspec.msgpack.decode(file.read(), type=Stored)
        except (OSError, ValueError, RecursionError, msgspec.MsgspecError):
            return Stored(self._key)
        return stored if stored.key == self._key else Stored(self._key)

    def known(self, files: Iterable[str]) -> dict[str, list[Diagnostic]]:
        """The diagnostics of those files whose results still hold."""
        self._drop_outdated()
        found, clean = self._stored.found, self._stored.clean
        return {file: found.get(file, []) for file in files if file in found or file in clean}

    def _drop_outdated(self) -> None:
        now = {path: _stamp(path) for path in self._stored.stamps}
        changed = {path for path, stamp in self._stored.stamps.items() if stamp != now[path] or not stamp[0]}
        if not changed:
            return
        self._changed = True
        for trace in self._decoded():
            for file in trace.outdated(changed):
                del trace.roots[file]
                self._stored.found.pop(file, None)
                self._stored.clean.discard(file)
        self._stored.stamps.update({path: now[path] for path in changed})

    def _decoded(self) -> list[Trace]:
        if self._traces is None:
            try:
                self._traces = [msgspec.msgpack.decode(raw, type=Trace) for raw in self._stored.traces]
            except (ValueError, msgspec.MsgspecError):
                self._traces, self._stored = [], Stored(self._key)
        return self._traces

    def add(self, found: dict[str, list[Diagnostic]], trace: Trace) -> None:
        """Take over new results and what they rest on."""
        self._changed = True
        for old in self._decoded():
            for file in found:
                old.roots.pop(file, None)
        for file, diagnostics in found.items():
            self._stored.found.pop(file, None)
            self._stored.clean.discard(file)
            if diagnostics:
                self._stored.found[file] = diagnostics
            else:
                self._stored.clean.add(file)
        self._decoded().append(trace)

    def save(self) -> None:
        """Write the results, if any are new; where that can't be done, nothing is kept."""
        if not self._changed:
            return
        with suppress(OSError, UnicodeEncodeError):  # a name that is no text can't be kept
            self._write(msgspec.msgpack.encode(self._compacted()))

    def _compacted(self) -> Stored:
        traces = [trace for trace in self._decoded() if trace.roots]
        for trace in traces[:-MOST_TRACES]:
            for file in trace.roots:
                self._stored.found.pop(file, None)
                self._stored.clean.discard(file)
        traces = traces[-MOST_TRACES:]
        stamps = {}
        for path in set().union(*(trace.paths for trace in traces)):
            stamp = self._stored.stamps.get(path) or _stamp(path)
            stamps[path] = stamp if stamp[0] < self._started - SURE else (0, 0)
        raw = [msgspec.Raw(msgspec.msgpack.encode(trace)) for trace in traces]
        return Stored(self._key, stamps, self._stored.found, self._stored.clean, raw)

    def _write(self, data: bytes) -> None:
        os.makedirs(self._folder, exist_ok=True)
        for name, text in (("CACHEDIR.TAG", TAG), (".gitignore", "*\n")):
            place = os.path.join(self._folder, name)
            if not os.path.exists(place):
                Path(place).write_text(text, encoding="utf-8")
        own = f"{self._path}.{os.getpid()}.tmp"
        try:
            with open(own, "wb") as file:
                file.write(data)
            os.replace(own, self._path)
        except OSError:
            with suppress(OSError):
                os.unlink(own)
            raise
        self._drop_old_files()

    def _drop_old_files(self) -> None:
        entries = sorted(os.scandir(self._folder), key=lambda entry: entry.stat().st_mtime_ns)
        ours = [e for e in entries if e.name.endswith((".msgpack", ".tmp"))]
        hour_ago = time.time() - 3600
        for entry in ours:
            if entry.name.endswith(".tmp") and entry.stat().st_mtime < hour_ago:
                os.unlink(entry)
        for entry in [e for e in ours if e.name.endswith(".msgpack")][:-MOST_FILES]:
            os.unlink(entry)


def key(*parts: object) -> str:
    """What identifies runs that find the same: settings, surroundings, and the state of modlint itself."""
    text = repr((modlint.__version__, _own_state(), sys.version, sys.path, os.getcwd(), parts))
    return blake2b(text.encode(errors="surrogateescape"), digest_size=16).hexdigest()


def _own_state() -> list[tuple[str, Stamp]]:
    """The state of modlint's own files: in a checkout they change under one version."""
    top = os.path.dirname(modlint.__file__)
    folders = [top, *(e.path for e in os.scandir(top) if e.is_dir() and e.name != "__pycache__")]
    folders.append(os.path.join(top, "model", "tables"))
    return sorted((e.path, _stamp(e.path)) for folder in folders for e in os.scandir(folder) if e.is_file())


def _stamp(path: str) -> Stamp:
    try:
        state = os.stat(path)
    except OSError:
        return 1, -1
    return state.st_mtime_ns, state.st_size
