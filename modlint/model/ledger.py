"""What answers rest on: which files, names in folders and texts were looked at to find each of them.

Answers that serve several files are kept as `Entry`, each with what it rests on, so that a cache can tell which results
a change on disk touches. A `Look` is one look at the disk: its kind, a path, an argument (a name, say).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Final, NamedTuple

CONTENT: Final = "content"
"""The whole content of a file; the answer is its digest, or the empty string where it can't be read."""
ENTRY: Final = "entry"
"""Whether a folder has an entry of this name."""
LISTING: Final = "listing"
"""The Python files and folders in a folder, as one text."""


class Look(NamedTuple):
    """A look at the disk: what was asked about which path."""

    kind: str
    path: str
    argument: str = ""


class Entry:
    """An answer, the looks it took and the other answers it was made of."""

    __slots__ = ("entries", "looks", "value")

    def __init__(self, value: Any = None) -> None:
        self.value = value
        self.looks: set[Look] = set()
        self.entries: set[Entry] = set()


class Ledger:
    """Keeps answers with what they rest on. ``current`` is the one being found; ``seen`` has what every look saw."""

    def __init__(self) -> None:
        self.current = Entry()
        self.seen: dict[Look, str] = {}
        self._entries: dict[Hashable, Entry] = {}

    def begin(self) -> Entry:
        """Start on a new answer that rests on all that follows."""
        self.current = Entry()
        return self.current

    def saw(self, look: Look, answer: str) -> None:
        """Note a look for the answer being found."""
        self.seen[look] = answer
        self.current.looks.add(look)

    def saw_again(self, path: str) -> None:
        """Note that the answer being found rests on a file whose content was looked at before."""
        self.current.looks.add(Look(CONTENT, path))

    def answer(self, key: Hashable, find: Callable[[], Any]) -> Any:
        """The answer kept under ``key``; ``find`` finds it the first time. Within itself it is ``None``."""
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = Entry()
            try:
                self.fill(entry, find)
            except BaseException:
                del self._entries[key]
                raise
        self.current.entries.add(entry)
        return entry.value

    def fill(self, entry: Entry, find: Callable[[], Any]) -> None:
        """Find the answer of ``entry``, so that what ``find`` looks at is noted there."""
        outer, self.current = self.current, entry
        try:
            entry.value = find()
        finally:
            self.current = outer

    def forget(self) -> None:
        """Drop the kept answers; what was seen is still known."""
        self._entries.clear()
