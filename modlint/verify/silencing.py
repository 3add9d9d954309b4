"""Which results of checks the project doesn't want to hear of: the same comments and settings as for rules."""

from __future__ import annotations

from collections.abc import Callable

from modlint.config import Config
from modlint.errors import SourceError
from modlint.selection import per_file_ignores
from modlint.source import read
from modlint.suppression import Suppressions, skips_file
from modlint.verify.outcome import CheckResult


def silencer(config: Config) -> Callable[[CheckResult], bool]:
    """What tells whether a result is silenced, by a `# noqa` where it is placed or by the settings for its file."""
    ignored = per_file_ignores(config)
    known: dict[str, Suppressions | None] = {}

    def is_silenced(result: CheckResult) -> bool:
        place = result.location
        if place is None:
            return False
        if any(patterns.verdict(place.filename) and result.code.startswith(codes) for patterns, codes in ignored):
            return True
        if place.filename not in known:
            known[place.filename] = _suppressions(place.filename)
        comments = known[place.filename]
        return comments is None or not comments.remaining([result.diagnostic])

    return is_silenced


def _suppressions(file: str) -> Suppressions | None:
    """The comments of a file; ``None`` where one takes the whole file out."""
    try:
        source = read(file)
    except SourceError:
        return Suppressions(())
    return None if skips_file(source) else Suppressions.of(source)
