"""What the annotation of a parameter says about its value."""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import inspect
import re
import types
import typing
from collections.abc import Callable
from typing import Any, Final

from modlint.verify.arguments.spec import Items, Spec, Tensor, Text

Guess = Callable[[str], list[Spec]]
Instance = Callable[[type], "list[Spec]"]
LAYER_NAMES: Final = re.compile(r"norm|act|pool|pad|upsample|aggr")


def hints(function: Any) -> dict[str, Any]:
    """The annotations of a function's parameters, evaluated where they can be."""
    try:
        return typing.get_type_hints(function)
    except Exception:  # noqa: BLE001  user code: names of TYPE_CHECKING, syntax of newer Pythons
        return _one_by_one(function)


def _one_by_one(function: Any) -> dict[str, Any]:
    plain = inspect.unwrap(function)
    names = getattr(plain, "__globals__", {})
    found: dict[str, Any] = {}
    for name, annotation in getattr(plain, "__annotations__", {}).items():
        try:
            found[name] = eval(annotation, names) if isinstance(annotation, str) else annotation
        except Exception:  # noqa: BLE001  user code
            found[name] = annotation
    return found


def by_annotation(annotation: Any, name: str, guess: Guess, instance: Instance) -> list[Spec]:
    """Values of the annotated type; ``guess`` gives those of a name, ``instance`` those of a class."""
    if annotation is inspect.Parameter.empty or annotation is Any or annotation is None:
        return []
    if isinstance(annotation, str):
        return by_words(annotation, name, guess)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return [Text(repr(value)) for value in arguments]
    if origin in (typing.Union, types.UnionType):
        options = [by_annotation(a, name, guess, instance) for a in arguments if a is not type(None)]
        if str in arguments and LAYER_NAMES.search(name.lower()):
            options.insert(0, _words(name))
        rest = [spec for option in options for spec in option]
        return [*rest, Text("None")] if type(None) in arguments else rest
    if origin is typing.Annotated:
        return by_annotation(arguments[0], name, guess, instance)
    if origin is type or annotation is type:
        return _classes(arguments)
    if origin in _SEQUENCES or annotation in _SEQUENCES:
        return _sequence(origin or annotation, arguments, name, guess, instance)
    if origin in (dict, collections.abc.Mapping) or annotation is dict:
        return [Text("{}")]
    if origin is collections.abc.Callable or annotation in (collections.abc.Callable, typing.Callable):
        return _callables(guess(name))
    return _plain(annotation, name, guess, instance)


def _words(name: str) -> list[Spec]:
    """Names that libraries give layers."""
    found = LAYER_NAMES.search(name.lower())
    kinds = {
        "norm": ("batch", "instance", "layer", "bn"),
        "act": ("relu", "gelu", "RELU"),
        "pool": ("max", "avg", "mean"),
    }
    padding = {
        "pad": ("zeros", "same", "reflect"),
        "upsample": ("deconv", "nearest", "bilinear"),
        "aggr": ("add", "mean"),
    }
    return [Text(repr(word)) for word in {**kinds, **padding}.get(found[0], ())] if found else []


_SEQUENCES: Final = (list, tuple, set, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)


def _plain(annotation: Any, name: str, guess: Guess, instance: Instance) -> list[Spec]:
    if annotation is bool:
        return [Text("False"), Text("True")]
    if annotation is int:
        return [*_matching(guess(name), r"-?\d+$"), Text("64"), Text("2"), Text("1"), Text("4")]
    if annotation is float:
        return [*_matching(guess(name), r"-?\d"), Text("0.5"), Text("1.0")]
    if annotation is str:
        return [*_words(name), *_matching(guess(name), r"'"), Text("'a'")]
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return instance(annotation)
    if isinstance(annotation, type):
        return _of_class(annotation, name, guess, instance)
    if isinstance(annotation, typing.TypeVar):
        bound = annotation.__bound__
        return by_annotation(bound, name, guess, instance) if bound is not None else []
    return by_words(str(annotation), name, guess)


def _of_class(annotation: type, name: str, guess: Guess, instance: Instance) -> list[Spec]:
    kind = f"{annotation.__module__}.{annotation.__name__}"
    if kind == "torch.Tensor" or "jaxtyping" in str(type(annotation)):
        return [Tensor((64,)), Tensor((64, 64)), Tensor((3, 3)), Tensor((1,))]
    if kind in ("torch.nn.modules.module.Module", "torch.nn.modules.container.Sequential"):
        return [s for s in guess(name) if "nn." in s.text] or [
            Text("nn.Identity()", True),
            Text("nn.Linear(64, 64)", True),
        ]
    if kind == "numpy.ndarray":
        return [Text("numpy.ones((3, 3))"), Text("numpy.ones(64)")]
    if kind == "torch.device":
        return [Text("torch.device('cpu')")]
    if kind == "torch.dtype":
        return [Text("torch.float32")]
    if kind == "torch.Size":
        return [Text("torch.Size((64,))")]
    if dataclasses.is_dataclass(annotation) or annotation.__module__ not in ("builtins", "typing"):
        return instance(annotation)
    return by_words(annotation.__name__, name, guess)


def _classes(arguments: tuple[Any, ...]) -> list[Spec]:
    found: list[Spec] = []
    for argument in arguments:
        for option in typing.get_args(argument) or (argument,):
            kind = getattr(option, "__module__", "")
            if isinstance(option, type) and not kind.startswith("torch.nn.modules.module") and kind != "builtins":
                found.append(Text(f"@{kind}:{option.__qualname__}"))
    return [
        *found,
        Text("nn.Identity"),
        Text("nn.ReLU"),
        Text("nn.BatchNorm2d"),
        Text("nn.LayerNorm"),
        Text("nn.Linear"),
    ]


def _sequence(origin: Any, arguments: tuple[Any, ...], name: str, guess: Guess, instance: Instance) -> list[Spec]:
    is_tuple = origin is tuple
    single = name[:-1] if name.endswith("s") else name
    if is_tuple and arguments and Ellipsis not in arguments:
        options = [by_annotation(a, single, guess, instance) or [Text("2")] for a in arguments]
        return [Items(tuple(option[0] for option in options), any(o[0].stand_in for o in options), True)]
    option = by_annotation(arguments[0], single, guess, instance) if arguments else guess(single)
    option = option or [*guess(single), Text("2")]
    return [Items((option[0],) * count, option[0].stand_in, is_tuple) for count in (2, 4, 3, 1, 5)]


def _callables(named: list[Spec]) -> list[Spec]:
    fitting = [spec for spec in named if "nn." in spec.text or "torch." in spec.text]
    return [
        *fitting,
        Text("nn.Identity"),
        Text("nn.ReLU"),
        Text("nn.Identity()", True),
        Text("(lambda *args, **kwargs: args[0])", True),
    ]


def _matching(specs: list[Spec], pattern: str) -> list[Spec]:
    return [spec for spec in specs if re.match(pattern, spec.text)]


def by_words(text: str, name: str, guess: Guess) -> list[Spec]:
    """Values of a type that is only written down, in an annotation that can't be evaluated or a docstring."""
    words = text.lower()
    found: list[Spec] = []
    for options in re.findall(r"\{([^{}]*['\"][^{}]*)\}|one of ((?:['\"`]+[\w-]+['\"`]+[, or]*)+)", text):
        found += [Text(repr(word)) for word in re.findall(r"['\"`]+([\w-]+)['\"`]+", "".join(options))]
    single = name[:-1] if name.endswith("s") else name
    sequences = re.search(r"list|tuple|sequence|iterable", words)
    scalar = re.search(r"\bint|\bfloat|\bbool|\bstr", words)
    element = (guess(single) or [Text("2")])[0]
    if sequences and (scalar is None or sequences.start() < scalar.start()):
        found += [Items((element,) * count, element.stand_in, "tuple" in words) for count in (2, 4, 3, 1)]
    elif scalar is not None:
        kind = {"int": int, "float": float, "bool": bool, "str": str}[scalar[0]]
        found += _plain(kind, name, guess, lambda _: [])
    if "callable" in words or "function" in words:
        found += _callables(guess(name))
    if "module" in words:
        found += [s for s in guess(name) if "nn." in s.text] or [
            Text("nn.Identity()", True),
            Text("nn.Linear(64, 64)", True),
        ]
    if "tensor" in words:
        found += [Tensor((64,)), Tensor((64, 64))]
    if "dict" in words:
        found.append(Text("{}"))
    return found
