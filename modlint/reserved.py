"""The codes that modlint uses for itself: what it reports without a rule."""

from __future__ import annotations

import msgspec


class Reserved(msgspec.Struct, frozen=True):
    """A diagnostic that comes from the run and not from a rule."""

    code: str
    name: str
    severity: str
    explanation: str


INTERNAL_ERROR = Reserved(
    "MOD000",
    "internal-error",
    "error",
    "A rule failed on a file, or a finding could not be pinned on the code: a bug of modlint's, please\n"
    "report it. The other rules and files are checked all the same; the exit code is 3. It can't be ignored\n"
    "or suppressed: to go on, ignore the rule that the message names.",
)
FILE_NOT_PARSED = Reserved(
    "MOD001",
    "file-not-parsed",
    "error",
    "The file can't be read, decoded or parsed as Python, so nothing in it was checked. The message says\n"
    "why and where. A file that is not meant to be Python (a template, say) belongs in `exclude`.",
)
UNUSED_NOQA = Reserved(
    "MOD002",
    "unused-noqa",
    "warning",
    "A `# noqa` comment names a code or a rule of modlint's and suppresses nothing: the finding is gone, or\n"
    "the name was never right. Reported only with `--report-unused-noqa`, and only where all the rules that\n"
    "it names ran. A bare `# noqa` and the codes of other tools are left alone.",
)
ALL = (INTERNAL_ERROR, FILE_NOT_PARSED, UNUSED_NOQA)


def find(name: str) -> Reserved | None:
    """The reserved code that is called so, by code or name."""
    return next((own for own in ALL if name.upper() == own.code or name.lower() == own.name), None)
