"""From a source to its diagnostics: the model is asked by the rules, their findings are pinned."""

from __future__ import annotations

import ast
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from modlint.diagnostics import Diagnostic, Finding, Span
from modlint.errors import PinError
from modlint.model.disk import GENERATED
from modlint.model.folders import site_packages
from modlint.model.index import FileModel, Index
from modlint.model.ledger import CONTENT, Entry, Look
from modlint.rule import Rule
from modlint.source import Source
from modlint.trace import Trace, traced

INTERNAL: Final = "MOD000"
DEEPEST: Final = 4000
"""How deep Python may recurse here: long chains of operators and `elif`s are nested deeply in the tree."""


class Analyser:
    """Checks files of one project with a set of rules. What it learns of one file serves the next."""

    def __init__(
        self, rules: Sequence[type[Rule]], root: Path, bases: tuple[str, ...] = (), python: str | None = None
    ) -> None:
        self._rules = [rule() for rule in rules]
        self._index = Index(root, bases, site_packages(python))

    def forget(self, changed: str) -> None:
        """Unlearn a file that has changed, and what was concluded from it."""
        self._index = self._index.renewed(changed)

    def check(self, source: Source, tree: ast.Module | None = None) -> list[Diagnostic]:
        """The diagnostics of one file, before suppression.

        Raises:
            SourceError: the file can't be parsed.
        """
        if sys.getrecursionlimit() < DEEPEST:
            sys.setrecursionlimit(DEEPEST)
        model = self._index.file(source, tree)
        try:
            return self._diagnosed(source, model)
        finally:
            self._index.done(model, lent=tree is not None)

    def _diagnosed(self, source: Source, model: FileModel) -> list[Diagnostic]:
        if not _worth_reading(model):
            return []
        proposed: list[tuple[Rule, Finding]] = []
        failed: list[Diagnostic] = []
        for rule in self._rules:
            try:
                proposed += _ask(rule, model)
            except Exception as error:  # noqa: BLE001  a rule's bug must not lose the other rules' findings
                failed.append(_internal(source, rule, error))
        if proposed and self._is_template(source.path):
            return failed
        return failed + (_pinned(source, proposed) if proposed else [])

    def begin(self, path: str, seen: str) -> Entry:
        """Start on a file whose content has the digest ``seen``; what its diagnostics rest on is gathered from here."""
        ledger, whole = self._index.project.ledger, os.path.abspath(path)
        ledger.tracing = True
        entry = ledger.begin()
        ledger.read(whole, seen)
        ledger.saw(Look(CONTENT, whole), seen)
        return entry

    def trace(self, roots: dict[str, Entry]) -> Trace:
        """What the diagnostics of these files rest on, in a form to be kept."""
        return traced(roots, self._index.project.ledger)

    def _is_template(self, path: str) -> bool:
        """Whether another file of the folder says in its head that it was generated from this one.

        Such a file is input to a generator and never run as it stands (the ``modular_*.py`` of transformers).
        """
        disk = self._index.project.folders.disk
        folder, name = os.path.split(os.path.abspath(path))
        return any(disk.asks(GENERATED, os.path.join(folder, file), name) for file in disk.python_files(folder))


def _worth_reading(model: FileModel) -> bool:
    return "torch" in model.facts.text or bool(model.classes)


def _ask(rule: Rule, model: FileModel) -> list[tuple[Rule, Finding]]:
    if rule.asks == "file":
        return [(rule, finding) for finding in rule.check(model)]
    return [(rule, finding) for cls in model.classes for finding in rule.check(cls)]


def _pinned(source: Source, proposed: list[tuple[Rule, Finding]]) -> list[Diagnostic]:
    from modlint.pin import Pinner

    pinner = Pinner(source.lines)
    diagnostics: dict[tuple[str, Span, str], Diagnostic] = {}
    for rule, finding in proposed:
        try:
            span = pinner.pin(finding)
            fix = pinner.pinned_fix(finding)
        except PinError as error:
            diagnostics[INTERNAL, finding.span, rule.code] = _internal(source, rule, error)
            continue
        placed = Diagnostic(
            rule.code, rule.name(), finding.message, source.path, span, finding.statement, rule.severity, fix
        )
        diagnostics.setdefault((rule.code, span, finding.message), placed)
    return list(diagnostics.values())


def _internal(source: Source, rule: Rule, error: Exception) -> Diagnostic:
    line = error.line if isinstance(error, PinError) else 1
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    message = f"internal error in {rule.name()}: {type(error).__name__}: {error}{where}; please report it"
    return Diagnostic(INTERNAL, "internal-error", message, source.path, Span(line, 1, line, 1), line)
