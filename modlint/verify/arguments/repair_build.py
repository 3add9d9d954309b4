"""What to change in a constructor's arguments after it failed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from torch import nn

from modlint.verify.arguments.failure import Failure, Frame, statement_names
from modlint.verify.arguments.guesses import Guesses
from modlint.verify.arguments.kin import tables_with, with_attributes
from modlint.verify.arguments.names import by_name, modules
from modlint.verify.arguments.spec import Items, Plan, Spec, Tensor, Text

Change = tuple[int, Plan]
"""A rank, lower is likelier, and the changed plan."""


def repairs(plan: Plan, failure: Failure, guesses: Guesses) -> Iterator[Change]:
    """Changed plans, the likeliest first."""
    if plan.constructor:
        return
    suspects = suspected(failure, guesses)
    yield from _missing(plan, failure, guesses)
    for rank, name in enumerate(suspects):
        for spec in wished(name, failure, guesses):
            yield rank, plan.with_argument(name, spec)
        yield from ((rank + 2 + i, changed) for i, changed in enumerate(_next(plan, name, guesses)))
    for name in guesses.parameters:
        if name not in suspects and any(a.name == name for a in plan.arguments):
            yield from ((8 + i, changed) for i, changed in enumerate(_next(plan, name, guesses, 3)))


def _missing(plan: Plan, failure: Failure, guesses: Guesses) -> Iterator[Change]:
    """Arguments that a function further in says it lacks, or that it doesn't know."""
    given = {a.name for a in plan.arguments}
    for name in re.findall(r"'(\w+)'", failure.message) if "required" in failure.message else ():
        spreads = any(p.kind is p.VAR_KEYWORD for p in guesses.parameters.values())
        if name not in given and (name in guesses.parameters or spreads):
            for spec in guesses.of(name)[:2]:
                yield 0, plan.with_argument(name, spec)
    named = [n for n in guesses.parameters if n not in given and re.search(rf"\b{re.escape(n)}\b", failure.message)]
    if len(named) > 1:
        changed = plan
        for name in named:
            changed = changed.with_argument(name, guesses.of(name)[0])
        yield 0, replace(changed, depth=plan.depth + 1)
    if isinstance(failure.error, TimeoutError):
        yield 0, shrunk(plan, guesses)
    unexpected = re.search(r"unexpected keyword argument '(\w+)'", failure.message)
    if unexpected and unexpected[1] in given and unexpected[1] not in guesses.parameters:
        yield 0, replace(plan, arguments=tuple(a for a in plan.arguments if a.name != unexpected[1]))


def suspected(failure: Failure, guesses: Guesses) -> list[str]:
    """The parameters that the failing statements read, the innermost first; by name, or by being the very value."""
    values = {name: value for name, value in _given(failure, guesses) if not _common(value)}
    found: dict[str, None] = {}
    for frame in reversed(failure.frames):
        names, _ = statement_names(frame.filename, frame.line)
        is_own = frame.function == "__init__" and isinstance(frame.local.get("self"), guesses.cls)
        for name in sorted(names):
            if is_own and name in guesses.parameters:
                found.setdefault(name)
            elif name in frame.local:
                found.update(dict.fromkeys(n for n, v in values.items() if v is frame.local[name]))
    for name in guesses.parameters:
        if re.search(rf"\b{re.escape(name)}\b", failure.message):
            found.setdefault(name)
    return list(found)


def _given(failure: Failure, guesses: Guesses) -> Iterator[tuple[str, Any]]:
    for frame in failure.frames:
        if frame.function == "__init__" and isinstance(frame.local.get("self"), guesses.cls):
            for name in guesses.parameters:
                if name in frame.local:
                    yield name, frame.local[name]
            return


def _common(value: Any) -> bool:
    """Whether a value says little about where it came from."""
    return value is None or isinstance(value, bool)


def _next(plan: Plan, name: str, guesses: Guesses, most: int = 8) -> Iterator[Plan]:
    current = next((a.spec.text for a in plan.arguments if a.name == name), None)
    options = guesses.of(name)
    texts = [spec.text for spec in options]
    start = texts.index(current) + 1 if current in texts else 0
    for spec in (*options[start : start + most],):
        yield plan.with_argument(name, spec)


def wished(name: str, failure: Failure, guesses: Guesses) -> Iterator[Spec]:
    """Values that the error itself asks for."""
    message, sizes = failure.message, guesses.sizes
    yield from _several(name, message, guesses)
    yield from _listed(message)
    attribute = re.search(r"'(\w+)' object has no attribute '(\w+)'", message)
    if attribute:
        yield from _having(name, attribute[2], guesses)
    if "not callable" in message:
        yield from (Text("nn.Identity"), Text("nn.LayerNorm"), Text("nn.BatchNorm2d"), Text("nn.Identity()", True))
        yield Text("(lambda *args, **kwargs: nn.Identity())", True)
    if "is not a Module subclass" in message or "not a valid Module" in message:
        yield from modules(sizes)
    if re.search(r"positional arguments? but|unexpected keyword argument", message):
        yield Text("Passing()", True)
    if isinstance(failure.error, KeyError):
        yield from _keys(name, failure, guesses)
    if re.search(r"NoneType", message):
        yield from guesses.of(name)[:3]
    for literals in re.findall(r"[\[\({]((?:['\"][\w. -]+['\"](?:, )?)+)[\]\)}]", message):
        yield from (Text(word) for word in re.findall(r"['\"][\w. -]+['\"]", literals))
    yield from _divisible(failure)
    yield from _enlarged(failure)


def _several(name: str, message: str, guesses: Guesses) -> Iterator[Spec]:
    """Lists and tuples, where the error asks for one, or for a longer one."""
    single = name.removesuffix("s")
    element = next(iter(by_name(single, guesses.sizes)), Text(str(guesses.sizes.width)))
    if re.search(
        r"not (iterable|subscriptable)|has no len\(\)|must be (an? )?(iterable|tuple|list|sequence)|after \* must be",
        message,
    ):
        for count in (4, 2, 3, 1):
            yield Items((element,) * count)
    if re.search(r"\b(tuple|list)\b", message):
        for count in (4, 2, 3):
            yield Items((element,) * count, is_tuple="tuple" in message)
    expected = re.search(r"expected (\d+)", message)
    if "unpack" in message and expected:
        yield Items((element,) * int(expected[1]), is_tuple=True)
    if "index out of range" in message or "out of range" in message:
        for size in (5, 6, 8):
            yield Items((element,) * size)


def _having(name: str, attribute: str, guesses: Guesses) -> Iterator[Spec]:
    """Things that have an attribute: strings, modules, tensors, a class of the project, or made-up settings."""
    if hasattr(str, attribute):
        yield Text("'a'")
    use = guesses.reading.of(name)
    fields = list(dict.fromkeys((attribute, *use.attributes)))
    for cls in (*with_attributes(guesses.cls, fields), *with_attributes(guesses.cls, [attribute]))[:4]:
        yield from guesses._instances(cls)
    if hasattr(nn.Module, attribute) or attribute in ("weight", "in_features", "out_features", "bias"):
        yield from modules(guesses.sizes)
    if attribute in ("shape", "size", "dtype", "device", "dim"):
        yield Tensor((guesses.sizes.width,))
    wanted = [a for a in dict.fromkeys((*use.attributes, attribute)) if a not in use.methods]
    yield guesses._settings(wanted)


def _keys(name: str, failure: Failure, guesses: Guesses) -> Iterator[Spec]:
    """The keys of the table that lacked what was asked for; tables of the module that have it."""
    missing = failure.error.args[0] if failure.error.args else None
    if isinstance(missing, str):
        yield from (Text(text) for text in tables_with(missing, guesses.environment._own))
        yield guesses._settings([*guesses.reading.of(name).items, missing])
    for frame in reversed(failure.frames):
        names, _ = statement_names(frame.filename, frame.line)
        for name in sorted(names):
            table = _value(frame, name)
            if isinstance(table, dict) and missing not in table and 0 < len(table) < 2000:
                yield from (Text(repr(key)) for key in list(table)[:6] if isinstance(key, (str, int)))


def _value(frame: Frame, name: str) -> Any:
    if name in frame.local:
        return frame.local[name]
    return frame.names.get(name, getattr(frame.local.get("self"), name, None))


def _divisible(failure: Failure) -> Iterator[Spec]:
    """Other sizes after a complaint about divisibility or dimensions that don't match."""
    if not re.search(
        r"divisib|divide|multiple|power|must be|should be|%|mod", failure.message + failure.kind
    ) and not isinstance(failure.error, AssertionError):
        return
    for text in (64, 32, 16, 8, 4, 128, 1, 2, 3, 256, 7):
        yield Text(str(text))


def _enlarged(failure: Failure) -> Iterator[Spec]:
    """Larger sizes where a quotient came out as zero or negative."""
    if re.search(r"zero|negative|non-positive|greater than 0|positive", failure.message + failure.kind, re.IGNORECASE):
        for text in (128, 256, 64, 16, 1):
            yield Text(str(text))


def shrunk(plan: Plan, guesses: Guesses) -> Plan:
    """The plan with small values for all sizes that have large defaults."""
    changed = plan
    for name, parameter in guesses.parameters.items():
        default = parameter.default
        guess = next((s for s in by_name(name, guesses.sizes) if s.text.isdigit()), None)
        if isinstance(default, int) and not isinstance(default, bool) and guess and default > int(guess.text):
            changed = changed.with_argument(name, guess)
        elif (
            isinstance(default, (tuple, list))
            and default
            and all(isinstance(d, int) and d > 1 for d in default)
            and guess
        ):
            changed = changed.with_argument(name, Items((guess,) * len(default), is_tuple=isinstance(default, tuple)))
    return replace(changed, depth=plan.depth + 1)


def _layers_wanted(plan: Plan, failure: Failure, guesses: Guesses) -> Iterator[Change]:
    """Layers for numbers that the call uses as layers, and small numbers for those that name a dimension."""
    used_as_layer = re.search(r"'int' object (is not callable|has no attribute)", failure.message)
    read = {name for f in failure.frames for name in statement_names(f.filename, f.line)[0]}
    for argument in plan.arguments:
        if not argument.spec.text.isdigit():
            continue
        if used_as_layer and argument.name in read:
            for rank, spec in enumerate(modules(guesses.sizes)):
                yield rank, plan.with_argument(argument.name, spec)
        if "Dimension out of range" in failure.message and re.search(r"dim|axis", argument.name):
            yield 0, plan.with_argument(argument.name, Text("1"))


def _listed(message: str) -> Iterator[Spec]:
    """Words that a message lists as the ones that may be given: ``must be one of small, large``."""
    listed = re.search(r"\b(?:one of|among|choose from|available(?: \w+)? are)\b:? *[\[({]?([^\])}]*)", message)
    for word in re.findall(r"[\w.-]*\w", listed[1])[:3] if listed else ():
        yield Text(word) if word.isdigit() or word in ("None", "True", "False") else Text(repr(word))


def rebuilt(plan: Plan, failure: Failure, guesses: Guesses) -> Iterator[Change]:
    """Plans with other constructor sizes, for a mismatch in the call that no input cures."""
    if isinstance(failure.error, TimeoutError):
        yield 0, shrunk(plan, guesses)
    yield from _layers_wanted(plan, failure, guesses)
    for argument in plan.arguments:
        if argument.spec.stand_in:
            for rank, spec in enumerate(wished(argument.name, failure, guesses)):
                yield 1 + rank, plan.with_argument(argument.name, spec)
            yield from ((3 + i, changed) for i, changed in enumerate(_next(plan, argument.name, guesses, 5)))
    numbers = {int(n) for n in re.findall(r"\d+", failure.message) if 0 < int(n) <= 4096}
    for argument in plan.arguments:
        if argument.spec.text.isdigit() and int(argument.spec.text):
            own = int(argument.spec.text)
            for number in sorted(numbers - {own}):
                if own in numbers or number % own == 0 or own % number == 0:
                    yield 4, plan.with_argument(argument.name, Text(str(number)))
            yield 9, plan.with_argument(argument.name, Text(str(own * 4)))
            if own % 2 == 0:
                yield 9, plan.with_argument(argument.name, Text(str(own // 2)))
    for name in suspected(failure, guesses):
        yield from ((6 + i, changed) for i, changed in enumerate(_next(plan, name, guesses, 4)))
