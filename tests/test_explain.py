from __future__ import annotations

import json

import pytest

from modlint import catalogue, explain
from modlint.rule import Example, Rule
from modlint.rules.modules_in_plain_container import ModulesInPlainContainer
from modlint.rules.reused_module_name import ReusedModuleName

pytestmark = pytest.mark.usefixtures("fake_rules")


def test_page_of_a_rule() -> None:
    assert explain.page("MOD301") == (
        "# listed-layers (MOD301)\n\n"
        "*error, high confidence, on by default*\n\n"
        "Modules in a list are lost. A second sentence says more.\n\n"
        "## What torch does\n\n"
        "Nothing at all.\n\n"
        "## When to ignore\n\n"
        "Never.\n\n"
        "## Bad\n\n"
        "```python\na = 1  # MOD301\n```\n\n"
        "After running it, this is true: `a == 1`\n\n"
        "```python\nb = 1  # MOD301\n```\n\n"
        "Running it raises an error that says: `boom`\n\n"
        "## Good\n\n"
        "```python\nc = 2\n```\n"
    )


@pytest.mark.parametrize("name", ["mod101", "missing-start", "no-start"])
def test_page_by_any_name(name: str) -> None:
    assert (explain.page(name) or "").startswith(
        "# missing-start (MOD101)\n\n*error, high confidence, off by default*\n"
    )


@pytest.mark.parametrize("name", ["MOD001", "file-not-parsed", "mod000", "unused-noqa"])
def test_page_of_a_code_without_a_rule(name: str) -> None:
    assert "reported by modlint itself" in (explain.page(name) or "")


def test_no_page() -> None:
    assert explain.page("nothing") is None


def test_page_shows_the_first_examples_only() -> None:
    class Many(Rule):
        """Wrong."""

        code = "MOD399"
        invalid = tuple(Example(f"a = {number}\n") for number in range(9))
        valid = ()

    assert explain.rule_page(Many).count("```python") == explain.SHOWN_EXAMPLES


def test_markdown_table() -> None:
    assert explain.table(catalogue.all_rules()) == (
        "| Code | Name | Severity | Default | Fix | What is wrong |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| MOD101 | missing-start | error | off | | The start is missing. |\n"
        "| MOD301 | listed-layers | error | on | | Modules in a list are lost. |\n"
        "| MOD302 | loose-tensor | warning | on | | A tensor \\| is loose |\n"
    )


def test_text_table() -> None:
    assert explain.table(catalogue.all_rules(), "text") == (
        "CODE    NAME           SEVERITY  DEFAULT  FIX  WHAT IS WRONG\n"
        "MOD101  missing-start  error     off           The start is missing.\n"
        "MOD301  listed-layers  error     on            Modules in a list are lost.\n"
        "MOD302  loose-tensor   warning   on            A tensor | is loose\n"
    )


def test_json_table() -> None:
    rows = json.loads(explain.table(catalogue.all_rules(), "json"))
    assert rows[2] == {
        "code": "MOD302",
        "name": "loose-tensor",
        "severity": "warning",
        "confidence": "high",
        "default": True,
        "preview": False,
        "fix": None,
        "summary": "A tensor | is loose",
    }


def test_page_shows_what_the_fix_does() -> None:
    page = explain.rule_page(ModulesInPlainContainer)
    assert "## Fix\n\n`modlint check` mends it with `--fix`, or with `--unsafe-fixes` as well.\n\n```diff\n@@" in page
    assert "+        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(depth)])\n" in page
    assert page.index("## Bad") < page.index("## Fix") < page.index("## Good")


def test_page_of_a_rule_in_preview_says_so() -> None:
    assert "on by default, with `--preview` only*" in explain.rule_page(ReusedModuleName)


def test_summary_keeps_dots_inside_names() -> None:
    class Dotted(Rule):
        """`nn.Module` is not
        started. More.
        """

    assert explain.summary(Dotted) == "`nn.Module` is not started."
    assert catalogue.find_rule("dotted") is None
