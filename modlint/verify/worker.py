"""What runs in the child: one class from its name to its outcome."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from msgspec.structs import replace
from torch import nn

from modlint.verify.arguments.attempt import OutOfTime
from modlint.verify.arguments.search import Found, Search
from modlint.verify.arguments.stubborn import own_mismatch
from modlint.verify.catalogue import all_checks
from modlint.verify.certain import certain, explained, not_run
from modlint.verify.check import Check, NotApplicableError
from modlint.verify.check import Found as Finding
from modlint.verify.observing import observe
from modlint.verify.outcome import (
    CHECKED,
    FAILED,
    NOT_BUILT,
    NOT_REACHED,
    NOT_RUN,
    NOTED,
    PASSED,
    RECIPE_FAILED,
    CheckResult,
    Culprit,
    Job,
    Outcome,
    Place,
    Recorded,
)
from modlint.verify.recipe import Recipe
from modlint.verify.recording import calls_of, recorded, written_in
from modlint.verify.settings import Settings
from modlint.verify.slicing import lost
from modlint.verify.subject import Subject

Send = Callable[[Outcome], None]


def verify(job: Job, settings: Settings, send: Send) -> Outcome:
    """Find out how to build and call the class, then check it; ``send`` hears how far it has come."""
    started = time.process_time()
    cls = _class(job)
    if not isinstance(cls, type):
        why = lost(job.module, job.qualname.partition(".")[0]) or "it is not there once its module is imported"
        return Outcome(NOT_BUILT, f"`{job.qualname}` is not defined: {why}", stage="done")
    if job.task == "inspect":
        return _inspected(cls, job)
    search = Search(cls, job.seconds, job.recipes, lambda failure: certain(cls, failure) is not None)
    found = search.run(only_given=job.given)
    outcome = _searched(cls, found)
    if job.given and found.recipe is None:
        reason = f"{job.recipes[0].origin}: `{job.recipes[0].shown}`: {outcome.reason}"
        return replace(outcome, outcome=RECIPE_FAILED, reason=reason, tries=found.tries, stage="done")
    recipe = found.recipe or found.partial
    outcome = replace(outcome, tries=found.tries, cpu=time.process_time() - started, stage="recording calls")
    send(outcome)
    if recipe is not None:
        outcome = replace(outcome, recorded=_recorded(cls, recipe, job))
        device, unusable = usable(settings.device)
        subject = Subject(cls, recipe, device)
        outcome = replace(outcome, stage="tracing lines")
        send(outcome)
        outcome = replace(outcome, observations=_guarded(lambda: observe(job, subject)))
        if found.recipe is not None and issubclass(cls, nn.Module):
            outcome = _checked(job, subject, outcome, send)
            if unusable:
                outcome = replace(outcome, checks=(*outcome.checks, *_unusable(settings.device, unusable)))
        elif found.recipe is None and outcome.outcome == NOT_RUN and issubclass(cls, nn.Module):
            outcome = replace(outcome, checks=(*outcome.checks, *_guarded(lambda: _seen_in_part(job, subject))))
    return replace(outcome, cpu=time.process_time() - started, stage="done")


def warm() -> None:
    """Import and use once what the checks need."""
    import copy

    from modlint.verify import conversion, dropping, gradients, probe

    used = (conversion, dropping, gradients, probe)
    copy.deepcopy(nn.Linear(1, 1))
    if not used:
        raise ImportError("the parts of the checks are missing")


def _class(job: Job) -> Any:
    found: Any = sys.modules.get(job.module)
    for part in job.qualname.split("."):
        found = getattr(found, part, None)
    return found


def usable(device: str) -> tuple[str, str]:
    """The device to run on, and why it isn't the one that was asked for.

    A GPU that another process of the run has initialised can't be used after a fork: that says nothing of the class.
    """
    if device != "cuda":
        return device, ""
    try:
        torch.zeros(1, device="cuda")
    except Exception as error:  # noqa: BLE001  drivers fail in many ways
        return "cpu", f"the GPU can't be used here: {' '.join(str(error).split())[:200]}"
    return device, ""


def _unusable(device: str, reason: str) -> Iterator[CheckResult]:
    """The checks of a device that can't be used: they weren't reached."""
    for kind in all_checks():
        if kind.device == device:
            yield CheckResult(kind.code, kind.name(), NOT_REACHED, reason, kind.severity)


def _inspected(cls: type, job: Job) -> Outcome:
    """The tree of an instance: of the recipe that is given, else of one that is found."""
    from modlint.verify.tree import tree

    recipe = job.recipes[0] if job.recipes else None
    found = Found(recipe) if recipe is not None else Search(cls, job.seconds).run()
    recipe = found.recipe or found.partial
    if recipe is None:
        return replace(_searched(cls, found), stage="done")
    try:
        module = Subject(cls, recipe).fresh(training=True)
        return Outcome(CHECKED, recipe=recipe, shown=tree(module, recipe.constructor), stage="done")
    except Exception as error:  # noqa: BLE001  user code
        reason = f"{recipe.constructor}: {type(error).__name__}: {' '.join(str(error).split())}"
        return Outcome(NOT_BUILT, reason, stage="done")


def _searched(cls: type, found: Found) -> Outcome:
    if found.recipe is not None:
        return Outcome(CHECKED, recipe=found.recipe, shown=found.shown)
    failure = found.failure
    if failure is None:
        return Outcome(NOT_BUILT, "no arguments could be thought of")
    kind = NOT_BUILT if failure.phase == "build" else NOT_RUN
    crash = certain(cls, failure) or own_mismatch(cls, found)
    checks: tuple[CheckResult, ...] = ()
    if crash is not None:
        checks = (_result("MOD919", "always-fails", "error", FAILED, crash),)
    missing = not_run(cls, failure)
    reason = f"{failure.reason} ({missing})" if missing else failure.reason
    frame = failure.frames[-1] if failure.frames else None
    place = Place(frame.filename, frame.line) if frame is not None and frame.filename[:1] != "<" else None
    return Outcome(kind, reason, explained(failure), recipe=found.partial, checks=checks, location=place)


def check_subject(job: Job, subject: Subject) -> list[CheckResult]:
    """Run all checks on a model."""
    return list(_checked(job, subject, Outcome(CHECKED), lambda _: None).checks)


def _checked(job: Job, subject: Subject, outcome: Outcome, send: Send) -> Outcome:
    """Run one check after the other; what they have said until now survives a crash of the next."""
    for kind in all_checks():
        if (job.codes and kind.code not in job.codes) or (kind.device and subject.device != kind.device):
            continue
        outcome = replace(outcome, stage=f"checking {kind.name()}")
        send(outcome)
        outcome = replace(outcome, checks=(*outcome.checks, *_results(kind, job, subject)))
    return outcome


def _seen_in_part(job: Job, subject: Subject) -> tuple[CheckResult, ...]:
    """What checks say of an instance whose call fails."""
    subject.may_fail = True
    module = subject.fresh()
    results: dict[tuple[str, Culprit], CheckResult] = {}
    for kind in all_checks():
        if kind.partial and (not job.codes or kind.code in job.codes):
            for found in (*kind().check(subject), *kind().built(module)):
                if _about(job, subject, found):
                    result = _result(kind.code, kind.name(), kind.severity, NOTED if found.note else FAILED, found)
                    results.setdefault((kind.code, result.culprit), result)
    return tuple(results.values())


def _results(kind: type[Check], job: Job, subject: Subject) -> Iterator[CheckResult]:
    """What one check says; an error inside a check is no finding."""
    torch.manual_seed(0)
    try:
        found = [f for f in kind().check(subject) if _about(job, subject, f)]
    except NotApplicableError as error:
        yield CheckResult(kind.code, kind.name(), NOT_REACHED, str(error), kind.severity)
        return
    except OutOfTime:
        raise
    except BaseException as error:  # noqa: BLE001  user code may raise anything
        text = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        yield CheckResult(kind.code, kind.name(), NOT_REACHED, text, kind.severity, error=True)
        return
    for item in found:
        yield _result(kind.code, kind.name(), kind.severity, NOTED if item.note else FAILED, item)
    if not found:
        yield CheckResult(kind.code, kind.name(), PASSED, severity=kind.severity)


def _about(job: Job, subject: Subject, found: Finding) -> bool:
    """Whether a finding is about this class, and not about a part of it that the run verifies by itself."""
    if found.owner is None or found.owner is subject.cls:
        return True
    return written_in(found.owner) not in job.siblings


def _result(code: str, name: str, severity: str, status: str, found: Finding) -> CheckResult:
    path, qualname = written_in(found.owner) if found.owner else ("", "")
    culprit = Culprit(path, qualname, found.attribute, found.filename, found.line)
    return CheckResult(code, name, status, found.message, severity, culprit)


def _guarded(observed: Callable[[], tuple[Any, ...]]) -> tuple[Any, ...]:
    try:
        return observed()
    except Exception:  # noqa: BLE001  user code
        return ()


def _recorded(cls: type, recipe: Recipe, job: Job) -> tuple[Recorded, ...]:
    """Recipes for other classes of the run that are parts of this one."""
    if not job.siblings:
        return ()
    subject = Subject(cls, recipe)
    try:
        instance = subject.fresh()
        args, kwargs = subject.inputs()
        calls = calls_of(instance, args, kwargs)
        return tuple(recorded(instance, calls, recipe, frozenset(job.siblings)))
    except Exception:  # noqa: BLE001  user code
        return ()
