"""What answers rest on: which files, names in folders and texts were looked at to find each of them.

Answers that serve several files are kept as `Entry`, each with what it rests on, so that a cache can tell which results
a change on disk touches. A `Look` is one look at the disk: its kind, a path, an argument (a name, say).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, Final, NamedTuple

CONTENT: Final = "content"
"""The whole content of a file; the answer is its digest, or the empty string where it can't be read."""
ENTRY: Final = "entry"
"""Whether a folder has an entry of this name."""
LISTING: Final = "listing"
"""The Python files and folders in a folder."""
PARSES: Final = "parses"
"""Whether a file can be read and parsed."""
NAME: Final = "name"
"""What binds a name at the top level of a file, bodies of functions left out; with all star imports of the file."""
BODY: Final = "body"
"""The body of a function that isn't defined inside another one."""
OUTLINE: Final = "outline"
"""A whole file, bodies of functions left out."""
EXPORTS: Final = "exports"
"""Whether a star import of a file brings a name, if it is bound there."""
SWEEP: Final = "sweep"
"""What a sweep over the methods of a class finds, whatever else their bodies say."""
PARTS: Final = frozenset({PARSES, NAME, BODY, OUTLINE, EXPORTS, SWEEP})
"""The looks at what a file says, rather than at its bytes: its tree is needed to take one again."""
CHANGING: Final = "changing"
"""In place of the digest of a path that changed during a run."""


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
    """Keeps answers with what they rest on. ``current`` is the one being found; ``seen`` has what every look saw.

    ``contents`` has a digest of each file that was read and of each folder that was listed. Unless ``tracing``, nobody
    will ask what an answer rests on.
    """

    def __init__(self) -> None:
        self.tracing = False
        self.current = Entry()
        self.seen: dict[Look, str] = {}
        self.contents: dict[str, str] = {}
        self._later: dict[Look, Callable[[str, str], str]] = {}
        self._entries: dict[Hashable, Entry] = {}

    def begin(self) -> Entry:
        """Start on a new answer that rests on all that follows."""
        self.current = Entry()
        return self.current

    def saw(self, look: Look, answer: str) -> None:
        """Note a look for the answer being found."""
        self.seen[look] = answer
        if self.tracing:
            self.current.looks.add(look)

    def saw_content(self, path: str) -> Look:
        """Note that the answer being found rests on the whole of a file that was read before."""
        look = Look(CONTENT, path)
        self.seen.setdefault(look, self.contents[path])
        self.current.looks.add(look)
        return look

    def note(self, look: Look, find: Callable[[str, str], str]) -> None:
        """Note a look whose kind and argument tell ``find`` what it saw, if anybody asks."""
        if look not in self.seen:
            self._later[look] = find
        self.current.looks.add(look)

    def saw_then(self, look: Look) -> str:
        """What a look saw when it was taken."""
        find = self._later.pop(look, None)
        if find is not None:
            self.seen[look] = find(look.kind, look.argument)
        return self.seen[look]

    def drop(self, looks: Iterable[Look]) -> None:
        """Forget how to tell what these saw: only a result that rests on the whole file rests on them."""
        for look in looks:
            self._later.pop(look, None)

    def read(self, path: str, digest: str) -> None:
        """Note what a path held when it was read; a path that changes meanwhile is told from all it held."""
        if self.contents.setdefault(path, digest) != digest:
            self.contents[path] = CHANGING

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
        self.rest_on(entry)
        return entry.value

    def rest_on(self, entry: Entry) -> None:
        """Note that the answer being found is made of another one; an answer that nobody traces is not held."""
        if self.tracing:
            self.current.entries.add(entry)

    def fill(self, entry: Entry, find: Callable[[], Any]) -> None:
        """Find the answer of ``entry``, so that what ``find`` looks at is noted there."""
        outer, self.current = self.current, entry
        try:
            entry.value = find()
        finally:
            self.current = outer

    def forget(self) -> None:
        """Drop the kept answers; what they rest on is still known."""
        for look in list(self._later):
            self.saw_then(look)
        for entry in self._entries.values():
            entry.value = None
        self._entries.clear()
