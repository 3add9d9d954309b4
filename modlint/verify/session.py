"""A run of the verifier, in the order in which it happens: candidates, jobs, outcomes, places, verdicts."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from modlint.config import Config
from modlint.diagnostics import Diagnostic
from modlint.errors import ModlintError
from modlint.model.folders import site_packages
from modlint.model.index import Index
from modlint.verify import recipe as recipes
from modlint.verify.candidates import Candidate, Refused, candidates, worth_importing
from modlint.verify.locating import Locator
from modlint.verify.outcome import CHECKED, SKIPPED, CheckResult, Job, Outcome, Recorded
from modlint.verify.pool import Pool
from modlint.verify.recipe import Entry, Recipe
from modlint.verify.report import ClassReport, VerifyReport
from modlint.verify.settings import Settings
from modlint.verify.target import Target, TargetError
from modlint.verify.verdicts import belongs, judged, suspicion

PASSES = 3
HINTS = 4
UNREGISTERED = ("MOD901", "MOD902")
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


def require_torch() -> None:
    """Say what to install where torch isn't there.

    Raises:
        TorchMissingError: it isn't.
    """
    if importlib.util.find_spec("torch") is None:
        raise TorchMissingError


def found(
    targets: Sequence[Target], config: Config, force_exclude: bool = False, refused: Refused = lambda *_: None
) -> list[Candidate]:
    """The classes that the targets name; ``refused`` hears of files that can't be parsed.

    Raises:
        TargetError: a class is named that isn't there.
    """
    index = Index(config.root, config.module_bases, site_packages(config.python))
    finder = config.finder(force_exclude)
    chosen: dict[tuple[str, str], Candidate] = {}
    for target in targets:
        files = finder.files([target.path])
        if os.path.isdir(target.path):
            files = [file for file in files if worth_importing(file, target.path)]
        named = [c for c in candidates(files, index, refused) if target.qualname in ("", c.qualname)]
        if target.qualname and not named and not force_exclude:
            raise TargetError(f"{target.path}:{target.qualname}")
        for candidate in named:
            chosen.setdefault((candidate.filename, candidate.qualname), candidate)
    return list(chosen.values())


def concerns(candidate: Candidate, classes: Sequence[Candidate], diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether one of the findings is in the class itself."""
    return any(belongs(diagnostic, classes) is candidate for diagnostic in diagnostics)


class Session:
    """Verifies classes, in several passes: what ran in one pass gives recipes for the next."""

    def __init__(self, chosen: Sequence[Candidate], options: Options, diagnostics: Iterable[Diagnostic] = ()) -> None:
        self._chosen, self._options = chosen, options
        self._diagnostics: dict[str, list[Diagnostic]] = {}
        for diagnostic in diagnostics:
            owner = belongs(diagnostic, chosen)
            if owner is not None:
                self._diagnostics.setdefault(owner.name, []).append(diagnostic)
        if options.write_recipes:
            recipes.check_writable(options.write_recipes)
        self._known = recipes.load(options.recipes) if options.recipes else {}
        self._cached = recipes.load_cache(options.cache) if options.cache else {}
        self._outcomes: dict[str, Outcome] = {}
        self._heard: dict[str, list[Recipe]] = {}

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
        reports = tuple(self._report(c) for c in self._chosen if c.skip or c.name in self._outcomes)
        return VerifyReport(reports, active or (), interrupted, len(self._chosen))

    def _passes(self, pool: Pool, jobs: list[Job], progress: Progress | None) -> None:
        def done(job: Job, outcome: Outcome) -> None:
            self._hear(outcome.recorded)
            known = self._outcomes.get(job.name)
            if known is None or outcome.outcome == CHECKED or not known.built:
                self._outcomes[job.name] = replace(outcome, recorded=())
            if progress is not None:
                progress(len(self._outcomes), len(jobs))

        pool.run(jobs, done)
        for _ in range(PASSES):
            again = [job for job in jobs if self._outcomes[job.name].outcome != CHECKED and job.name in self._heard]
            if not again:
                return
            pool.run([replace(job, recipes=tuple(self._heard.pop(job.name)[:HINTS])) for job in again], done)

    def _hear(self, recorded: Iterable[Recorded]) -> None:
        for item in recorded:
            heard = self._heard.setdefault(f"{item.module}.{item.qualname}", [])
            if item.recipe not in heard:
                heard.append(item.recipe)

    def _jobs(self) -> list[Job]:
        siblings = tuple((c.module, c.qualname) for c in self._chosen if not c.skip)
        return [
            Job(
                c.module, c.qualname, c.filename, c.line, c.package, c.root,
                recipes=tuple(self._stored(c)),
                suspicions=tuple(suspicion(d, c) for d in self._diagnostics.get(c.name, ())),
                siblings=siblings,
                codes=self._options.codes,
                device=self._options.settings.device,
            )
            for c in self._chosen
            if not c.skip
        ]  # fmt: skip

    def _stored(self, candidate: Candidate) -> Iterable[Recipe]:
        """The user's own recipe, else the one found for this very source before."""
        if candidate.name in self._known:
            yield replace(self._known[candidate.name].recipe, origin="recipes file")
        elif candidate.name in self._cached and self._cached[candidate.name].source == candidate.key:
            yield self._cached[candidate.name].recipe

    def _remember(self) -> None:
        entries: dict[str, Entry] = {}
        for candidate in self._chosen:
            outcome = self._outcomes.get(candidate.name)
            if outcome is not None and outcome.outcome == CHECKED and outcome.recipe is not None:
                entries[candidate.name] = Entry(candidate.key, outcome.recipe)
        if self._options.write_recipes:
            recipes.save(self._options.write_recipes, entries)
        if self._options.cache and entries:
            try:
                recipes.save(self._options.cache, {**self._cached, **entries})
            except OSError:
                return

    def _report(self, candidate: Candidate) -> ClassReport:
        if candidate.skip:
            outcome = Outcome(SKIPPED, candidate.skip)
            return ClassReport(candidate.name, candidate.filename, candidate.line, candidate.defines_forward, outcome)
        outcome = self._outcomes[candidate.name]
        locator = Locator(self._chosen)
        checks = _distinct(locator.placed(candidate, c) for c in outcome.checks if locator.within(candidate, c))
        found = self._diagnostics.get(candidate.name, [])
        findings = []
        for position, diagnostic in enumerate(found):
            seen = outcome.observations[position] if position < len(outcome.observations) else None
            text = " ".join(candidate.model.file.lines[diagnostic.span.line - 1 : diagnostic.span.end_line])
            findings.append(judged(suspicion(diagnostic, candidate), seen, outcome, checks, text))
        return ClassReport(
            candidate.name, candidate.filename, candidate.line, candidate.defines_forward, outcome, checks, tuple(findings)
        )  # fmt: skip


def _distinct(results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """The results without those that say once more that an attribute isn't registered."""
    kept: list[CheckResult] = []
    for result in results:
        attribute = result.culprit.attribute
        known = any(k.code in UNREGISTERED and attribute and k.culprit == result.culprit for k in kept)
        if not (result.code == "MOD905" and known):
            kept.append(result)
    return tuple(kept)


def cache_path(root: Path, environment: Mapping[str, str]) -> Path:
    """Where the recipes found in a project are kept, apart from the project."""
    folder = environment.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    name = hashlib.sha256(str(root).encode()).hexdigest()[:16]
    return Path(folder) / "modlint" / f"recipes-{name}.json"
