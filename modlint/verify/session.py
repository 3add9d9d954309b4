"""A run of the verifier, in the order in which it happens: candidates, jobs, outcomes, places, verdicts."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from modlint.config import Config
from modlint.diagnostics import Diagnostic
from modlint.errors import ModlintError
from modlint.files import shown
from modlint.model.folders import site_packages
from modlint.model.index import Index
from modlint.verify import given_recipes
from modlint.verify import recipe as recipes
from modlint.verify.candidates import Candidate, Refused, candidates, worth_importing
from modlint.verify.causes import distinct, needed
from modlint.verify.locating import Locator
from modlint.verify.outcome import CHECKED, SKIPPED, CheckResult, Job, Outcome, Place, Recorded
from modlint.verify.pool import Pool
from modlint.verify.recipe import Entry, Recipe
from modlint.verify.report import ClassReport, VerifyReport
from modlint.verify.settings import Settings
from modlint.verify.target import Target, TargetError
from modlint.verify.verdicts import belongs, judged, suspicion

PASSES = 3
HINTS = 4
Progress = Callable[[int, int], None]


class TorchMissingError(ModlintError):
    """The verifier is asked for where torch isn't installed."""

    def __init__(self) -> None:
        super().__init__('running models needs torch: pip install "modlint[verify]"')


@dataclass(frozen=True)
class Options:
    """What the user wants of a run."""

    settings: Settings
    jobs: int = 1
    codes: tuple[str, ...] = ()
    recipes: Path | None = None
    write_recipes: Path | None = None
    cache: Path | None = None
    silenced: Callable[[CheckResult], bool] = lambda _: False
    passed_over: int = 0
    """How many files below the folders that were named aren't looked into."""


def configured(config: Config, settings: Settings, **wishes: Any) -> Options:
    """The options of a run in a project: its settings choose the checks and silence results."""
    from modlint.selection import selected_checks
    from modlint.verify.silencing import silencer

    codes = selected_checks(config) or ("none",)
    return Options(replace(settings, project=str(config.root)), codes=codes, silenced=silencer(config), **wishes)


def require_torch() -> None:
    """Say what to install where torch isn't there.

    Raises:
        TorchMissingError: it isn't.
    """
    if importlib.util.find_spec("torch") is None:
        raise TorchMissingError


def found(
    targets: Sequence[Target],
    config: Config,
    force_exclude: bool = False,
    refused: Refused = lambda *_: None,
    passed_over: Callable[[str], None] = lambda _: None,
) -> list[Candidate]:
    """The classes that the targets name.

    ``refused`` hears of files that can't be parsed, ``passed_over`` of those below folders that are no library code.

    Raises:
        TargetError: a class is named that isn't there.
    """
    index = Index(config.root, config.module_bases, site_packages(config.python))
    finder = config.finder(force_exclude)
    chosen: dict[tuple[str, str, int], Candidate] = {}
    for target in targets:
        files = finder.files([target.path])
        if os.path.isdir(target.path):
            worth = [file for file in files if worth_importing(file, target.path)]
            for file in set(files).difference(worth):
                passed_over(file)
            files = worth
        named = [c for c in candidates(files, index, refused) if target.qualname in ("", c.qualname)]
        if target.qualname and not named and not force_exclude:
            raise TargetError(f"{target.path}:{target.qualname}")
        for candidate in named:
            chosen.setdefault((*candidate.key, candidate.line), candidate)
    return list(chosen.values())


class Session:
    """Verifies classes, in several passes: what ran in one pass gives recipes for the next."""

    def __init__(self, chosen: Sequence[Candidate], options: Options, diagnostics: Iterable[Diagnostic] = ()) -> None:
        self._chosen, self._options = chosen, options
        self._locator = Locator(chosen)
        self._diagnostics: dict[tuple[str, str, int], list[Diagnostic]] = {}
        for diagnostic in diagnostics:
            owner = belongs(diagnostic, chosen)
            if owner is not None:
                self._diagnostics.setdefault((*owner.key, owner.line), []).append(diagnostic)
        facts = {candidate.path: candidate.model.facts.file for candidate in chosen}
        self._notebooks = {path: file.notebook for path, file in facts.items() if file.notebook is not None}
        if options.write_recipes:
            recipes.check_writable(options.write_recipes)
        self._known = given_recipes.chosen(options.recipes, chosen) if options.recipes else {}
        self._cached = recipes.load_cache(options.cache) if options.cache else {}
        self._outcomes: dict[tuple[str, str], Outcome] = {}
        self._heard: dict[tuple[str, str], list[Recipe]] = {}

    def run(self, progress: Progress | None = None) -> VerifyReport:
        """Verify all; an interruption leaves what is done."""
        jobs = self._jobs()
        interrupted = False
        with tempfile.TemporaryDirectory(prefix="modlint-", ignore_cleanup_errors=True) as folder:
            settings = replace(self._options.settings, folder=folder)
            with Pool(settings, self._options.jobs) as pool:
                try:
                    self._passes(pool, jobs, progress)
                except KeyboardInterrupt:
                    interrupted = True
                active = pool.active
        self._remember()
        reports = tuple(self._report(c) for c in self._chosen if c.skip or c.key in self._outcomes)
        return VerifyReport(reports, active or (), interrupted, len(self._chosen), self._options.passed_over)

    def _passes(self, pool: Pool, jobs: list[Job], progress: Progress | None) -> None:
        def done(job: Job, outcome: Outcome) -> None:
            self._hear(outcome.recorded)
            known = self._outcomes.get(job.key)
            if known is None or outcome.outcome == CHECKED or not known.built:
                self._outcomes[job.key] = replace(outcome, recorded=())
            if progress is not None:
                progress(len(self._outcomes), len(jobs))

        pool.run(jobs, done)
        for _ in range(PASSES):
            again = [job for job in jobs if self._outcomes[job.key].outcome != CHECKED and job.key in self._heard]
            if not again:
                return
            pool.run([replace(job, recipes=tuple(self._heard.pop(job.key)[:HINTS])) for job in again], done)

    def _hear(self, recorded: Iterable[Recorded]) -> None:
        for item in recorded:
            heard = self._heard.setdefault((item.path, item.qualname), [])
            if item.recipe not in heard:
                heard.append(item.recipe)

    def _jobs(self) -> list[Job]:
        siblings = tuple(c.key for c in self._chosen if not c.skip)
        codes = needed(self._options.codes)
        return [
            Job(
                c.module, c.qualname, c.path, c.filename, c.line, c.package, c.root,
                recipes=tuple(self._stored(c)),
                suspicions=tuple(suspicion(d, c) for d in self._diagnostics.get((*c.key, c.line), ())),
                siblings=siblings,
                codes=codes,
                given=c.key in self._known,
                device=self._options.settings.device,
            )
            for c in self._chosen
            if not c.skip
        ]  # fmt: skip

    def _stored(self, candidate: Candidate) -> Iterable[Recipe]:
        """The user's own recipe, else the one found for this very source before."""
        if candidate.key in self._known:
            yield self._known[candidate.key]
            return
        cached = self._cached.get(_entry_name(candidate))
        if cached is not None and cached.source == candidate.fingerprint:
            yield cached.recipe

    def _remember(self) -> None:
        entries: dict[str, Entry] = {}
        written: dict[str, Entry] = {}
        for candidate in self._chosen:
            outcome = self._outcomes.get(candidate.key)
            if outcome is None or outcome.outcome != CHECKED or outcome.recipe is None or candidate.skip:
                continue
            entry = Entry(candidate.fingerprint, outcome.recipe)
            entries[_entry_name(candidate)] = entry
            if self._options.write_recipes:
                written[given_recipes.place_of(candidate, self._options.write_recipes)] = entry
        if self._options.write_recipes:
            recipes.save(self._options.write_recipes, written)
        if self._options.cache and entries:
            try:
                recipes.save(self._options.cache, {**self._cached, **entries})
            except OSError:
                return

    def _report(self, candidate: Candidate) -> ClassReport:
        place = self._in_cell(Place(candidate.filename, candidate.line))
        if candidate.skip:
            outcome = Outcome(SKIPPED, candidate.skip)
            return ClassReport(candidate.name, place, candidate.defines_forward, outcome)
        outcome = self._outcomes[candidate.key]
        locator = self._locator
        placed = (locator.placed(candidate, c) for c in outcome.checks if locator.within(candidate, c))
        codes, silenced = self._options.codes, self._options.silenced
        checks = tuple(c for c in distinct(placed) if (not codes or c.code in codes) and not silenced(c))
        found = self._diagnostics.get((*candidate.key, candidate.line), [])
        findings = []
        for position, diagnostic in enumerate(found):
            seen = outcome.observations[position] if position < len(outcome.observations) else None
            text = " ".join(candidate.model.file.lines[diagnostic.span.line - 1 : diagnostic.span.end_line])
            findings.append(judged(suspicion(diagnostic, candidate), seen, outcome, checks, text))
        if outcome.location is not None:
            where = replace(outcome.location, filename=shown(outcome.location.filename))
            outcome = replace(outcome, location=self._in_cell(where))
        checks = tuple(replace(c, location=c.location and self._in_cell(c.location)) for c in checks)
        findings = [replace(f, location=self._in_cell(f.location)) for f in findings]
        return ClassReport(candidate.name, place, candidate.defines_forward, outcome, checks, tuple(findings))

    def _in_cell(self, place: Place) -> Place:
        """The place as it is reported: in a notebook by cell and line."""
        notebook = self._notebooks.get(os.path.abspath(place.filename))
        if notebook is None:
            return place
        cell, row = notebook.place(place.line)
        return replace(place, line=row, cell=cell)


def _entry_name(candidate: Candidate) -> str:
    return ":".join(candidate.key)
