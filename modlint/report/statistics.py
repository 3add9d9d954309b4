"""How often each rule was broken, the most frequent first."""

from __future__ import annotations

from collections import Counter

from modlint.report import Report, Style
from modlint.report.text import summary


def render(report: Report, style: Style) -> str:
    """A line ``count CODE name`` for each rule that found something, and the summary."""
    counts = Counter((diagnostic.code, diagnostic.name) for diagnostic in report.diagnostics)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    width = len(str(ordered[0][1])) if ordered else 0
    lines = [f"{count:>{width}} {code} {name}" for (code, name), count in ordered]
    if style.summary:
        lines.append(summary(report))
    return "".join(f"{line}\n" for line in lines)
