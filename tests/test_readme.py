"""The README says what is true: its table of rules is the generated one, its commands and settings exist."""

from __future__ import annotations

import re
from pathlib import Path

from modlint.catalogue import all_rules
from modlint.explain import pages, table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_table_of_rules_is_current() -> None:
    written = re.search(r"<!-- rules: .*? -->\n(.*?)<!-- end of rules -->", README, re.DOTALL)
    assert written is not None
    assert written[1].strip() == table(all_rules()).strip()


def test_example_settings_are_valid(tmp_path: Path) -> None:
    from modlint.config import load

    example = re.search(r"```toml\n(.*?)```", README, re.DOTALL)
    assert example is not None
    (tmp_path / "pyproject.toml").write_text(example[1], encoding="utf-8")
    config = load((str(tmp_path),), str(tmp_path / "pyproject.toml"), False)
    assert config.module_bases == ("ourlib.nn.Layer",)


def test_paths_in_commands_exist() -> None:
    for path in re.findall(r"(?:fixtures|tests|modlint)/[\w./]+\w", README):
        assert (ROOT / path).exists(), path


def test_ci_runs_the_test_command() -> None:
    commands = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    installs = [part for command in commands for part in command.split("&&") if "dev" in part]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    arguments = installs[0].split("pip", 1)[1].strip()
    assert f'pip" {arguments}' in script
    assert "-m pytest -q -n 2" in script


def test_pages_of_rules_are_current() -> None:
    folder = ROOT / "modlint" / "docs" / "rules"
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert written == pages(all_rules()), "run `modlint rules --pages modlint/docs/rules`"


def test_counts_of_rules_with_a_fix_are_current() -> None:
    safe = sum("safe" in rule.fixable.split() for rule in all_rules())
    assert f"a safe fix ({safe} rules have one)" in README
    assert f"({sum(bool(rule.fixable) for rule in all_rules())} rules have a fix of some kind)" in README
