"""What to change in the inputs after the call failed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from modlint.verify.arguments.alike import alike, rows
from modlint.verify.arguments.failure import Failure, statement_names
from modlint.verify.arguments.inputs import Inputs
from modlint.verify.arguments.mismatch import Rank, Size, mismatches
from modlint.verify.arguments.names import modules
from modlint.verify.arguments.repair_build import Change
from modlint.verify.arguments.shapes import LETTERS
from modlint.verify.arguments.spec import Items, Plan, Spec, Tensor, Text

LARGEST = 4_000_000


def repairs(plan: Plan, failure: Failure, inputs: Inputs) -> Iterator[Change]:
    """Changed plans, the likeliest first; only inputs are changed."""
    if plan.inputs is None:
        return
    suspects = _suspected(failure, inputs)
    yield from _missing(plan, failure, inputs)
    yield from _kinds(plan, failure, suspects)
    found = list(dict.fromkeys(mismatches(failure)))
    for rank, mismatch in enumerate(found[:8]):
        for name, spec in _tensors(plan, suspects):
            changes = _resized(spec, mismatch) if isinstance(mismatch, Size) else _reranked(spec, mismatch)
            yield from ((rank, plan.with_input(name, changed)) for changed in changes)
        if isinstance(mismatch, Size):
            yield from _everywhere(plan, mismatch, rank)
    yield from alike(plan)
    yield from rows(plan)
    if "Expected more than 1" in failure.message or "Output size is too small" in failure.message:
        yield from _larger(plan, suspects)
    for name in suspects:
        for spec in (*_spelled(failure), *_wished(name, failure, inputs)):
            yield 1, plan.with_input(name, spec)
    for rank, name in enumerate(suspects or [a.name for a in plan.inputs]):
        yield from ((3 + rank + i, changed) for i, changed in enumerate(_next(plan, name, inputs, 14)))
    for argument in plan.inputs:
        if argument.name not in suspects:
            yield from ((10 + i, changed) for i, changed in enumerate(_next(plan, argument.name, inputs, 6)))


def _larger(plan: Plan, suspects: list[str]) -> Iterator[Change]:
    """Images with more pixels, where a layer further in is left with too few."""
    for name, spec in _tensors(plan, suspects):
        if isinstance(spec, Tensor) and len(spec.shape) > 2:
            for rank, factor in enumerate((2, 4)):
                changed = replace(spec, shape=(*spec.shape[:2], *(size * factor for size in spec.shape[2:])))
                if math.prod(changed.shape) <= LARGEST:
                    yield rank, plan.with_input(name, changed)


def _spelled(failure: Failure) -> Iterator[Spec]:
    """A shape that the message spells out: ``Expected shape: ['B', '3', 'H', 'W']``, ``of shape (N, 4)``."""
    for text in re.findall(r"\bshape:? [\[(]([A-Z'][^\])]*)[\])]", failure.message):
        words = [word.strip(" '\"") for word in text.split(",") if word.strip()]
        if words and "*" not in words:
            yield Tensor(tuple(int(w) if w.isdigit() else LETTERS.get(w.lower(), 12) for w in words))


def _suspected(failure: Failure, inputs: Inputs) -> list[str]:
    """The parameters that the failing statements read, the innermost first."""
    found: dict[str, None] = {}
    given = failure.given
    for frame in reversed(failure.frames):
        names, _ = statement_names(frame.filename, frame.line)
        for name in sorted(names):
            value = frame.local.get(name)
            if value is not None:
                found.update(dict.fromkeys(n for n, v in given.items() if v is value))
            elif name in inputs.parameters and frame.local.get("self") is inputs.instance:
                found.setdefault(name)
    for name in inputs.parameters:
        if re.search(rf"\b{re.escape(name)}\b", failure.message) and len(name) > 1:
            found.setdefault(name)
    return list(found)


def _tensors(plan: Plan, suspects: list[str]) -> list[tuple[str, Spec]]:
    """The tensors (and lists of them) among the inputs, suspects first."""
    given = [(a.name, a.spec) for a in plan.inputs or () if isinstance(a.spec, (Tensor, Items))]
    return sorted(given, key=lambda item: item[0] not in suspects)


def _missing(plan: Plan, failure: Failure, inputs: Inputs) -> Iterator[Change]:
    given = {a.name for a in plan.inputs or ()}
    for name in re.findall(r"'(\w+)'", failure.message) if "required" in failure.message else ():
        spreads = any(p.kind is p.VAR_KEYWORD for p in inputs.parameters.values())
        if name not in given and (name in inputs.parameters or spreads):
            yield from ((0, plan.with_input(name, spec)) for spec in inputs.of(name)[:3])
    if "NoneType" in failure.message or isinstance(failure.error, (AssertionError, ValueError)):
        absent = [n for n, p in inputs.parameters.items() if n not in given and p.default is None]
        read = {n for f in failure.frames for n in statement_names(f.filename, f.line)[0]}
        for name in sorted(absent, key=lambda n: n not in read):
            yield from ((0 if name in read else 5, plan.with_input(name, spec)) for spec in inputs.of(name)[:3])
    else:
        for name, parameter in inputs.parameters.items():
            if name not in given and parameter.default is None:
                yield from ((6, plan.with_input(name, spec)) for spec in inputs.of(name)[:1])


def _kinds(plan: Plan, failure: Failure, suspects: list[str]) -> Iterator[Change]:
    """Other element types, after a complaint about the type or the range of values."""
    text = failure.message
    for name, spec in _tensors(plan, suspects):
        if not isinstance(spec, Tensor):
            continue
        if (
            re.search(r"indices|Long|index tensor|to be long|integer|embedding|one_hot|int64", text)
            and spec.kind != "index"
        ):
            yield 0, plan.with_input(name, replace(spec, kind="index"))
            if len(spec.shape) > 2:
                yield 1, plan.with_input(name, Tensor(spec.shape[:2], "index"))
                yield 2, plan.with_input(name, Tensor(spec.shape[:1], "index"))
        if spec.kind == "index" and re.search(r"out of range|out of bounds|index \d+|Target|class values", text):
            for high in (2, 1, 4):
                if high < spec.high:
                    yield 0, plan.with_input(name, replace(spec, high=high))
        if spec.kind in ("index", "bool") and re.search(
            r"Float|float|same dtype|Half|Int|Long|floating|Bool|grad", text
        ):
            yield 1, plan.with_input(name, replace(spec, kind="normal"))
        if re.search(r"[Bb]ool|logical|bitwise|mask", text) and spec.kind != "bool":
            yield 1, plan.with_input(name, replace(spec, kind="bool"))
        if re.search(r"between 0 and 1|\[0, ?1\]|in the range|range", text) and spec.kind == "normal":
            yield 1, plan.with_input(name, replace(spec, kind="unit"))
        if re.search(r"[Cc]omplex", text) and spec.kind != "complex":
            yield 1, plan.with_input(name, replace(spec, kind="complex"))


def _resized(spec: Spec, mismatch: Size) -> Iterator[Spec]:
    if isinstance(spec, Items):
        for index, item in enumerate(spec.items):
            for changed in _resized(item, mismatch):
                yield replace(spec, items=(*spec.items[:index], changed, *spec.items[index + 1 :]))
                if all(i == item for i in spec.items):
                    yield replace(spec, items=(changed,) * len(spec.items))
        return
    if not isinstance(spec, Tensor) or mismatch.want <= 0:
        return
    exact = [d for d, size in enumerate(spec.shape) if size == mismatch.have]
    for dimension in (*(d for d in exact if d), *(d for d in exact if not d)):
        yield _small(spec.resized(dimension, mismatch.want))
    if not exact and mismatch.have > 0:
        yield from _scaled(spec, mismatch)
    if len(exact) == 2:
        yield _small(spec.resized(exact[0], mismatch.want).resized(exact[1], mismatch.want))


def _scaled(spec: Tensor, mismatch: Size) -> Iterator[Spec]:
    """The size that was there is a multiple, a fraction or a square of one of the input's."""
    for dimension in range(len(spec.shape) - 1, -1, -1):
        size = spec.shape[dimension]
        if size <= 1 or dimension == 0:
            continue
        if (size * mismatch.want) % mismatch.have == 0 and (mismatch.have % size == 0 or size % mismatch.have == 0):
            yield _small(spec.resized(dimension, size * mismatch.want // mismatch.have))
    root = round(mismatch.want**0.5)
    pairs = zip(range(len(spec.shape)), spec.shape[1:], strict=False)
    for dimension, following in pairs:
        if dimension and spec.shape[dimension] * following == mismatch.have and root * root == mismatch.want:
            yield _small(spec.resized(dimension, root).resized(dimension + 1, root))
    if len(spec.shape) >= 4:
        square = mismatch.want / mismatch.have
        side = round(spec.shape[-1] * square**0.5)
        if side > 0 and abs((side / spec.shape[-1]) ** 2 - square) < 1e-6:
            yield _small(replace(spec, shape=(*spec.shape[:-2], side, side)))


def _small(spec: Tensor) -> Tensor:
    total = 1
    for size in spec.shape:
        total *= size
    return spec if total <= LARGEST else replace(spec, shape=(1, *spec.shape[1:]))


def _reranked(spec: Spec, mismatch: Rank) -> Iterator[Spec]:
    if isinstance(spec, Items):
        if all(i == spec.items[0] for i in spec.items) and spec.items:
            yield from (replace(spec, items=(c,) * len(spec.items)) for c in _reranked(spec.items[0], mismatch))
        return
    if not isinstance(spec, Tensor) or not 0 < mismatch.want < 7 or len(spec.shape) == mismatch.want:
        return
    if mismatch.have and len(spec.shape) != mismatch.have and abs(len(spec.shape) - mismatch.have) != 1:
        return
    want = (
        mismatch.want
        if not mismatch.have or len(spec.shape) == mismatch.have
        else len(spec.shape) + mismatch.want - mismatch.have
    )
    shape = spec.shape
    if want > len(shape):
        extra = want - len(shape)
        side = 8 if shape and max(shape) > 16 else 12
        yield replace(spec, shape=(*shape[:1], *(side,) * extra, *shape[1:]))
        yield replace(spec, shape=(*shape, *(16,) * extra))
        yield replace(spec, shape=(*shape[:1], *(1,) * extra, *shape[1:]))
    elif want > 0:
        yield replace(spec, shape=(*shape[:1], *shape[len(shape) - want + 1 :]))
        yield replace(spec, shape=shape[:want])
        yield replace(spec, shape=shape[len(shape) - want :])


def _everywhere(plan: Plan, mismatch: Size, rank: int) -> Iterator[Change]:
    """The size changed in all inputs at once."""
    changed = plan
    count = 0
    for name, spec in _tensors(plan, []):
        if isinstance(spec, Tensor) and mismatch.have in spec.shape[1:] and mismatch.want > 0:
            shape = (spec.shape[0], *(mismatch.want if s == mismatch.have else s for s in spec.shape[1:]))
            changed, count = changed.with_input(name, _small(replace(spec, shape=shape))), count + 1
    if count > 1:
        yield rank + 1, replace(changed, depth=plan.depth + 1)


def _wished(name: str, failure: Failure, inputs: Inputs) -> Iterator[Spec]:
    message = failure.message
    attribute = re.search(r"'(\w+)' object has no attribute '(\w+)'", message)
    if attribute and attribute[1] == "Tensor":
        if attribute[2] in ("keys", "items", "get", "values"):
            yield Text("{'x': torch.randn(2, 64)}")
        use = inputs.reading.of(name)
        fields = [
            a for a in dict.fromkeys((*use.attributes, attribute[2])) if a not in ("shape", "size", "device", "dtype")
        ]
        tensors = ", ".join(f"{f}={next(iter(inputs.of(f))).text}" for f in fields)
        yield Text(f"Settings({tensors})", True)
    elif attribute:
        yield from (s for s in inputs.of(name) if isinstance(s, Tensor))
    if re.search(r"arange\(\)|as an integer|tuple of ints|must be int|Number", message):
        yield from (Text("12"), Text("2"), Text("32"))
    if "not callable" in message:
        yield from modules(inputs.guesses.sizes)
        yield Text("(lambda *args, **kwargs: args[0])", True)
    if re.search(r"not iterable|must be tuple|must be a (list|tuple)|list of tensors|sequence", message):
        yield from inputs._lists(name, 0)
    if re.search(r"unpack|only integer tensors|can only (iterate|be converted)|list indices", message):
        yield from inputs._lists(name, int((re.findall(r"expected (\d+)", message) or ["0"])[0]))


def _next(plan: Plan, name: str, inputs: Inputs, most: int) -> Iterator[Plan]:
    current = next((a.spec.text for a in plan.inputs or () if a.name == name), None)
    options: list[Any] = inputs.of(name) if name in inputs.parameters else []
    for spec in options[:most]:
        if spec.text != current:
            yield plan.with_input(name, spec)


def extended(plan: Plan, inputs: Inputs) -> Plan:
    """The plan with the first guess of the inputs."""
    return replace(plan, inputs=inputs.required())
