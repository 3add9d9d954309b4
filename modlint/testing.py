"""For test suites: verify a model that you have built, or a class that modlint is to build."""

from __future__ import annotations

import inspect
import random
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from modlint.verify import session
from modlint.verify.causes import distinct
from modlint.verify.outcome import FAILED, NOT_REACHED, NOTED, PASSED, CheckResult, Job
from modlint.verify.wording import said

if TYPE_CHECKING:
    from torch import nn

    from modlint.verify.subject import Subject

Call = tuple[tuple[Any, ...], dict[str, Any]]


class UncheckedWarning(UserWarning):
    """A check could not be run on the model; the others were."""


def verify_module(model: nn.Module | type[nn.Module], *inputs: Any, **named: Any) -> None:
    """Run all checks on a model; the model, the inputs and the random state stay as they are.

    Args:
        model: an instance, or a class that modlint builds itself.
        inputs: what the model is called with; found by modlint if nothing is given.
        named: the same by name.

    Raises:
        AssertionError: checks failed, or the model can't be built, called or copied, so that nothing could be checked;
            the text says which and why.
        TypeError: `model` is no Module, or its `forward` takes no such arguments.

    Warns:
        UncheckedWarning: single checks could not be run.
    """
    session.require_torch()
    from modlint.verify.worker import check_subject

    name = _name(model)
    _refuse_other_arguments(model, name, inputs, named)
    with _random_state_kept():
        subject = _subject(model, name, inputs, named)
        job = Job(subject.cls.__module__, subject.cls.__qualname__, "", "", 0, "", "")
        results = distinct(check_subject(job, subject))
    failed = [result for result in results if result.status == FAILED]
    if failed:
        raise AssertionError(f"{name} fails {_count(len(failed))}:\n{_lines(failed)}")
    unchecked = [result for result in results if result.status == NOT_REACHED]
    if not any(result.status in (PASSED, NOTED) for result in results):
        raise AssertionError(f"{name} can't be checked:\n{_lines(unchecked)}")
    broken = [result for result in unchecked if result.error]
    if broken:
        text = f"{name}: {_count(len(broken))} could not be run:\n{_lines(broken)}"
        warnings.warn(text, UncheckedWarning, stacklevel=2)


def _name(model: Any) -> str:
    """The name of the model's class.

    Raises:
        TypeError: it is no Module.
    """
    from torch import nn

    cls = model if isinstance(model, type) else type(model)
    if not issubclass(cls, nn.Module):
        raise TypeError(f"verify_module takes an nn.Module or a class of them, not a {cls.__qualname__}")
    return str(cls.__qualname__)


def _refuse_other_arguments(model: Any, name: str, inputs: tuple[Any, ...], named: dict[str, Any]) -> None:
    """Say at once which arguments `forward` doesn't take."""
    if not (inputs or named):
        return
    forward = model.forward
    try:
        signature = inspect.signature(forward)
    except (TypeError, ValueError):
        return
    given = (None, *inputs) if isinstance(model, type) else inputs
    try:
        signature.bind(*given, **named)
    except TypeError as error:
        raise TypeError(f"{name}.forward: {error}; what verify_module is given goes to `forward`") from None


def _subject(model: Any, name: str, inputs: tuple[Any, ...], named: dict[str, Any]) -> Subject:
    """The model and its inputs, once one plain run has shown that they go together.

    Raises:
        AssertionError: they don't, or the model can't be copied.
    """
    from modlint.verify.subject import Given, Subject

    if isinstance(model, type) and not (inputs or named):
        from modlint.verify.arguments.search import Search

        found = Search(model, 10.0).run()
        if found.recipe is None:
            reason = found.failure.reason if found.failure else "no arguments could be thought of"
            raise AssertionError(f"{name} can't be run: {reason}; give an instance and its inputs")
        return Subject(model, found.recipe)
    instance = model() if isinstance(model, type) else model
    subject = Given(instance, (inputs, named) if inputs or named else _found_call(instance, name))
    try:
        copy = subject.fresh(training=instance.training)
    except Exception as error:
        raise AssertionError(f"{name} can't be copied, so it can't be checked: {said(error, 300)}") from error
    try:
        subject.run(copy, subject.inputs())
    except Exception as error:
        raise AssertionError(f"{name} fails on what it was given: {said(error, 300)}") from error
    return subject


def _found_call(instance: Any, name: str) -> Call:
    from modlint.verify.arguments.search import inputs_for

    call, reason = inputs_for(instance)
    if call is None:
        raise AssertionError(f"{name} can't be called: {reason}; give its inputs")
    return call


@contextmanager
def _random_state_kept() -> Iterator[None]:
    """Put the random states of Python, NumPy and torch back afterwards."""
    import torch

    numpy = sys.modules.get("numpy")
    python, arrays = random.getstate(), numpy.random.get_state() if numpy is not None else None
    try:
        with torch.random.fork_rng():
            yield
    finally:
        random.setstate(python)
        if numpy is not None and arrays is not None:
            numpy.random.set_state(arrays)


def _lines(results: Sequence[CheckResult]) -> str:
    return "\n".join(f"  {_line(result)}" for result in results)


def _line(result: CheckResult) -> str:
    where = f" ({result.culprit.filename}:{result.culprit.line})" if result.culprit.line else ""
    return f"{result.code} {result.name}: {result.message}{where}"


def _count(number: int) -> str:
    return f"{number} check" if number == 1 else f"{number} checks"
