"""How many bugs seeded into classes that verify clean are found by running them, and what becomes of static findings.

    python tests/benchmarks/verify_seeded_bugs.py PACKAGE_FOLDER [PACKAGE_FOLDER ...] [--seeds 10] [--show missed|all]

A package is copied; each bug goes into a copy of its file beside the original. A bug counts as found when a check of the
class fails that did not fail before, or when the run ends with an error that is explained as the class's own.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runtime_seeding import RUNTIME_SEEDERS
from seeding import Seed

from modlint.config import Config, Selection
from modlint.run import Checker
from modlint.source import read
from modlint.verify.candidates import Candidate
from modlint.verify.outcome import CHECKED
from modlint.verify.report import ClassReport
from modlint.verify.session import Options, Session, found
from modlint.verify.settings import Settings
from modlint.verify.target import Target


@dataclass(frozen=True)
class Planted:
    """A bug, and the file that has it."""

    kind: str
    path: Path
    original: Path
    owner: str
    needs_others: bool


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--classes", type=int, default=300, help="classes per package to look for clean ones among")
    parser.add_argument("--show", choices=("missed", "all"), help="print each bug that was missed, or each at all")
    parser.add_argument("--kind", action="append", help="only this kind; may be repeated")
    options = parser.parse_args()
    results: dict[str, list[tuple[bool, str]]] = defaultdict(list)
    verdicts: Counter[str] = Counter()
    for folder in options.folders:
        with tempfile.TemporaryDirectory() as temporary:
            package = Path(temporary) / folder.name
            shutil.copytree(folder, package)
            _measure(package, options, results, verdicts)
    _print(results, verdicts, options.show)


def _measure(
    package: Path, options: argparse.Namespace, results: dict[str, list[tuple[bool, str]]], verdicts: Counter[str]
) -> None:
    config = Config(package.parent, selections=(Selection("benchmark", ("ALL",)),))
    chosen = [c for c in found([Target(str(package))], config) if c.defines_forward and not c.skip]
    random.Random(0).shuffle(chosen)
    chosen = chosen[: options.classes]
    reports = Session(chosen, Options(Settings(""), options.jobs)).run().classes
    clean = {r.name: r.outcome.recipe for r in reports if r.outcome.outcome == CHECKED and not r.failed}
    kinds = [kind for kind in RUNTIME_SEEDERS if not options.kind or kind in options.kind]
    wanted = {kind: options.seeds - len(results[kind]) for kind in kinds}
    recorded = {name for name, recipe in clean.items() if recipe is not None and "recorded" in recipe.origin}
    planted = list(_planted([c for c in chosen if c.name in clean], wanted, recorded))
    checker = Checker(config)
    for kind in RUNTIME_SEEDERS:
        bugs = [bug for bug in planted if bug.kind == kind]
        if bugs:
            _run(bugs, checker, config, options, results, verdicts)
            ones = results[kind]
            print(f"{kind:24} {len(ones):5}  {sum(caught for caught, _ in ones):5}", flush=True)


def _run(
    bugs: list[Planted],
    checker: Checker,
    config: Config,
    options: argparse.Namespace,
    results: dict[str, list[tuple[bool, str]]],
    verdicts: Counter[str],
) -> None:
    targets, new = [], []
    for bug in bugs:
        before = {(d.code, d.message) for d in checker.file(str(bug.original))[1]}
        codes = RUNTIME_SEEDERS[bug.kind][1]
        new += [d for d in checker.file(str(bug.path))[1] if d.code in codes and (d.code, d.message) not in before]
        classes = found([Target(str(bug.path))], config)
        targets += classes if bug.needs_others else [c for c in classes if c.qualname == bug.owner]
    reports = Session(targets, Options(Settings(""), options.jobs), new).run().classes
    for bug in bugs:
        own = (
            r
            for r in reports
            if Path(r.filename).name == bug.path.name and r.name.endswith(f"{bug.path.stem}.{bug.owner}")
        )
        report = next(own, None)
        caught, text = _caught(report)
        results[bug.kind].append((caught, f"{bug.original.name} {bug.owner}: {text}"))
        for finding in report.findings if report else ():
            verdicts[finding.verdict] += 1
            if finding.verdict != "confirmed":
                print("   ", finding.verdict, bug.kind, bug.original.name, bug.owner, finding.code, finding.evidence)


def _planted(clean: list[Candidate], wanted: dict[str, int], recorded: set[str]) -> Iterator[Planted]:
    """The bugs; a class that only ran on what another one passed to it is run together with its file's others."""
    owners: dict[str, dict[str, bool]] = defaultdict(dict)
    for candidate in clean:
        owners[candidate.filename][candidate.qualname] = candidate.name in recorded
    number = 0
    for kind, (seeder, _) in RUNTIME_SEEDERS.items():
        files = sorted(owners)
        random.Random(kind).shuffle(files)
        left = wanted.get(kind, 0)
        if not left:
            continue
        for file in files:
            text = read(file).text
            seeds: list[Seed] = [s for s in seeder(text) if s.owner in owners[file]][:2] if "\r" not in text else []
            for seed in seeds[:left]:
                number += 1
                path = Path(file).with_name(f"{Path(file).stem}__seed{number}.py")
                path.write_text(seed.text, encoding="utf-8")
                yield Planted(kind, path, Path(file), seed.owner, owners[file][seed.owner])
                left -= 1


def _caught(report: ClassReport | None) -> tuple[bool, str]:
    if report is None:
        return False, "the class is gone"
    if report.failed:
        return True, ", ".join(c.code for c in report.failed)
    if report.outcome.outcome != CHECKED and report.outcome.detail:
        return True, report.outcome.detail
    return False, f"{report.outcome.outcome} {report.outcome.reason[:160]}"


def _print(results: dict[str, list[tuple[bool, str]]], verdicts: Counter[str], show: str | None) -> None:
    print(f"{'kind':24} seeds  found")
    for kind, found_ones in results.items():
        print(f"{kind:24} {len(found_ones):5}  {sum(caught for caught, _ in found_ones):5}")
        for caught, text in found_ones if show else ():
            if not caught or show == "all":
                print(f"    {'found ' if caught else 'MISSED'} {text}")
    total = sum(map(len, results.values()))
    caught = sum(c for ones in results.values() for c, _ in ones)
    print(f"all: {caught} of {total} = {caught / max(total, 1):.1%}")
    print("static findings:", ", ".join(f"{n} {verdict}" for verdict, n in verdicts.items()) or "none")


if __name__ == "__main__":
    main()
