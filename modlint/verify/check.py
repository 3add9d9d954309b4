"""What a check is: a class that carries its documentation and its examples, and watches a model run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from modlint.rule import Example

if TYPE_CHECKING:
    from modlint.verify.subject import Subject

__all__ = ["Check", "Example", "Found", "NotApplicableError"]


@dataclass(frozen=True, slots=True)
class Found:
    """What is wrong with a model: said in a sentence, with the attribute, class or line that it is about."""

    message: str
    attribute: str = ""
    owner: type | None = None
    filename: str = ""
    line: int = 0
    note: bool = False


class NotApplicableError(Exception):
    """The check can't say anything about this model; the text says why."""


class Check:
    """Something every Module should do, tried on a running model.

    The form is that of a rule: the docstring says what is wrong, ``What torch does`` and ``When to ignore`` are its
    sections; a line that ends in ``# MOD9xx`` in an invalid example is where the check must point at.
    """

    code: ClassVar[str]
    severity: ClassVar[str] = "error"
    default: ClassVar[bool] = True
    device: ClassVar[str] = ""
    partial: ClassVar[bool] = False
    """Whether what it sees of a call that fails is true all the same."""
    follows: ClassVar[tuple[str, ...]] = ()
    """The checks that say why, where they speak of the same attribute: this one is silent then."""
    invalid: ClassVar[tuple[Example, ...]]
    valid: ClassVar[tuple[Example, ...]]

    @classmethod
    def name(cls) -> str:
        """The check's name: the class name in kebab case."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()

    def check(self, subject: Subject) -> Iterator[Found]:
        """Yield what is wrong with the model."""
        raise NotImplementedError

    def built(self, module: Any) -> Iterator[Found]:  # noqa: ARG002
        """Yield what is wrong with an instance that no arguments were found to call with."""
        yield from ()
