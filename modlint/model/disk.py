"""Looks at the disk: contents of files, names in folders, and questions that a file's text answers.

Every look can be taken again later: a cache asks with `again` whether an answer still holds.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from hashlib import blake2b
from typing import Final

from modlint.model.ledger import CONTENT, ENTRY, LISTING, Ledger, Look

BRINGS: Final = "brings"
"""Whether a star import of the file can bring the name: its text has it, or passes on other files' names."""
STORES: Final = "stores"
"""Whether the file's code sets an attribute of this name on an object that isn't its own."""
GENERATED: Final = "generated"
"""Whether the file's head says that it was generated from a file of this name."""

HEAD: Final = 1000
SET_OUTSIDE: Final = (
    rb"(?<!self)\.NAME\s*(?::[^=\n]+)?=[^=]"
    rb"|setattr\(\s*[\w.]+\s*,\s*[\"']NAME[\"']"
    rb"|(?<!self)\.(?:register_\w+|add_module)\(\s*[\"']NAME[\"']"
)
"""How code sets the attribute ``NAME`` of an object that isn't its own."""

_EXPORTED: Final = re.compile(rb"^__all__ = \[([^\[\]]*)\][ \t]*\r?$", re.MULTILINE)
_QUOTED: Final = re.compile(rb"[\"']([^\"'\\]*)[\"']")


class Disk:
    """The disk as one run sees it: a folder is listed once, a file that only answers questions is read once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._listings: dict[str, frozenset[str]] = {}
        self._texts: dict[str, bytes] = {}
        self._exports: dict[str, frozenset[bytes] | None] = {}

    def content(self, path: str) -> bytes | None:
        """The bytes of a file on which an answer rests; ``None`` where it can't be read."""
        data = self.bytes(path)
        self._ledger.saw(Look(CONTENT, path), digest(data))
        return data

    def bytes(self, path: str) -> bytes | None:
        """The bytes of a file, on some part of which an answer may rest; ``None`` where it can't be read."""
        data = content(path)
        if self._ledger.tracing:
            self._ledger.read(path, digest(data))
        return data

    def listing(self, folder: str) -> frozenset[str]:
        """The names in a folder; none where it can't be read."""
        known = self._listings.get(folder)
        if known is None:
            known = self._listings[folder] = names(folder)
            if self._ledger.tracing:
                self._ledger.read(folder, listed(known))
        return known

    def has(self, folder: str, name: str = "") -> bool:
        """Whether a folder has an entry of this name; without a name, whether it has any."""
        listing = self.listing(folder)
        found = name in listing if name else bool(listing)
        self._ledger.saw(Look(ENTRY, folder, name), "1" if found else "")
        return found

    def python_files(self, folder: str) -> list[str]:
        """The Python files in a folder, by name."""
        listing = self.listing(folder)
        self._ledger.saw(Look(LISTING, folder), _sources(listing))
        return sorted(name for name in listing if name.endswith(".py"))

    def asks(self, kind: str, path: str, argument: str) -> bool:
        """Whether a file's text answers a question of this ``kind`` with yes."""
        look = Look(kind, path, argument)
        known = self._ledger.seen.get(look)
        if known is None:
            known = "1" if self._answer(kind, path, argument) else ""
        self._ledger.saw(look, known)
        return known == "1"

    def _answer(self, kind: str, path: str, argument: str) -> bool:
        if path not in self._texts:
            self._texts[path] = self.bytes(path) or b""
        data = self._texts[path]
        if kind != BRINGS:
            return _QUESTIONS[kind](data, argument)
        if path not in self._exports:  # asked for name after name, where a package has hundreds of star imports
            self._exports[path] = _exported(data)
        return _brought(self._exports[path], data, argument)

    def forget(self) -> None:
        """Drop what was kept for more questions."""
        self._texts.clear()
        self._exports.clear()


def again(look: Look, data: bytes | None, listing: frozenset[str]) -> str:
    """What a look sees now, given the content of the file or the names in the folder at its path."""
    if look.kind == CONTENT:
        return digest(data)
    if look.kind == ENTRY:
        return "1" if (look.argument in listing if look.argument else listing) else ""
    if look.kind == LISTING:
        return _sources(listing)
    return "1" if _QUESTIONS[look.kind](data or b"", look.argument) else ""


def content(path: str) -> bytes | None:
    """The bytes of a file; ``None`` where it can't be read, or is a pipe or the like, which would keep us waiting."""
    if not os.path.isfile(path):
        return None
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def names(folder: str) -> frozenset[str]:
    """The names in a folder; none where it can't be read."""
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()


def digest(data: bytes | None) -> str:
    """What identifies a content; empty for a file that can't be read."""
    return "" if data is None else blake2b(data, digest_size=12).hexdigest()


def listed(listing: frozenset[str]) -> str:
    """What identifies the names in a folder."""
    return digest(os.fsencode("\0".join(sorted(listing))))


def _sources(listing: frozenset[str]) -> str:
    """What identifies those entries of a folder that can be Python files or packages."""
    return listed(frozenset(name for name in listing if name.endswith(".py") or "." not in name))


def _brings(data: bytes, name: str) -> bool:
    return _brought(_exported(data), data, name)


def _brought(exported: frozenset[bytes] | None, data: bytes, name: str) -> bool:
    return name.encode() in exported if exported is not None else b"import *" in data or name.encode() in data


def _exported(data: bytes) -> frozenset[bytes] | None:
    """The names that a file exports, if its text has them in one list of plain strings."""
    found = _EXPORTED.match(data, data.find(b"__all__")) if data.count(b"__all__") == 1 else None
    if found is None or _QUOTED.sub(b"", found[1]).strip(b", \t\r\n"):
        return None
    return frozenset(_QUOTED.findall(found[1]))


def _stores(data: bytes, name: str) -> bool:
    plain = name.encode()
    return plain in data and re.search(SET_OUTSIDE.replace(b"NAME", re.escape(plain)), data) is not None


def _generated(data: bytes, name: str) -> bool:
    head = data[:HEAD]
    return b"generated from" in head and b"/" + os.fsencode(name) in head


_QUESTIONS: Final[dict[str, Callable[[bytes, str], bool]]] = {
    BRINGS: _brings,
    STORES: _stores,
    GENERATED: _generated,
}
