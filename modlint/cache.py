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

import msgspec

import modlint
from modlint.cache_folder import SURE, keep, own_files
from modlint.diagnostics import Diagnostic
from modlint.model.ledger import CHANGING
from modlint.segment import Place, Segment, fewer, segment
from modlint.trace import Trace, joined

Stamp = tuple[int, int]
"""When a path last changed (ns), and its size."""


class Stored(msgspec.Struct, array_like=True):
    """The content of a cache file: the stamp of each path (zeros where its time can't be trusted) and what it held, the
    diagnostics of the files that have any, how many cells of notebooks weren't read, and what all results rest on.
    """

    key: str
    paths: dict[str, tuple[int, int, str]] = {}
    found: dict[str, list[Diagnostic]] = {}
    unread: dict[str, int] = {}
    segments: list[Segment] = []


class Cache:
    """The results of runs with the same ``key``, in ``folder``."""

    def __init__(self, folder: str, key: str) -> None:
        self.folder, self._key, self._name = folder, key, f"{key}.msgpack"
        self.started = time.time_ns()
        self._changed = False
        self._new: list[Trace] = []
        self._stored = self._load()

    def _load(self) -> Stored:
        try:
            with open(os.path.join(self.folder, self._name), "rb") as file:
                stored = msgspec.msgpack.decode(file.read(), type=Stored)
        except (OSError, ValueError, RecursionError, msgspec.MsgspecError):
            return Stored(self._key)
        return stored if stored.key == self._key else Stored(self._key)

    def known(self, files: Iterable[str]) -> dict[str, list[Diagnostic]]:
        """The diagnostics of those files whose results still hold."""
        try:
            self._drop_outdated()
        except (ValueError, IndexError, msgspec.MsgspecError):  # segments are unpacked only when they are needed
            self._stored = Stored(self._key)
        roots = {root for segment in self._stored.segments for root in segment.roots}
        return {file: self._stored.found.get(file, []) for file in files if file in roots}

    def _drop_outdated(self) -> None:
        changed, paths = {}, self._stored.paths
        for path, (time_then, size_then, held) in paths.items():
            time_now, size_now = _stamp(path)
            if time_now == time_then and size_now == size_then:
                continue
            self._changed = True
            place = Place(path)
            if place.held != held:
                changed[path] = place
            paths[path] = (time_now, size_now, place.held)
        if changed:
            for segment in self._stored.segments:
                for file in segment.drop_outdated(changed):
                    self._stored.found.pop(file, None)

    @property
    def paths(self) -> list[str]:
        """The files and folders that the results rest on."""
        return [*self._stored.paths]

    @property
    def unread(self) -> dict[str, int]:
        """By notebook, how many of its cells weren't read; a file that isn't known any more may still be in it."""
        return self._stored.unread

    def add(self, found: dict[str, list[Diagnostic]], trace: Trace, unread: dict[str, int]) -> None:
        """Take over new results and what they rest on."""
        self._changed = True
        self._new.append(trace)
        for file in found:
            self._stored.unread.pop(file, None)
        self._stored.unread.update(unread)
        self._stored.found.update({file: diagnostics for file, diagnostics in found.items() if diagnostics})

    def save(self) -> None:
        """Write the results, if any are new; where that can't be done, nothing is kept."""
        if not self._changed:
            return
        with suppress(OSError, UnicodeEncodeError):  # a name that is no text can't be kept
            keep(self.folder, self._name, msgspec.msgpack.encode(self._whole()))

    def _whole(self) -> Stored:
        new, paths = joined(self._new), self._stored.paths
        for path, held in new.contents.items():
            if path not in paths:
                paths[path] = (*_stamp(path), held)
            elif paths[path][2] != held:
                paths[path] = (*paths[path][:2], CHANGING)
        unsure = self.started - SURE
        for path, (changed, _, held) in paths.items():
            if changed >= unsure:
                paths[path] = (0, 0, held)
        kept = [segment for segment in self._stored.segments if segment.alive]
        if new.roots:
            kept.append(segment(new))
        return Stored(self._key, paths, self._stored.found, self._stored.unread, fewer(kept))


def key(*parts: object) -> str:
    """What identifies runs that find the same: settings, surroundings, and the state of modlint itself."""
    own = sorted((path, _stamp(path)) for path in own_files())
    text = repr((modlint.__version__, own, sys.version, sys.path, os.getcwd(), parts))
    return blake2b(text.encode(errors="surrogateescape"), digest_size=16).hexdigest()


def _stamp(path: str) -> Stamp:
    try:
        state = os.stat(path)
    except OSError:
        return 1, -1
    return state.st_mtime_ns, state.st_size
