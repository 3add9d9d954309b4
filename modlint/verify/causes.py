"""One cause is told once: what follows from a defect that another check names is left out."""

from __future__ import annotations

from collections.abc import Iterable

from modlint.verify.catalogue import find_check
from modlint.verify.outcome import FAILED, NOTED, CheckResult, Culprit


def distinct(results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """The results without those that are about an attribute of which another one says why."""
    every = tuple(results)
    spoke = [r for r in every if r.status in (FAILED, NOTED)]
    return tuple(r for r in every if r.status not in (FAILED, NOTED) or not _follows(r, spoke))


def _follows(result: CheckResult, spoke: Iterable[CheckResult]) -> bool:
    """Whether one of the others says why."""
    check = find_check(result.code)
    causes = check.follows if check is not None else ()
    return any(other.code in causes and _concern_each_other(other.culprit, result.culprit) for other in spoke)


def needed(codes: Iterable[str]) -> tuple[str, ...]:
    """The checks to run so that these can be told: those too that may say why."""
    wanted = set(codes)
    causes = {cause for code in wanted if (check := find_check(code)) is not None for cause in check.follows}
    return tuple(sorted(wanted | causes))


def _concern_each_other(cause: Culprit, effect: Culprit) -> bool:
    """Whether both are about one attribute, or the effect is about the whole class."""
    same_class = (cause.path, cause.qualname) == (effect.path, effect.qualname)
    return cause == effect or (same_class and effect.attribute in ("", "forward"))
