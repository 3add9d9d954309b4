"""What IPython adds to Python, replaced by Python line by line: ``%magic``, ``!command``, ``x = !command``, ``name?``.

See https://ipython.readthedocs.io/en/stable/interactive/magics.html. A line is one of these only where a statement may
begin: not within a string or brackets, and not after a backslash.
"""

from __future__ import annotations

import re
from typing import Final

PYTHON_BODIES: Final = frozenset({
    "capture", "debug", "ipytest", "memit", "memray_flamegraph", "prun", "run_pytest", "scalene", "snakeviz", "time",
    "timeit", "wandb",
})  # fmt: skip
"""Cell magics, IPython's and those of packages from PyPI, with Python below that runs in the notebook's namespace."""

_CELL_MAGIC: Final = re.compile(r"\s*%%(\S+)")
_MAGIC: Final = re.compile(r"\s*(?:%(?!%)|!|\?)")
_ASSIGNED: Final = re.compile(r"(\s*[^\W\d][\w.\[\]'\", ]*=\s*)[%!](?!=)")
_HELP: Final = re.compile(r"\s*%{0,2}[^\W\d][\w.*\[\]]*\?{1,2}\s*$")
_OPENING: Final = re.compile(r"\"\"\"|'''|[\"'#()\[\]{}]")
_ESCAPED: Final = r"(?:[^\\]|\\.)*?"


def cell_magic(source: str) -> str:
    """The magic that a cell stands under, without its signs; empty if there is none."""
    found = _CELL_MAGIC.match(source.lstrip())
    return found[1] if found else ""


def has_python_body(magic: str) -> bool:
    """Whether Python of the notebook's own namespace stands below a cell magic, or below none."""
    return not magic or magic in PYTHON_BODIES


def without_magics(cell: list[str], mark: str) -> tuple[list[str], dict[str, str]]:
    """The lines of a cell with those replaced that only IPython understands, and the original of each replaced one.

    What stands for a line ends in a comment that begins with ``mark`` and has its number.
    """
    lines: list[str] = []
    magics: dict[str, str] = {}
    state = _State()
    goes_on = False
    starts = next((number for number, line in enumerate(cell) if line.strip()), 0)
    for number, line in enumerate(cell):
        above = number == starts and bool(_CELL_MAGIC.match(line))
        instead = "" if goes_on or above else _instead(line) if state.between else None
        if instead is None:
            state.read(line)
            lines.append(line)
            continue
        goes_on = line.rstrip().endswith("\\")
        lines.append(f"{instead}{mark}:{number + 1}")
        magics[lines[-1]] = line
    return lines, magics


def _instead(line: str) -> str | None:
    """The Python that stands for a line of IPython's at the start of a statement; ``None`` if it is none."""
    indent = line[: len(line) - len(line.lstrip())]
    if _MAGIC.match(line) or _HELP.match(line):
        return f"{indent}pass  "
    assigned = _ASSIGNED.match(line)
    return f"{assigned[1]}get_ipython()  " if assigned else None


class _State:
    """Whether a statement may begin: not within a string, within brackets or after a backslash."""

    def __init__(self) -> None:
        self._string, self._depth, self._continued = "", 0, False

    @property
    def between(self) -> bool:
        """Whether the next line begins a statement."""
        return not (self._string or self._depth > 0 or self._continued)

    def read(self, line: str) -> None:
        """Go over a line."""
        place = 0
        while place < len(line):
            place = self._in_string(line, place) if self._string else self._in_code(line, place)
        if len(self._string) == 1 and not line.endswith("\\"):
            self._string = ""
        self._continued = line.endswith("\\") and not self._string

    def _in_string(self, line: str, place: int) -> int:
        end = re.compile(_ESCAPED + re.escape(self._string)).match(line, place)
        if end is None:
            return len(line)
        self._string = ""
        return end.end()

    def _in_code(self, line: str, place: int) -> int:
        found = _OPENING.search(line, place)
        if found is None or found[0] == "#":
            return len(line)
        if found[0][0] in "\"'":
            self._string = found[0]
        else:
            self._depth += 1 if found[0] in "([{" else -1
        return found.end()
