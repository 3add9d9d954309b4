"""What many tests need: files on disk, and rules of their own in place of modlint's."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modlint import catalogue
from modlint.diagnostics import Diagnostic, Finding, Span
from modlint.rule import Example, Rule
from modlint.source import Source, parse

Write = Callable[[str, str], Path]


class ListedLayers(Rule):
    """Modules in a list are lost. A second sentence says more.

    ## What torch does
    Nothing at all.

    ## When to ignore

    Never.
    """

    code = "MOD301"
    message = "`{name}` is a list"
    invalid = (Example("a = 1  # MOD301\n", symptom="a == 1"), Example("b = 1  # MOD301\n", raises="boom"))
    valid = (Example("c = 2\n"),)


class LooseTensor(Rule):
    """A tensor | is loose"""

    code = "MOD302"
    message = "loose"
    severity = "warning"
    invalid = (Example("a = 1  # MOD302\n"),)
    valid = (Example("c = 2\n"),)


class MissingStart(Rule):
    """The start is missing."""

    code = "MOD101"
    message = "missing"
    default = False
    aliases = ("no-start",)
    invalid = (Example("a = 1  # MOD101\n"),)
    valid = (Example("c = 2\n"),)


FAKE_RULES: tuple[type[Rule], ...] = (MissingStart, ListedLayers, LooseTensor)


class FakeAnalyser:
    """Finds assignments to a name that is a code in lower case: ``mod301 = 1``."""

    def __init__(self, rules: tuple[type[Rule], ...], *_: object) -> None:
        self.rules = {rule.code: rule for rule in rules}

    def check(self, source: Source, tree: ast.Module | None = None) -> list[Diagnostic]:
        found = [item for node in ast.walk(tree or parse(source)) for item in self._at(node, source)]
        return found[::-1]

    def _at(self, node: ast.AST, source: Source) -> Iterator[Diagnostic]:
        if not (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)):
            return
        rule = self.rules.get(node.id.upper())
        span = Span(node.lineno, node.col_offset + 1, node.lineno, node.col_offset + len(node.id) + 1)
        finding = Finding(f"`{node.id}` is assigned", span, "Name", node.lineno, (1, 1))
        if node.id == "mod000":
            yield Diagnostic("MOD000", "internal-error", "a rule failed", source.path, span, node.lineno)
        elif rule is not None:
            yield Diagnostic(
                rule.code, rule.name(), finding.message, source.path, span, finding.statement, rule.severity
            )


@pytest.fixture
def fake_rules(monkeypatch: pytest.MonkeyPatch) -> tuple[type[Rule], ...]:
    monkeypatch.setattr(catalogue, "all_rules", lambda: FAKE_RULES)
    return FAKE_RULES


@pytest.fixture
def fake_analyser(fake_rules: tuple[type[Rule], ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modlint.run.Analyser", FakeAnalyser)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository, and the current folder."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(project: Path) -> Write:
    """Write a file of the project."""

    def written(name: str, text: str) -> Path:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return written


@pytest.fixture
def run_module() -> Callable[..., subprocess.CompletedProcess[str]]:
    """``python -m`` with these arguments, in the current folder, with no wish for colour."""
    silent = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}

    def run(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**silent, "PYTHONIOENCODING": "utf-8", **environment},
            check=False,
        )

    return run
