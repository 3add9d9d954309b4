"""Classes and tables of the same package that fit what the code does with a value."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from torch import nn

GENERAL: Final = frozenset(dir(nn.Module()))


def with_attributes(cls: type, attributes: list[str]) -> list[type]:
    """Module classes of the package whose instances have all these attributes; those of the same module first."""
    special = frozenset(attributes) - GENERAL
    if not special:
        return []
    package = cls.__module__.partition(".")[0]
    fitting = [c for c in _classes(package, len(sys.modules)) if c is not cls and special <= _attributes(c)]
    return sorted(fitting, key=lambda c: (c.__module__ != cls.__module__, len(_attributes(c))))


@lru_cache(maxsize=4)
def _classes(package: str, _: int) -> tuple[type, ...]:
    """The Module classes of a package, as far as it is imported."""
    found: dict[type, None] = {}
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == package:
            for value in list(vars(module).values()):
                if isinstance(value, type) and issubclass(value, nn.Module) and value.__module__ == name:
                    found[value] = None
    return tuple(found)


@lru_cache(maxsize=4096)
def _attributes(cls: type) -> frozenset[str]:
    """What instances have: members of the class, and names that its constructors set."""
    names: set[str] = set()
    for base in cls.__mro__:
        if base in (nn.Module, object):
            continue
        names.update(vars(base))
        init = vars(base).get("__init__")
        names.update(getattr(getattr(init, "__code__", None), "co_names", ()))
    return frozenset(names)


def tables_with(key: str, namespace: dict[str, Any]) -> Iterator[str]:
    """Expressions for dicts of a module, or in one of its dicts, that have a key."""
    for name, value in list(namespace.items()):
        if not isinstance(value, dict) or name.startswith("__"):
            continue
        if key in value:
            yield name
        for inner, table in list(value.items())[:50]:
            if isinstance(table, dict) and key in table and isinstance(inner, str):
                yield f"{name}[{inner!r}]"
                break
