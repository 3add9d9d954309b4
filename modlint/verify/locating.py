"""Where in the source a check's result belongs: the assignment of the attribute, the line, else the class."""

from __future__ import annotations

import os
from collections.abc import Iterable

from msgspec.structs import replace

from modlint.files import shown
from modlint.verify.candidates import Candidate
from modlint.verify.outcome import CheckResult, Place


class Locator:
    """Places results with what the static model knows of the classes."""

    def __init__(self, found: Iterable[Candidate]) -> None:
        self._by_name = {c.key: c for c in found}

    def placed(self, candidate: Candidate, result: CheckResult) -> CheckResult:
        """The result with its place in the source."""
        culprit = result.culprit
        owner = self._by_name.get((culprit.path, culprit.qualname), candidate)
        place = self._attribute(owner, culprit.attribute) if culprit.attribute else None
        if place is None and culprit.line and os.path.isfile(culprit.filename):
            place = Place(shown(culprit.filename), culprit.line)
        return replace(result, location=place or Place(owner.filename, owner.line))

    def _attribute(self, owner: Candidate, attribute: str) -> Place | None:
        """Where the attribute is bound; for a method, where it is defined."""
        method = owner.model.method(attribute)
        if method is not None:
            return Place(owner.filename, method.node.lineno, method.node.col_offset + 1)
        bindings = [b for b in owner.model.bindings_of(attribute) if b.place.owner is not None]
        for binding in sorted(bindings, key=lambda b: (not b.place.in_init, b.place.statement.lineno)):
            node = binding.place.statement
            return Place(shown(binding.place.file.path), node.lineno, node.col_offset + 1)
        return None

    def within(self, candidate: Candidate, result: CheckResult) -> bool:
        """Whether a result that points at a line is about the class itself and not about another one of the run."""
        culprit = result.culprit
        if not culprit.line or culprit.attribute:
            return True
        path = os.path.abspath(culprit.filename)
        owners = [c for c in self._by_name.values() if os.path.abspath(c.filename) == path and _spans(c, culprit.line)]
        return not owners or candidate in owners


def _spans(candidate: Candidate, line: int) -> bool:
    node = candidate.model.node
    return node.lineno <= line <= (node.end_lineno or node.lineno)
