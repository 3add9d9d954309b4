"""Where lines end, as ``ast`` counts them: a form feed or U+2028 ends none."""

from __future__ import annotations

import re
from typing import Final

LINE_END: Final = re.compile(r"\r\n|\r|\n")
_BEHIND_END: Final = re.compile(r"(?<=\n)|(?<=\r)(?!\n)")


def with_ends(text: str) -> list[str]:
    """The lines of a text, each with its end; the last may have none."""
    return [line for line in _BEHIND_END.split(text) if line]
