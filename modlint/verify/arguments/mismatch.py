"""What a failed operation, layer or message says about sizes: this number was there, that one was wanted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import torch

from modlint.verify.arguments.failure import Failure, Frame, Operation, tests
from modlint.verify.arguments.layers import wanted


@dataclass(frozen=True, slots=True)
class Size:
    """One dimension has the size ``have`` and should have ``want``."""

    have: int
    want: int


@dataclass(frozen=True, slots=True)
class Rank:
    """A tensor has ``have`` dimensions (0 if that isn't known) and should have ``want``."""

    have: int
    want: int


Mismatch = Size | Rank
NUMBER: Final = r"(-?\d+)"
SIZES: Final = (
    rf"size of tensor a \({NUMBER}\) must match the size of tensor b \({NUMBER}\)",
    rf"to have {NUMBER} channels, but got {NUMBER} channels",
    rf"expected size {NUMBER},? (?:but )?got:? ?{NUMBER}",
    rf"[Ee]xpected size {NUMBER} but got size {NUMBER}",
    rf"running_mean should contain {NUMBER} elements not {NUMBER}",
    rf"can't divide axis of length {NUMBER} in chunks of {NUMBER}",
    rf"expected {NUMBER},? (?:but )?(?:got|received|found) {NUMBER}",
    rf"embed_dim.*?{NUMBER}.*?{NUMBER}",
    rf"{NUMBER} != {NUMBER}",
    rf"\({NUMBER}\)[^()]*(?:match|equal)[^()]*\({NUMBER}\)",
    rf"{NUMBER} (?:vs\.?|and|not|instead of) {NUMBER}",
)
RANKS: Final = (
    (rf"not enough values to unpack \(expected {NUMBER}, got {NUMBER}\)", (2, 1)),
    (rf"input\.dim\(\) = {NUMBER} is not equal to len\(dims\) = {NUMBER}", (1, 2)),
    (rf"expected {NUMBER} dims\.? Received {NUMBER}-dim", (2, 1)),
    (rf"[Ee]xpected {NUMBER}D.*?(?:got|received) {NUMBER}D", (2, 1)),
    (rf"expected {NUMBER}D? (?:or \d+D? )?(?:dims|input|tensor|inputs)[^\d]*(?:\(?got) {NUMBER}D?", (2, 1)),
    (rf"[Ee]xpected {NUMBER} dim\w*,? (?:but )?(?:got|received) {NUMBER}", (2, 1)),
    (rf"requires? {NUMBER}-?[Dd].*?(?:got|received) {NUMBER}", (2, 1)),
    (rf"must be {NUMBER}-?D?\b.*?(?:got|but) {NUMBER}", (2, 1)),
    (rf"range of \[-{NUMBER}, \d+\], but got {NUMBER}", (1, 0)),
)


def mismatches(failure: Failure) -> Iterator[Mismatch]:
    """All that can be read off a failure, the surest first."""
    yield from _of_layer(failure)
    if failure.operation is not None:
        yield from _of_operation(failure.operation)
    yield from _of_test(failure)
    yield from _of_message(failure.message)


def _of_test(failure: Failure) -> Iterator[Mismatch]:
    """The two sides of the comparison that an assertion or a check of the user's made."""
    if not failure.frames:
        return
    frame = failure.frames[-1]
    for text in tests(frame.filename, frame.line):
        left, right = (_evaluated(side, frame) for side in _sides(text))
        modulo = re.fullmatch(r"(.+) % (.+) (?:==|!=|>) 0", text)
        if modulo:
            size, divisor = _evaluated(modulo[1].strip("("), frame), _evaluated(modulo[2].strip(")"), frame)
            yield from _multiple(size, divisor)
        elif isinstance(left, int) and isinstance(right, int):
            yield from (
                (Rank(left, right),) if ".dim()" in text or "ndim" in text or "len(" in text else _pair(left, right)
            )
        elif isinstance(left, (tuple, list)) and isinstance(right, (tuple, list)):
            for first, second in zip(left, right, strict=False):
                if isinstance(first, int) and isinstance(second, int):
                    yield from _pair(first, second)


def _sides(text: str) -> tuple[str, str]:
    node = ast.parse(text, mode="eval").body
    if not isinstance(node, ast.Compare):
        return "None", "None"
    return ast.unparse(node.left), ast.unparse(node.comparators[0])


def _evaluated(text: str, frame: Frame) -> Any:
    """The value of a simple expression in a frame; calls of anything but sizes aren't repeated."""
    if "(" in text and not re.search(r"\.(dim|size|numel)\(|^len\(", text):
        return None
    try:
        return eval(text, dict(frame.names), dict(frame.local))
    except Exception:  # noqa: BLE001  user code
        return None


def _multiple(size: Any, divisor: Any) -> Iterator[Mismatch]:
    if isinstance(size, int) and isinstance(divisor, int) and divisor > 0 and size % divisor:
        yield Size(size, size // divisor * divisor or divisor)
        yield Size(size, (size // divisor + 1) * divisor)


def _of_layer(failure: Failure) -> Iterator[Mismatch]:
    want = wanted(failure.layer) if failure.layer is not None else None
    given = next((v for v in failure.layer_inputs if isinstance(v, torch.Tensor)), None)
    if want is None or given is None or want.kind != "normal":
        return
    if given.dim() not in want.ranks and want.dimension == 1 and given.dim() != want.ranks[0] - 1:
        yield from (Rank(given.dim(), rank) for rank in want.ranks)
    at = want.dimension if want.dimension < 0 else given.dim() - max(want.ranks[0], 2) + want.dimension
    if -given.dim() <= at < given.dim() and given.shape[at] != want.size:
        yield Size(given.shape[at], want.size)


def _of_operation(operation: Operation) -> Iterator[Mismatch]:
    shapes = [tuple(t.shape) for t in operation.tensors()]
    name = operation.name.strip("_")
    if name in ("linear",) and len(shapes) >= 2 and shapes[0] and len(shapes[1]) == 2:
        yield from _pair(shapes[0][-1], shapes[1][1], both=False)
    elif name.startswith("conv") and len(shapes) >= 2:
        rank = len(shapes[1])
        if len(shapes[0]) not in (rank, rank - 1):
            yield Rank(len(shapes[0]), rank)
    elif name in ("matmul", "bmm", "mm", "rmatmul") and len(shapes) >= 2 and min(map(len, shapes[:2])) >= 1:
        yield from _pair(shapes[0][-1], shapes[1][-2] if len(shapes[1]) > 1 else shapes[1][0])
        for first, second in zip(shapes[0][-3::-1], shapes[1][-3::-1], strict=False):
            yield from _pair(first, second)
    elif name in ("view", "reshape", "unflatten") and shapes:
        yield from _reshape(shapes[0], operation.arguments)
    elif name in ("split", "split_with_sizes", "chunk") and shapes:
        total = operation.arguments[1] if len(operation.arguments) > 1 else None
        if isinstance(total, (list, tuple)) and all(isinstance(i, int) for i in total):
            yield from (Size(size, sum(total)) for size in shapes[0] if size != sum(total))
    elif len(shapes) >= 2:
        yield from _broadcast(shapes)


def _pair(first: int, second: int, both: bool = True) -> Iterator[Mismatch]:
    if first != second:
        yield Size(first, second)
        if both:
            yield Size(second, first)


def _broadcast(shapes: list[tuple[int, ...]]) -> Iterator[Mismatch]:
    for other in shapes[1:]:
        for first, second in zip(reversed(shapes[0]), reversed(other), strict=False):
            if first != second and 1 not in (first, second):
                yield from _pair(second, first)
        if len(other) != len(shapes[0]):
            yield Rank(len(other), len(shapes[0]))
            yield Rank(len(shapes[0]), len(other))


def _reshape(shape: tuple[int, ...], arguments: tuple[Any, ...]) -> Iterator[Mismatch]:
    sizes = arguments[1] if len(arguments) == 2 and isinstance(arguments[1], (tuple, list)) else arguments[1:]
    if not all(isinstance(s, int) for s in sizes):
        return
    total, product = 1, 1
    for size in shape:
        total *= size
    for size in sizes:
        product *= abs(size)
    for size in dict.fromkeys(shape):
        rest = total // max(size, 1)
        if -1 not in sizes and rest and product % rest == 0 and product // rest != size:
            yield Size(size, product // rest)
    if -1 in sizes:
        yield from (Size(size, want) for size in shape for want in sizes if want > 1 and size % want)


def _of_message(message: str) -> Iterator[Mismatch]:
    product = re.search(rf"\({NUMBER}x{NUMBER} and {NUMBER}x{NUMBER}\)", message)
    if product:
        yield from _pair(int(product[2]), int(product[3]), both=False)
    channels = re.search(rf"to have {NUMBER} channels, but got {NUMBER} channels", message)
    if channels:
        yield Size(int(channels[2]), int(channels[1]))
    too_many = re.search(rf"too many values to unpack \(expected {NUMBER}\)", message)
    if too_many:
        yield Rank(0, int(too_many[1]))
    for pattern, (have, want) in RANKS:
        found = re.search(pattern, message)
        if found and want:
            yield Rank(int(found[have]), int(found[want]))
        elif found:
            yield Rank(int(found[1]), abs(int(found[2])) + 1)
    divided = re.search(rf"{NUMBER}\D+(?:\w+ {NUMBER} )?must be (?:divisible by|a multiple of)\D*{NUMBER}", message)
    if divided:
        yield from _multiple(int(divided[1]), int(divided[3]))
    words = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
    for word in re.findall(r"(one|two|three|four|five)-dimensional", message):
        yield Rank(0, words[word])
    for rank in re.findall(r"(\d)[- ]?[dD](?:im\w*)?(?!\w)", message):
        yield Rank(0, int(rank))
    normalized = re.search(rf"with shape \[\*, {NUMBER}\], but got input of size\[([\d, ]+)\]", message)
    if normalized:
        yield Size(int(normalized[2].split(",")[-1]), int(normalized[1]))
    for pattern in SIZES:
        found = re.search(pattern, message)
        if found and found[1] != found[2]:
            yield Size(int(found[2]), int(found[1]))
            yield Size(int(found[1]), int(found[2]))
