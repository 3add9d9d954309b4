"""What a run says of a static finding: it is confirmed, refuted, or was not reached."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Final

from modlint.diagnostics import Diagnostic
from modlint.files import shown
from modlint.verify.candidates import Candidate
from modlint.verify.outcome import (
    CHECKED,
    FAILED,
    NOTED,
    PASSED,
    RETURNS_NOTHING,
    CheckResult,
    Judgement,
    Observation,
    Outcome,
    Place,
    Suspicion,
)

CONFIRMED, REFUTED, UNREACHED = "confirmed", "refuted", "not-reached"
WITNESSES: Final = {
    "MOD201": ("MOD901",),
    "MOD202": ("MOD901", "MOD905", "MOD906"),
    "MOD203": ("MOD901", "MOD906"),
    "MOD204": ("MOD901", "MOD915"),
    "MOD205": ("MOD901",),
    "MOD206": ("MOD904",),
    "MOD301": ("MOD902",),
    "MOD302": ("MOD918",),
    "MOD308": ("MOD903",),
    "MOD311": ("MOD907",),
    "MOD313": ("MOD913",),
    "MOD314": ("MOD902",),
    "MOD317": ("MOD907",),
    "MOD318": ("MOD915",),
    "MOD404": ("MOD916",),
    "MOD406": ("MOD909",),
    "MOD407": ("MOD910",),
    "MOD408": ("MOD917", "MOD915"),
    "MOD409": ("MOD906",),
    "MOD410": ("MOD906",),
    "MOD418": ("MOD911",),
    "MOD419": ("MOD907",),
    "MOD501": ("MOD913",),
    "MOD705": ("MOD915",),
}
"""The checks that see in a run what a rule sees in the code."""
CRASHES: Final = (
    "MOD10", "MOD11", "MOD207", "MOD208", "MOD210", "MOD212", "MOD214", "MOD215", "MOD217", "MOD303", "MOD304",
    "MOD305", "MOD306", "MOD307", "MOD310", "MOD313", "MOD315", "MOD316", "MOD412",
)  # fmt: skip
"""Rules about code that raises an error when it runs."""
TENSORS: Final = frozenset({"MOD201", "MOD202", "MOD203", "MOD204"})
CONTAINERS: Final = frozenset({"MOD205", "MOD301"})
SEEN_BY_LINE: Final = frozenset({"MOD206", "MOD308", "MOD404"})
"""Rules whose check would have spoken, had the line done what the rule says."""
IN_PART: Final = re.compile(r"\b(if|and|or|for|lambda)\b")
"""What may leave out a part of a line that runs."""


def suspicion(diagnostic: Diagnostic, candidate: Candidate) -> Suspicion:
    """A static finding as the worker needs it; the subject is the attribute that the code there binds."""
    span = diagnostic.span
    lines = candidate.model.file.lines[span.line - 1 : span.end_line]
    bound = re.match(r"self\.(\w+)\s*(?::[^=]+)?=(?!=)", lines[0][span.column - 1 :]) if lines else None
    named = bound or re.search(r"`(?:self\.)?(\w+)`", diagnostic.message)
    return Suspicion(diagnostic.code, diagnostic.filename, span.line, span.end_line, named[1] if named else "")


def belongs(diagnostic: Diagnostic, candidates: Sequence[Candidate]) -> Candidate | None:
    """The innermost class that a finding is in."""
    path, line = os.path.abspath(diagnostic.filename), diagnostic.span.line
    around = [c for c in candidates if os.path.abspath(c.filename) == path and _first(c) <= line <= _last(c)]
    return max(around, key=_first, default=None)


def _first(candidate: Candidate) -> int:
    node = candidate.model.node
    return min([node.lineno, *(d.lineno for d in node.decorator_list)])


def _last(candidate: Candidate) -> int:
    return candidate.model.node.end_lineno or candidate.line


def judged(
    suspicion: Suspicion, observation: Observation | None, outcome: Outcome, checks: Sequence[CheckResult], text: str
) -> Judgement:
    """The verdict on one finding; ``text`` is the source it is about."""
    place = Place(shown(suspicion.filename), suspicion.line)
    witness = _witness(suspicion, checks)
    if witness is not None:
        return Judgement(suspicion.code, place, CONFIRMED, witness.message, witness.code)
    verdict, evidence = _verdict(suspicion, observation or Observation(), outcome, checks)
    if verdict == REFUTED and suspicion.code in SEEN_BY_LINE and IN_PART.search(text):
        return Judgement(suspicion.code, place, UNREACHED, "the line ran, perhaps in part only")
    if verdict == REFUTED and outcome.recipe is not None:
        made_up = [name for name in outcome.recipe.stand_ins if re.search(rf"\b{re.escape(name)}\b", text)]
        if made_up:
            return Judgement(suspicion.code, place, UNREACHED, f"`{made_up[0]}` was only a stand-in")
    return Judgement(suspicion.code, place, verdict, evidence)


def _verdict(
    suspicion: Suspicion, observation: Observation, outcome: Outcome, checks: Sequence[CheckResult]
) -> tuple[str, str]:
    if suspicion.code.startswith(CRASHES):
        crash = _crash(observation, outcome, checks)
        if crash:
            return CONFIRMED, crash
    if suspicion.code == "MOD401" and outcome.reason == RETURNS_NOTHING:
        return CONFIRMED, outcome.reason
    by_attribute = _by_attribute(suspicion, observation)
    if by_attribute[0]:
        return by_attribute
    if not observation.line_ran:
        reason = outcome.reason if outcome.outcome != CHECKED else "the line did not run"
        return UNREACHED, reason
    if suspicion.code == "MOD310" and outcome.outcome == CHECKED and not observation.line_raised:
        return REFUTED, "the line ran, and the attribute was there"
    passed = {c.code for c in checks if c.status == PASSED}
    if suspicion.code in SEEN_BY_LINE and passed.issuperset(WITNESSES[suspicion.code]):
        return REFUTED, "the line ran without what the finding says"
    return UNREACHED, "the line ran, and no check is about what the finding says"


def _witness(suspicion: Suspicion, checks: Sequence[CheckResult]) -> CheckResult | None:
    """What a check found at the place, or about the attribute."""
    for result in checks:
        if result.code not in WITNESSES.get(suspicion.code, ()) or result.status not in (FAILED, NOTED):
            continue
        same_line = result.location is not None and suspicion.line <= result.location.line <= suspicion.last
        if same_line or (suspicion.subject and result.culprit.attribute == suspicion.subject):
            return result
    return None


def _crash(observation: Observation, outcome: Outcome, checks: Sequence[CheckResult]) -> str:
    """The error that the finding foretells."""
    for result in checks:
        if result.code == "MOD919" and result.status == FAILED:
            return result.message
    if outcome.outcome != CHECKED and observation.line_ran and observation.line_raised:
        return f"running it raises {observation.line_raised}"
    if outcome.outcome != CHECKED and outcome.detail:
        return outcome.reason
    return ""


def _by_attribute(suspicion: Suspicion, observation: Observation) -> tuple[str, str]:
    """What the registries say of the attribute."""
    kind, name = observation.attribute, suspicion.subject
    if suspicion.code == "MOD217" and kind == "None":
        return CONFIRMED, f"`self.{name}` is None in the built instance"
    if suspicion.code in TENSORS and kind.startswith("plain tensor"):
        return CONFIRMED, f"`self.{name}` is a {kind} in the built instance: `parameters()` and `state_dict()` miss it"
    if suspicion.code in CONTAINERS and "unregistered" in kind:
        return CONFIRMED, f"`self.{name}` is a {kind} in the built instance"
    if suspicion.code in TENSORS | CONTAINERS and kind.startswith("registered") and observation.line_ran:
        return REFUTED, f"`self.{name}` is a {kind} in the built instance"
    return "", ""
