"""The catalogue of checks, found by looking into ``modlint/verify/checks/``, in the order of the codes."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from modlint.verify import checks
from modlint.verify.check import Check


@cache
def all_checks() -> tuple[type[Check], ...]:
    """Every check class, by code. A check is the class in a module of the folder that has the module's name."""
    found = []
    for info in pkgutil.iter_modules(checks.__path__):
        module = importlib.import_module(f"{checks.__name__}.{info.name}")
        found.append(getattr(module, info.name.title().replace("_", "")))
    return tuple(sorted(found, key=lambda check: check.code))


def find_check(name: str) -> type[Check] | None:
    """The check with this code or name; ``None`` if there is none."""
    return next((c for c in all_checks() if name.upper() == c.code or name.lower() == c.name()), None)
