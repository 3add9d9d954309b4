"""New sources for the cells of a notebook's file: only their JSON text changes, every other byte stays."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from modlint.lines import LINE_END, with_ends

_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


class Written:
    """The source of a cell as the JSON has it: from where to where, and the strings it is made of."""

    def __init__(self, start: int) -> None:
        self.start, self.end = start, start
        self.strings: list[tuple[int, int]] = []


def spliced(text: str, cells: Mapping[int, Sequence[str]]) -> str:
    """The JSON ``text`` of a notebook with new lines for cells, given by number without line ends."""
    parts: list[str] = []
    done = 0
    for number, written in sorted(_sources(text).items()):
        if number not in cells:
            continue
        items = [text[start:end] for start, end in written.strings]
        before = "".join(json.loads(item) for item in items)
        after = _ended(cells[number], before)
        if after == before:
            continue
        is_list = text[written.start] == "["
        new = _as_list(text, written, items, after) if is_list else _json(after, text)
        parts += [text[done : written.start], new]
        done = written.end
    return "".join((*parts, text[done:]))


def _ended(lines: Sequence[str], before: str) -> str:
    """The lines as one text, with the line ends that the cell has."""
    end = LINE_END.search(before)
    return (end[0] if end else "\n").join(lines)


def _as_list(text: str, written: Written, items: list[str], after: str) -> str:
    """The source as a list of lines in the layout of the list that is there; lines that stay keep their JSON."""
    old = [json.loads(item) for item in items]
    new = with_ends(after)
    kept: list[str] = []
    for kind, start, end, first, last in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        kept += items[start:end] if kind == "equal" else [_json(line, text) for line in new[first:last]]
    opening, between, closing = _layout(text, written)
    return f"[{opening}{between.join(kept)}{closing}]" if kept else "[]"


def _layout(text: str, written: Written) -> tuple[str, str, str]:
    """What stands before, between and after the items of a list."""
    strings = written.strings
    if not strings:
        return "", ", ", ""
    opening = text[written.start + 1 : strings[0][0]]
    between = text[strings[0][1] : strings[1][0]] if len(strings) > 1 else f",{opening or ' '}"
    return opening, between, text[strings[-1][1] : written.end - 1]


def _json(line: str, text: str) -> str:
    """A string of JSON; with escapes for what isn't ASCII where the file has such."""
    return json.dumps(line, ensure_ascii=text.isascii() and "\\u" in text)


def _sources(text: str) -> dict[int, Written]:
    """Where the sources of the cells stand in the JSON of a notebook, by the number of the cell."""
    found: dict[int, Written] = {}
    stack: list[list[Any]] = []  # for each open object or list its sign, and the key or the number of the value in it
    for token in _TOKEN.finditer(text):
        sign = token[0][0]
        top = stack[-1] if stack else None
        if sign in "{[":
            if sign == "[" and (number := _cell_of_source(stack)):
                found[number] = Written(token.start())
            stack.append([sign, None if sign == "{" else 0])
        elif sign in "}]":
            stack.pop()
            if sign == "]" and (number := _cell_of_source(stack)):
                found[number].end = token.end()
        elif sign == "," and top:
            top[1] = None if top[0] == "{" else top[1] + 1
        elif sign == '"' and top and top[1] is None:
            top[1] = json.loads(token[0])
        elif sign == '"' and (number := _cell_of_source(stack)):
            found[number] = Written(token.start())
            found[number].end = token.end()
            found[number].strings = [token.span()]
        elif sign == '"' and (number := _cell_of_source(stack[:-1])):
            found[number].strings.append(token.span())
    return found


def _cell_of_source(stack: list[list[Any]]) -> int:
    """The number of the cell whose source is the value that stands here; 0 where another value does."""
    here = len(stack) == 3 and stack[0][1] == "cells" and stack[2][1] == "source"
    return stack[1][1] + 1 if here else 0
