"""Wrong uses of what is certainly there: a method of the class's own, a module of torch, a layer the class makes."""

from __future__ import annotations

import importlib.util
import re

from torch import nn

from modlint.verify.arguments.failure import Failure, Frame, statement_names
from modlint.verify.source_of import source_of


def misused(cls: type, failure: Failure) -> tuple[str, Frame] | None:
    """What the class uses wrongly in code of its own, whatever it is given; ``None`` where an argument has a part."""
    frame = failure.frames[-1] if failure.frames else None
    if frame is None or not isinstance(frame.local.get("self"), cls):
        return None
    what = ""
    if failure.kind == "TypeError":
        what = _miscalled(cls, failure, frame)
    elif failure.kind == "AttributeError":
        what = _unknown_of_torch(failure) or _unknown_of_layer(cls, failure, frame)
    return (what, frame) if what else None


def _miscalled(cls: type, failure: Failure, frame: Frame) -> str:
    """A method that the class's own code calls with arguments it doesn't take."""
    said = re.match(r"(\w+)\.(\w+)\(\) (takes|missing|got)\b", failure.message)
    if said is None or not any(said[1] == base.__name__ and said[2] in vars(base) for base in cls.__mro__):
        return ""
    text = statement_names(frame.filename, frame.line)[1]
    called = re.search(rf"\bself\.{said[2]}\(", text)
    return "a method is called with arguments that it does not take" if called and "*" not in text else ""


def _unknown_of_torch(failure: Failure) -> str:
    said = re.match(r"module '(torch(?:\.\w+)*)' has no attribute '(\w+)'", failure.message)
    if said is None or importlib.util.find_spec(f"{said[1]}.{said[2]}") is not None:  # another file may import it
        return ""
    return f"`{said[1]}` has no `{said[2]}`"


def _unknown_of_layer(cls: type, failure: Failure, frame: Frame) -> str:
    """An attribute that no layer of this kind has, read from one that the class's own code makes."""
    said = re.match(r"'(\w+)' object has no attribute '(\w+)'", failure.message)
    if said is None or not isinstance(getattr(nn, said[1], None), type):
        return ""
    text = statement_names(frame.filename, frame.line)[1]
    for name in re.findall(rf"\bself\.(\w+)\.{said[2]}\b", text):
        layer = vars(frame.local["self"]).get("_modules", {}).get(name)
        if type(layer).__name__ == said[1] and _makes(cls, name, said[1]):
            return f"`self.{name}` is a `{said[1]}`, which has no `{said[2]}`"
    return ""


def _makes(cls: type, name: str, layer: str) -> bool:
    """Whether the source of the class makes the layer itself."""
    bound = re.findall(rf"\bself\.{name}\s*=\s*([\w.]*)", source_of(cls))
    return bool(bound) and all(made.rpartition(".")[2] == layer for made in bound)
