"""``pytest --modlint-verify TARGET``: each Module class of the target is a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from modlint.config import Config
    from modlint.errors import SourceError
    from modlint.verify.candidates import Candidate
    from modlint.verify.report import ClassReport


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--modlint-verify``."""
    group = parser.getgroup("modlint")
    group.addoption(
        "--modlint-verify",
        action="append",
        default=[],
        metavar="TARGET",
        help="verify the Module classes of this file, folder, package or package.module:Class as tests",
    )


def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the classes to what was collected."""
    targets = config.getoption("--modlint-verify")
    if not targets:
        return
    from modlint.errors import ModlintError

    try:
        chosen, settings = _chosen(targets)
    except ModlintError as error:
        raise pytest.UsageError(f"--modlint-verify: {error}") from None
    run = _Run(chosen, settings)
    last = {candidate.key: candidate for candidate in chosen}
    for candidate in last.values():
        item = VerifyItem.from_parent(session, name=f"modlint-verify::{candidate.filename}::{candidate.qualname}")
        item.candidate, item.shared = candidate, run
        items.append(item)


def _chosen(targets: list[str]) -> tuple[list[Candidate], Config]:
    """The classes that the targets name, and the project's settings."""
    from modlint.config import load
    from modlint.verify import session
    from modlint.verify.target import resolve

    session.require_torch()
    resolved = [resolve(target) for target in targets]
    config = load(tuple(target.path for target in resolved))
    return session.found(resolved, config, refused=_refuse), config


def _refuse(file: str, error: SourceError) -> None:
    """A file that can't be parsed is no file without classes."""
    raise pytest.UsageError(f"--modlint-verify: {file}:{error.line}: {error.message}")


class _Run:
    """All classes are verified together, when the first is asked for."""

    def __init__(self, chosen: list[Candidate], config: Config) -> None:
        self._chosen, self._config = chosen, config
        self._reports: dict[tuple[str, str], ClassReport] | None = None

    def report(self, candidate: Candidate) -> ClassReport | None:
        """What was found in one class."""
        if self._reports is None:
            from modlint.verify.session import Session, configured
            from modlint.verify.settings import Settings

            done = Session(self._chosen, configured(self._config, Settings(""))).run()
            self._reports = {(item.filename, item.name): item for item in done.classes}
        return self._reports.get((candidate.filename, candidate.name))


class ChecksFailedError(Exception):
    """Checks of a class failed."""


class VerifyItem(pytest.Item):
    """One class."""

    candidate: Candidate
    shared: _Run

    def runtest(self) -> None:
        """Verify the class; one that can't be run is skipped with the reason."""
        report = self.shared.report(self.candidate)
        if report is None:
            pytest.skip("the run was interrupted")
        if report.failed:
            lines = [f"{c.code} {c.name}: {c.message}" for c in report.failed]
            raise ChecksFailedError("\n".join(lines))
        if report.outcome.outcome != "checked":
            pytest.skip(f"{report.outcome.outcome}: {report.outcome.reason}")

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:  # noqa: ARG002
        """The failed checks, without a traceback."""
        return str(excinfo.value) if isinstance(excinfo.value, ChecksFailedError) else super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[str, int, str]:
        """Where the class is."""
        return self.candidate.filename, self.candidate.line - 1, self.name
