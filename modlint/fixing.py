"""Fixes carried out: in rounds, each proven on the result before it counts.

A fix is kept only if the text parses afterwards, still has all its comments, no longer has the finding, and has no new
one. What doesn't pass is left out, with the reason.
"""

from __future__ import annotations

import io
import tokenize
from collections import Counter
from collections.abc import Callable, Collection
from typing import Final

import msgspec

from modlint.diagnostics import Diagnostic, LeftOut
from modlint.edits import Text, together
from modlint.errors import SourceError
from modlint.source import Source

MOST_ROUNDS: Final = 100
Check = Callable[[Source], list[Diagnostic]]
"""Gives the diagnostics of a text, in order; it may raise `SourceError`."""


class Mended(msgspec.Struct, eq=False):
    """A text after fixing: what was mended and which fixes were left out, as reported, and what remains."""

    source: Source
    remaining: list[Diagnostic]
    fixed: list[Diagnostic] = []
    left_out: list[LeftOut] = []


def mend(source: Source, found: list[Diagnostic], check: Check, unsafe: bool, kept: Collection[int] = ()) -> Mended:
    """Apply the fixes of ``found`` and of what is found after them; lines that start in ``kept`` stay as they are."""
    mended = Mended(source, found)
    tried: set[tuple[str, str, str]] = set()
    most: int | None = None
    lines = {Text(source.text).line(number) for number in kept}
    for _ in range(MOST_ROUNDS):
        text = Text(mended.source.text)
        waiting = [d for d in mended.remaining if d.fixable(unsafe) and _key(d, text) not in tried]
        chosen, edits = together(waiting[:most])
        if not chosen:
            break
        result = source.changed(text.edited(edits))
        after, problem = _verified(mended, chosen, result, check)
        if lines and not problem and _changes(lines, mended.source, result):
            problem = "it would change a line with `# noqa`"
        if not problem:
            mended.fixed += mended.source.placed(chosen)
            mended.source, mended.remaining, most = result, after, None
        elif len(chosen) > 1:
            most = max(1, (waiting.index(chosen[-1]) + 1) // 2)
        else:
            tried.add(_key(chosen[0], text))
            mended.left_out.append(LeftOut(mended.source.placed(chosen)[0], problem))
            most = None
    return mended


def _verified(before: Mended, chosen: list[Diagnostic], result: Source, check: Check) -> tuple[list[Diagnostic], str]:
    """The diagnostics of the result, and what is wrong with it; empty if the fixes of ``chosen`` hold."""
    try:
        after = check(result)
    except SourceError as error:
        return [], f"the result would not parse (line {error.line}: {error.message})"
    if result.lost_magic:
        return after, "it would change a line that only IPython understands"
    if _comments(before.source.text) - _comments(result.text):
        return after, "it would lose a comment"
    was = Counter((d.code, d.message) for d in before.remaining)
    now = Counter((d.code, d.message) for d in after)
    gone = Counter((d.code, d.message) for d in chosen)
    new = now - was
    if new:
        code, message = next(iter(new))
        place = next(d for d in after if (d.code, d.message) == (code, message))
        return after, f"it would bring {code} at line {place.span.line}: {message}"
    stubborn = now - (was - gone)
    if stubborn:
        return after, "the finding would remain"
    return after, ""


def _key(diagnostic: Diagnostic, text: Text) -> tuple[str, str, str]:
    """What tells a finding from others in a text whose lines may move."""
    return diagnostic.code, diagnostic.message, text.line(diagnostic.span.line)


def _changes(lines: set[str], before: Source, after: Source) -> bool:
    had, has = Counter(before.lines), Counter(after.lines)
    return any(has[line] < had[line] for line in lines)


def _comments(text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                found[token.string.rstrip()] += 1
    except (tokenize.TokenError, SyntaxError):
        pass
    return found
