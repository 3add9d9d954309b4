"""The catalogue: every rule there is, found by looking into ``modlint/rules/``, in the order of the codes."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from modlint import rules
from modlint.rule import Rule


@cache
def all_rules() -> tuple[type[Rule], ...]:
    """Every rule class, by code. A rule is the class in a module of ``modlint.rules`` that has the module's name."""
    found = []
    for info in pkgutil.iter_modules(rules.__path__):
        module = importlib.import_module(f"{rules.__name__}.{info.name}")
        found.append(getattr(module, info.name.title().replace("_", "")))
    return tuple(sorted(found, key=lambda rule: rule.code))


def find_rule(name: str) -> type[Rule] | None:
    """The rule with this code, name or former name; ``None`` if there is none."""
    for rule in all_rules():
        if name.upper() == rule.code or name.lower() == rule.name() or name.lower() in rule.aliases:
            return rule
    return None
