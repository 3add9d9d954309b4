"""Every rule reports its invalid examples, at the marked lines, and is silent on its valid ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from modlint.analysis import Analyser
from modlint.catalogue import all_rules
from modlint.rule import Example, Rule
from modlint.source import Source

MARK = re.compile(r"# ((?:MOD\d{3}(?:, )?)+)$")
INVALID = [(rule, example) for rule in all_rules() for example in rule.invalid]
VALID = [(rule, example) for rule in all_rules() for example in rule.valid]


def label(item: object) -> str:
    return item.code if isinstance(item, type) else ""  # type: ignore[attr-defined]


def expected(code: str) -> list[tuple[int, str]]:
    """The (line, code) pairs that the comments of an example ask for."""
    marks = []
    for number, line in enumerate(code.split("\n"), start=1):
        found = MARK.search(line)
        marks += [(number, c) for c in found[1].split(", ")] if found else []
    return marks


def reported(rules: list[type[Rule]], code: str, folder: Path) -> list[tuple[int, str]]:
    analyser = Analyser(rules, folder)
    return sorted((d.span.line, d.code) for d in analyser.check(Source(str(folder / "example.py"), code)))


@pytest.mark.parametrize(("rule", "example"), INVALID, ids=label)
def test_invalid_example_is_reported_where_it_says(rule: type[Rule], example: Example, tmp_path: Path) -> None:
    marks = expected(example.code)
    assert any(code == rule.code for _, code in marks), "an invalid example must mark where the rule reports"
    assert reported([rule], example.code, tmp_path) == [m for m in marks if m[1] == rule.code]


@pytest.mark.parametrize(("rule", "example"), VALID, ids=label)
def test_valid_example_is_silent(rule: type[Rule], example: Example, tmp_path: Path) -> None:
    assert reported([rule], example.code, tmp_path) == []


@pytest.mark.parametrize(("rule", "example"), INVALID + VALID, ids=label)
def test_no_other_default_rule_reports_an_example(rule: type[Rule], example: Example, tmp_path: Path) -> None:
    rules = [r for r in all_rules() if r.default or r is rule]
    assert reported(rules, example.code, tmp_path) == expected(example.code)
