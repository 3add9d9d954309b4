"""Which rules run: selectors (codes, prefixes of codes, names, ``ALL``) to rule classes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from modlint import catalogue, reserved
from modlint.check_codes import CHECKS, code_of_check
from modlint.config import Config, Selection
from modlint.errors import ConfigError
from modlint.gitignore import Patterns
from modlint.rule import Rule


def selected_rules(config: Config) -> tuple[type[Rule], ...]:
    """The rules to run, by code: the default ones, changed by each selection in turn.

    Within a selection the more specific selector wins (``ignore = ["MOD3"]`` leaves ``select = ["MOD301"]``
    alone); of two that are equally specific, the one that ignores. Rules in preview run if ``config.preview`` says so.
    """
    chosen = {rule.code for rule in catalogue.all_rules() if rule.default}
    for selection in config.selections:
        if not config.preview:
            _refuse_previewed(selection)
        chosen = _applied(selection, chosen)
    return tuple(rule for rule in catalogue.all_rules() if rule.code in chosen and (config.preview or not rule.preview))


def selected_checks(config: Config) -> tuple[str, ...]:
    """The codes of the runtime checks to run: all of them, unless a selection names some."""
    chosen = set(CHECKS)
    for selection in config.selections:
        selected = prefixes(selection.origin, "select", selection.select or ())
        wanted = selected + prefixes(selection.origin, "extend-select", selection.extend_select)
        unwanted = prefixes(selection.origin, "ignore", selection.ignore)
        base = set() if any(code.startswith(selected) for code in CHECKS) else chosen
        chosen = {code for code in CHECKS if _runs(code, wanted, unwanted, code in base)}
    return tuple(sorted(chosen))


def per_file_ignores(config: Config) -> tuple[tuple[Patterns, tuple[str, ...]], ...]:
    """The codes that the settings ignore in some files, as prefixes, by the patterns of the files."""
    return tuple(
        (Patterns.of(str(config.root), [glob]), prefixes(config.file or "", "per-file-ignores", codes))
        for glob, codes in config.per_file_ignores
    )


def _refuse_previewed(selection: Selection) -> None:
    """A rule in preview that is named itself, not by a prefix, needs the setting that turns previews on."""
    for key, names in (("select", selection.select or ()), ("extend-select", selection.extend_select)):
        for name in names:
            rule = catalogue.find_rule(name)
            if rule is not None and rule.preview:
                raise ConfigError(selection.origin, key, f"`{name}` is in preview: turn on `preview` to run it")


def ignored_reserved(config: Config) -> frozenset[str]:
    """The codes without a rule that the selections ignore."""
    ignored: tuple[str, ...] = ()
    for selection in config.selections:
        ignored += prefixes(selection.origin, "ignore", selection.ignore)
    return frozenset(own.code for own in reserved.ALL if own.code.startswith(ignored))


def prefixes(origin: str, key: str, selectors: Iterable[str]) -> tuple[str, ...]:
    """Each selector as a prefix of codes; an unknown one is an error in ``key`` of ``origin``."""
    return tuple(_known_prefix(origin, key, selector) for selector in selectors)


def prefix_of(selector: str) -> str | None:
    """A selector as a prefix of codes (a name its code, ``ALL`` the empty one); ``None`` if it is unknown."""
    code = code_of(selector)
    if code is not None:
        return code
    prefix = "" if selector.upper() == "ALL" else selector.upper()
    known = [*(rule.code for rule in catalogue.all_rules()), *(own.code for own in reserved.ALL), *CHECKS]
    return prefix if (selector and any(code.startswith(prefix) for code in known)) else None


def code_of(name: str) -> str | None:
    """The code of the rule, reserved code or runtime check with this code, name or former name."""
    rule = catalogue.find_rule(name)
    if rule is not None:
        return rule.code
    own = reserved.find(name)
    return own.code if own else code_of_check(name)


def did_you_mean(name: str) -> str:
    """A hint at the known code or name closest to ``name``, to end a message with; empty if there is none."""
    known: list[str] = []
    for rule in catalogue.all_rules():
        known += [rule.code, rule.name()]
    known += [text for own in reserved.ALL for text in (own.code, own.name)]
    checks = [text for check in CHECKS.items() for text in check]
    close = _closest(name, known) or _closest(name, checks)
    return f" (did you mean `{close[0]}`?)" if close else ""


def _closest(name: str, known: list[str]) -> list[str]:
    return difflib.get_close_matches(name, known, n=1) or difflib.get_close_matches(name.upper(), known, n=1)


def _applied(selection: Selection, chosen: set[str]) -> set[str]:
    origin = selection.origin
    wanted = prefixes(origin, "select", selection.select or ())
    wanted += prefixes(origin, "extend-select", selection.extend_select)
    unwanted = prefixes(origin, "ignore", selection.ignore)
    base = chosen if selection.select is None else set()
    codes = (rule.code for rule in catalogue.all_rules())
    return {code for code in codes if _runs(code, wanted, unwanted, code in base)}


def _runs(code: str, wanted: tuple[str, ...], unwanted: tuple[str, ...], before: bool) -> bool:
    for_it = _specificity(code, wanted)
    against = _specificity(code, unwanted)
    if for_it == against == -1:
        return before
    return for_it > against


def _specificity(code: str, prefixes: tuple[str, ...]) -> int:
    """The length of the longest prefix of ``code``; -1 if none is one."""
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=-1)


def _known_prefix(origin: str, key: str, selector: str) -> str:
    prefix = prefix_of(selector)
    if prefix is None:
        raise ConfigError(origin, key, f"unknown rule `{selector}`{did_you_mean(selector)}")
    return prefix
