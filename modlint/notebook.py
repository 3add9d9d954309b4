"""Jupyter notebooks as one Python text: all code cells in order, what only IPython understands replaced line by line.

The text of a notebook whose second cell is ``%matplotlib inline`` and ``x = 1``, after a cell of prose, reads

    #%% cell 2
    pass  #%% magic 2:1
    x = 1

A line above each cell marks it, so that the cells are found again in a text that fixes have changed; a replaced line
names its place, so that the original comes back. Invariants: the text has the lines of each cell in the order and
number of the notebook, and it can be parsed: a cell that can't is left blank, with the problem noted.

The format: https://nbformat.readthedocs.io/en/latest/format_description.html; what IPython adds to Python:
https://ipython.readthedocs.io/en/stable/interactive/magics.html.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from modlint.errors import SourceError
from modlint.lines import LINE_END
from modlint.magics import cell_magic, has_python_body, without_magics

Parse = Callable[[str, bool], object]
"""Parses the text of a cell; it raises `SourceError` where that can't be done, with the reason if that is wanted."""


class CodeCell(msgspec.Struct, frozen=True):
    """A code cell as the notebook has it: its number among all cells, from 1, its language and its source."""

    number: int
    language: str
    source: str

    @property
    def lines(self) -> list[str]:
        """The lines of the source without their ends; one at least."""
        return LINE_END.split(self.source)


class Section(msgspec.Struct, frozen=True):
    """Where a cell stands in the text: its first line, and how many lines it has."""

    number: int
    first: int
    count: int


class Problem(msgspec.Struct, frozen=True):
    """Why a cell can't be parsed, and where in the cell."""

    cell: int
    line: int
    column: int
    message: str


class Notebook(msgspec.Struct, frozen=True, dict=True):
    """What the text of a notebook is made of.

    ``magics`` holds the original of each replaced line by what stands for it; ``unread`` counts the code
    cells in other languages, ``problems`` tells of those that can't be parsed, and ``mark`` begins all comments that
    are not the notebook's own.
    """

    mark: str
    sections: tuple[Section, ...]
    magics: Mapping[str, str]
    problems: tuple[Problem, ...] = ()
    unread: int = 0

    def place(self, line: int) -> tuple[int, int]:
        """The cell that holds a line of the text, 0 above the first, and the number of the line in it."""
        section = next((s for s in reversed(self.sections) if s.first <= line), None)
        return (0, line) if section is None else (section.number, line - section.first + 1)

    def changed(self, text: str) -> Notebook:
        """The same notebook after fixes have changed its text."""
        return msgspec.structs.replace(self, sections=tuple(_sections(text, self.mark)))

    def cells(self, text: str) -> dict[int, list[str]]:
        """The lines of each cell by its number, with what IPython alone understands put back."""
        lines = text.split("\n")
        return {
            s.number: [self.magics.get(line, line) for line in lines[s.first - 1 : s.first - 1 + s.count]]
            for s in self.sections
        }

    def is_whole(self, text: str) -> bool:
        """Whether a changed text still has every line that stands for another one."""
        lines = set(text.split("\n"))
        return all(stands_for in lines for stands_for in self.magics)


def code_cells(text: str) -> list[CodeCell]:
    """The code cells of the notebook whose JSON is ``text``.

    Raises:
        SourceError: it is no notebook, or in a format older than 4.
    """
    content = _content(text)
    language = _language(content.get("metadata"))
    found = []
    for number, cell in enumerate(content["cells"], 1):
        source = cell.get("source", "") if isinstance(cell, dict) else None
        source = "".join(source) if isinstance(source, list) and all(isinstance(s, str) for s in source) else source
        if not isinstance(source, str):
            raise SourceError(1, 1, f"is no notebook: its cell {number} has no text")
        if cell.get("cell_type") == "code":
            found.append(CodeCell(number, _cell_language(cell.get("metadata"), source) or language, source))
    return found


def composed(cells: list[CodeCell], parse: Parse) -> tuple[str, Notebook]:
    """One text of all Python cells, and what it is made of."""
    mark = "%%"
    while any(f"#{mark}" in cell.source for cell in cells):
        mark += "%"
    lines: list[str] = []
    magics: dict[str, str] = {}
    problems: list[Problem] = []
    sections: list[Section] = []
    read = [cell for cell in cells if cell.language == "python"]
    for cell in read:
        body, replaced, problem = _body(cell, mark, parse)
        magics.update(replaced)
        problems += [problem] if problem else []
        lines.append(f"#{mark} cell {cell.number}")
        sections.append(Section(cell.number, len(lines) + 1, len(body)))
        lines += body
    return "\n".join(lines), Notebook(mark, tuple(sections), magics, tuple(problems), len(cells) - len(read))


def _body(cell: CodeCell, mark: str, parse: Parse) -> tuple[list[str], dict[str, str], Problem | None]:
    """The lines that stand for a cell, which of them replace others, and why it can't be parsed if it can't."""
    lines = cell.lines
    replaced: dict[str, str] = {}
    try:
        if not _is_python(cell, parse):
            lines, replaced = without_magics(lines, f"#{mark} magic {cell.number}")
            parse("\n".join(lines), True)
    except SourceError as error:
        return [""] * len(lines), {}, Problem(cell.number, error.line, error.column, error.message)
    return lines, replaced, None


def _is_python(cell: CodeCell, parse: Parse) -> bool:
    """Whether a cell is Python as it stands; nothing that only IPython understands is."""
    other = any(sign in cell.source for sign in "%!?")
    try:
        parse("\n".join(cell.lines), not other)
    except SourceError:
        if other:
            return False
        raise
    return True


def _sections(text: str, mark: str) -> Iterator[Section]:
    """The cells between the marks of a text."""
    lines = text.split("\n")
    starts = [n for n, line in enumerate(lines) if line.startswith(f"#{mark} cell ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield Section(int(lines[start].rpartition(" ")[2]), start + 2, end - start - 1)


def _content(text: str) -> dict[str, Any]:
    """The content of a notebook's JSON, with a list of cells."""
    if not text.strip():
        raise SourceError(1, 1, "is no notebook: it is empty")
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise SourceError(error.lineno, error.colno, f"is no notebook: it is not valid JSON ({error.msg})") from None
    except (RecursionError, ValueError):
        raise SourceError(1, 1, "is no notebook: it is nested too deeply") from None
    cells = content.get("cells") if isinstance(content, dict) else None
    if isinstance(cells, list) and isinstance(content, dict):
        return content
    if isinstance(content, dict) and isinstance(content.get("worksheets"), list):
        raise SourceError(1, 1, "is a notebook in format 3: `jupyter nbconvert --to notebook` writes it in format 4")
    raise SourceError(1, 1, "is no notebook: it has no list of cells")


def _language(metadata: object) -> str:
    """The language of the notebook's kernel; Python where it isn't told."""
    for place, key in (("language_info", "name"), ("kernelspec", "language")):
        part = metadata.get(place) if isinstance(metadata, dict) else None
        name = part.get(key) if isinstance(part, dict) else None
        if isinstance(name, str) and name:
            return "python" if "python" in name.lower() else name
    return "python"


def _cell_language(metadata: object, source: str) -> str:
    """The language that a cell itself says it is in; empty if it doesn't."""
    editor = metadata.get("vscode") if isinstance(metadata, dict) else None
    told = editor.get("languageId") if isinstance(editor, dict) else None
    if isinstance(told, str) and told and told != "python":
        return told
    magic = cell_magic(source)
    return "" if has_python_body(magic) else magic
