"""For test suites: verify a model that you have built, or a class that modlint is to build."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from modlint.verify import session
from modlint.verify.outcome import FAILED, CheckResult, Job

if TYPE_CHECKING:
    from torch import nn


def verify_module(model: nn.Module | type[nn.Module], *inputs: Any, **named: Any) -> None:
    """Run all checks on a model.

    Args:
        model: an instance, or a class that modlint builds itself.
        inputs: what the model is called with; found by modlint if nothing is given.
        named: the same by name.

    Raises:
        AssertionError: checks failed; the text says which.
    """
    session.require_torch()
    from modlint.verify.worker import check_subject

    subject = _subject(model, inputs, named)
    cls = subject.cls
    job = Job(cls.__module__, cls.__qualname__, "", 0, "", "")
    failed = [result for result in check_subject(job, subject) if result.status == FAILED]
    if failed:
        lines = "\n".join(f"  {_line(result)}" for result in failed)
        raise AssertionError(f"{cls.__qualname__} fails {_count(len(failed))}:\n{lines}")


def _subject(model: Any, inputs: tuple[Any, ...], named: dict[str, Any]) -> Any:
    from modlint.verify.subject import Given, Subject

    if isinstance(model, type) and not (inputs or named):
        from modlint.verify.arguments.search import Search

        found = Search(model, 10.0).run()
        if found.recipe is None:
            reason = found.failure.reason if found.failure else "no arguments could be thought of"
            raise AssertionError(f"{model.__qualname__} can't be run: {reason}; give an instance and its inputs")
        return Subject(model, found.recipe)
    instance = model() if isinstance(model, type) else model
    if inputs or named:
        return Given(instance, copy.deepcopy((inputs, named)))
    from modlint.verify.arguments.search import inputs_for

    call, reason = inputs_for(instance)
    if call is None:
        raise AssertionError(f"{type(instance).__qualname__} can't be called: {reason}; give its inputs")
    return Given(instance, call)


def _line(result: CheckResult) -> str:
    where = f" ({result.culprit.filename}:{result.culprit.line})" if result.culprit.line else ""
    return f"{result.code} {result.name}: {result.message}{where}"


def _count(number: int) -> str:
    return f"{number} check" if number == 1 else f"{number} checks"
