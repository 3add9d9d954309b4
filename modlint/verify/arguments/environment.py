"""Where recipes are evaluated: the names of the class's own module, torch, and stand-ins."""

from __future__ import annotations

import importlib
import importlib.util
import math
import re
import sys
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from modlint.verify.arguments.passing import Passing
from modlint.verify.arguments.stand_ins import Settings
from modlint.verify.recording import captured


class Environment:
    """Evaluates recipes for one class."""

    def __init__(self, cls: type) -> None:
        self.cls = cls
        self.given: dict[str, Any] = {}
        self._own: dict[str, Any] = vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}
        self._extra: dict[str, Any] = {
            "torch": torch,
            "nn": nn,
            "F": functional,
            "math": math,
            "partial": partial,
            "Settings": Settings,
            "Passing": Passing,
            "captured": captured,
        }

    def namespace(self, setup: str = "") -> dict[str, Any]:
        """The names that a recipe sees, after its setup has run."""
        names = {**self._own, **self._extra, **self.given, "__name__": self.cls.__module__}
        if self.name_of(self.cls) == self.cls.__name__:
            names[self.cls.__name__] = self.cls
        for top in {module.partition(".")[0] for module in sys.modules}:
            names.setdefault(top, sys.modules.get(top))
        if setup:
            exec(compile(setup, "<recipe>", "exec"), names)
        return names

    def name_of(self, cls: type) -> str:
        """The expression that names a class here."""
        first = cls.__qualname__.partition(".")[0]
        if cls is self.cls or getattr(self._own.get(first), "__module__", None) == cls.__module__:
            return cls.__qualname__
        if cls.__module__ in ("torch.nn", "torch.nn.modules") or cls.__module__.startswith("torch.nn.modules."):
            return f"nn.{cls.__qualname__}"
        return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"

    def evaluate(self, text: str, names: dict[str, Any]) -> Any:
        """The value of a constructor's text."""
        self._load(text)
        return eval(compile(text, "<recipe>", "eval"), names)

    def _load(self, text: str) -> None:
        """Import the modules that a text names in full."""
        package = self.cls.__module__.partition(".")[0]
        for dotted in re.findall(rf"\b{re.escape(package)}(?:\.\w+)+", text):
            parts = dotted.split(".")
            for end in range(2, len(parts)):
                name = ".".join(parts[:end])
                if name not in sys.modules and importlib.util.find_spec(name) is not None:
                    importlib.import_module(name)

    def arguments(self, text: str, names: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The values of the arguments of a call."""
        taken: tuple[tuple[Any, ...], dict[str, Any]] = eval(
            compile(f"(lambda *a, **k: (a, k))({text})", "<recipe>", "eval"), names
        )
        return taken
