"""What a rule says about itself: its page and the table of all rules."""

from __future__ import annotations

import difflib
import inspect
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from modlint import catalogue, reserved
from modlint.analysis import Analyser
from modlint.diagnostics import Diagnostic
from modlint.fixing import Mended, mend
from modlint.reserved import Reserved
from modlint.rule import Example, Rule
from modlint.source import Source
from modlint.verify.catalogue import find_check
from modlint.verify.check import Check

SHOWN_EXAMPLES = 3
_TIGHT_HEADING = re.compile(r"^(#+ .+)\n(?=\S)", re.MULTILINE)
_MARK = re.compile(r"  # MOD\d{3}(?:, MOD\d{3})*$", re.MULTILINE)
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
    parts = [
        f"# {rule.name()} ({rule.code})",
        f"*{_standing(rule)}*",
        _TIGHT_HEADING.sub(r"\1\n\n", _documentation(rule)),
        *_examples("Bad", rule.invalid),
        *_fix(rule),
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


def pages(rules: Sequence[type[Rule]]) -> dict[str, str]:
    """A file for each rule, by its name, and an index of them all."""
    found = {f"{rule.name()}.md": rule_page(rule) for rule in rules}
    links = "".join(f"- [{rule.code} {rule.name()}]({rule.name()}.md): {summary(rule)}\n" for rule in rules)
    return {"README.md": f"# The rules of modlint\n\n{links}", **found}


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


def _standing(rule: type[Rule] | type[Check]) -> str:
    """Severity, confidence, and whether the rule runs by itself; a check runs with all the others."""
    if issubclass(rule, Check):
        return f"{rule.severity}, found by running (`modlint verify`)"
    preview = ", with `--preview` only" if rule.preview else ""
    default = "on" if rule.default else "off"
    return f"{rule.severity}, {rule.confidence} confidence, {default} by default{preview}"


def _fix(rule: type[Rule] | type[Check]) -> list[str]:
    """What the fix makes of the first example that it can mend."""
    if issubclass(rule, Check) or not rule.fixable:
        return []
    for example in rule.invalid:
        mended = mended_example(rule, example)
        if mended.fixed:
            before, after = (_MARK.sub("", text) for text in (example.code, mended.source.text))
            lines = difflib.unified_diff(before.strip().splitlines(), after.strip().splitlines(), lineterm="", n=1)
            diff = "\n".join(list(lines)[2:])
            return ["## Fix", f"{_how(rule)}\n\n```diff\n{diff}\n```"]
    return []


def _how(rule: type[Rule]) -> str:
    reasons = sorted(
        {f.unsafe for e in rule.invalid for d in mended_example(rule, e).fixed if (f := d.fix) and f.unsafe}
    )
    why = "".join(f"\n\nUnsafe, since {reason}." for reason in reasons)
    flags = {"safe": "`--fix`", "unsafe": "`--fix --unsafe-fixes`"}
    return f"`modlint check` mends it with {flags.get(rule.fixable, '`--fix`, or with `--unsafe-fixes` as well')}.{why}"


def mended_example(rule: type[Rule], example: Example) -> Mended:
    """An invalid example after all its fixes, unsafe ones too, checked by this rule alone."""
    analyser = Analyser([rule], Path("example"))

    def check(source: Source) -> list[Diagnostic]:
        analyser.forget(source.path)
        return sorted(analyser.check(source), key=lambda diagnostic: diagnostic.order)

    source = Source(os.path.join("example", "example.py"), example.code)
    return mend(source, check(source), check, unsafe=True)


def _markdown_table(rules: Sequence[type[Rule]]) -> str:
    lines = ["| Code | Name | Severity | Default | Fix | What is wrong |", "| --- | --- | --- | --- | --- | --- |"]
    for rule in rules:
        text = summary(rule).replace("|", "\\|")
        cells = (rule.code, rule.name(), rule.severity, _default(rule), rule.fixable, text)
        lines.append(f"| {' | '.join(cells)} |".replace("|  |", "| |"))
    return "".join(f"{line}\n" for line in lines)


def _text_table(rules: Sequence[type[Rule]]) -> str:
    rows = [(r.code, r.name(), r.severity, _default(r), r.fixable, summary(r)) for r in rules]
    rows.insert(0, ("CODE", "NAME", "SEVERITY", "DEFAULT", "FIX", "WHAT IS WRONG"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _json_table(rules: Sequence[type[Rule]]) -> str:
    rows = [
        {
            "code": rule.code,
            "name": rule.name(),
            "severity": rule.severity,
            "confidence": rule.confidence,
            "default": rule.default,
            "preview": rule.preview,
            "fix": rule.fixable or None,
            "summary": summary(rule),
        }
        for rule in rules
    ]
    return json.dumps(rows, indent=2) + "\n"


def _default(rule: type[Rule]) -> str:
    return "preview" if rule.preview else "on" if rule.default else "off"


TABLES: Mapping[str, Callable[[Sequence[type[Rule]]], str]] = {
    "text": _text_table,
    "markdown": _markdown_table,
    "json": _json_table,
}
