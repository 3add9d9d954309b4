"""What a rule is: a class that carries its documentation and its examples, and asks the model.

One rule is one file in ``modlint/rules/``. From it come the rule's tests, its page, ``modlint explain`` and the
editors' hover; nothing else has to be touched to add one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

if TYPE_CHECKING:
    from modlint.diagnostics import Finding

SEVERITIES = ("error", "warning", "info")
CONFIDENCES = ("high", "medium", "low")
FIXABLE = ("", "safe", "unsafe", "safe or unsafe")


class Example(msgspec.Struct, frozen=True):
    """Code that shows a rule at work: test and documentation in one text.

    In an invalid example every line where the rule must report ends in ``# MODxyz``. ``raises`` is part of the
    message of the exception that running the code raises; ``symptom`` is an expression that is true after running
    it and shows the silent damage. Tests with torch run both.
    """

    code: str
    raises: str | None = None
    symptom: str | None = None


class Rule:
    """A defect modlint knows.

    The docstring's first paragraph says what is wrong; ``What torch does`` and ``When to ignore`` are its sections.
    ``asks`` says what ``check`` is called with: each Module class of the file (``"class"``) or the file (``"file"``).
    ``confidence`` is how sure a finding is on real code, ``preview`` marks a rule that is still being proven, and
    ``fixable`` says whether its fixes are ``"safe"``, ``"unsafe"`` or of both kinds; empty where it has none.
    """

    code: ClassVar[str]
    message: ClassVar[str]
    severity: ClassVar[str] = "error"
    default: ClassVar[bool] = True
    confidence: ClassVar[str] = "high"
    preview: ClassVar[bool] = False
    fixable: ClassVar[str] = ""
    asks: ClassVar[str] = "class"
    aliases: ClassVar[tuple[str, ...]] = ()
    invalid: ClassVar[tuple[Example, ...]]
    valid: ClassVar[tuple[Example, ...]]

    @classmethod
    def name(cls) -> str:
        """The rule's name: the class name in kebab case (``MissingSuperInit`` → ``missing-super-init``)."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()

    def check(self, subject: Any) -> Iterator[Finding]:
        """Yield what is wrong with ``subject``, a class or a file of the model."""
        raise NotImplementedError
