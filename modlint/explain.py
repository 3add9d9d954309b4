"""What a rule says about itself: its page and the table of all rules."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Mapping, Sequence

from modlint import catalogue, reserved
from modlint.reserved import Reserved
from modlint.rule import Example, Rule
from modlint.verify.catalogue import find_check
from modlint.verify.check import Check

SHOWN_EXAMPLES = 3
_TIGHT_HEADING = re.compile(r"^(#+ .+)\n(?=\S)", re.MULTILINE)
_SENTENCE = re.compile(r".*?[.!?](?=\s|$)", re.DOTALL)


def page(name: str) -> str | None:
    """The page, in markdown, of the rule, runtime check or reserved code called so; ``None`` if there is none."""
    rule = catalogue.find_rule(name) or find_check(name)
    if rule is not None:
        return rule_page(rule)
    own = reserved.find(name)
    return _reserved_page(own) if own else None


def rule_page(rule: type[Rule] | type[Check]) -> str:
    """What is wrong, what torch does, bad and good code, when to ignore: all of it from the class."""
    default = "on by default" if rule.default else "off by default"
    parts = [
        f"# {rule.name()} ({rule.code})",
        f"*{rule.severity}, {default}*",
        _TIGHT_HEADING.sub(r"\1\n\n", _documentation(rule)),
        *_examples("Bad", rule.invalid),
        *_examples("Good", rule.valid),
    ]
    return "\n\n".join(parts) + "\n"


def summary(rule: type[Rule]) -> str:
    """The first sentence about a rule, on one line."""
    paragraph = " ".join(_documentation(rule).split("\n\n", 1)[0].split())
    sentence = _SENTENCE.match(paragraph)
    return sentence[0] if sentence else paragraph


def table(rules: Sequence[type[Rule]], form: str = "markdown") -> str:
    """All rules in one table, in one of the ``TABLES``."""
    return TABLES[form](rules)


def _documentation(rule: type[Rule] | type[Check]) -> str:
    return inspect.cleandoc(rule.__doc__ or "")


def _reserved_page(own: Reserved) -> str:
    return f"# {own.name} ({own.code})\n\n*{own.severity}, reported by modlint itself*\n\n{own.explanation}\n"


def _examples(title: str, examples: Sequence[Example]) -> list[str]:
    parts = [f"## {title}"] if examples else []
    for example in examples[:SHOWN_EXAMPLES]:
        parts.append(f"```python\n{inspect.cleandoc(example.code)}\n```")
        if example.raises is not None:
            parts.append(f"Running it raises an error that says: `{example.raises}`")
        if example.symptom is not None:
            parts.append(f"After running it, this is true: `{example.symptom}`")
    return parts


def _markdown_table(rules: Sequence[type[Rule]]) -> str:
    lines = ["| Code | Name | Severity | Default | What is wrong |", "| --- | --- | --- | --- | --- |"]
    for rule in rules:
        text = summary(rule).replace("|", "\\|")
        lines.append(f"| {rule.code} | {rule.name()} | {rule.severity} | {_default(rule)} | {text} |")
    return "".join(f"{line}\n" for line in lines)


def _text_table(rules: Sequence[type[Rule]]) -> str:
    rows = [(rule.code, rule.name(), rule.severity, _default(rule), summary(rule)) for rule in rules]
    rows.insert(0, ("CODE", "NAME", "SEVERITY", "DEFAULT", "WHAT IS WRONG"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _json_table(rules: Sequence[type[Rule]]) -> str:
    rows = [
        {
            "code": rule.code,
            "name": rule.name(),
            "severity": rule.severity,
            "default": rule.default,
            "summary": summary(rule),
        }
        for rule in rules
    ]
    return json.dumps(rows, indent=2) + "\n"


def _default(rule: type[Rule]) -> str:
    return "on" if rule.default else "off"


TABLES: Mapping[str, Callable[[Sequence[type[Rule]]], str]] = {
    "text": _text_table,
    "markdown": _markdown_table,
    "json": _json_table,
}
