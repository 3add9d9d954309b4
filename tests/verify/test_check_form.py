"""Every check has the form that tests, pages and reports count on."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

from modlint import explain
from modlint.check_codes import CHECKS
from modlint.rule import SEVERITIES
from modlint.verify import checks
from modlint.verify.catalogue import all_checks, find_check
from modlint.verify.check import Check

FOLDER = Path(checks.__path__[0])
SECTIONS = ["## What torch does", "## When to ignore"]


def test_the_codes_that_can_be_silenced_are_those_of_the_checks() -> None:
    assert dict(CHECKS) == {check.code: check.name() for check in all_checks()}


each_check = pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.code)


def test_every_file_is_a_check() -> None:
    files = sorted(str(path) for path in FOLDER.glob("*.py") if path.name != "__init__.py")
    assert files
    assert sorted(inspect.getfile(check) for check in all_checks()) == files


def test_codes_and_names_are_unique() -> None:
    assert (
        len({check.code for check in all_checks()})
        == len({check.name() for check in all_checks()})
        == len(all_checks())
    )


@each_check
def test_form(check: type[Check]) -> None:
    assert re.fullmatch(r"MOD9\d\d", check.code)
    assert check.severity in SEVERITIES
    assert check.__bases__ == (Check,)
    assert Path(inspect.getfile(check)).stem == check.name().replace("-", "_")
    assert check.invalid
    assert check.valid
    assert find_check(check.code) is find_check(check.name()) is check


@each_check
def test_documentation(check: type[Check]) -> None:
    parts = re.split(r"^(## .+)$", inspect.cleandoc(check.__doc__ or ""), flags=re.MULTILINE)
    assert parts[0].strip().endswith(".")
    assert parts[1::2] == SECTIONS
    assert all(text.strip().endswith((".", "`")) for text in parts[2::2])


@each_check
def test_torch_is_imported_only_when_the_check_runs(check: type[Check]) -> None:
    tree = ast.parse(Path(inspect.getfile(check)).read_text(encoding="utf-8"))
    top = [name for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom)) for name in _names(node)]
    assert [name for name in top if name.partition(".")[0] == "torch"] == []


def _names(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]


@each_check
def test_page_is_made_from_the_class(check: type[Check]) -> None:
    page = explain.page(check.code)
    assert page is not None
    assert page.startswith(f"# {check.name()} ({check.code})\n")
    assert "## What torch does" in page
    assert "## Bad" in page
