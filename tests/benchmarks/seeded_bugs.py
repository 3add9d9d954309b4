"""How many bugs seeded into real classes are found by the right rule: the recall, kind by kind.

    python tests/benchmarks/seeded_bugs.py FOLDER [FOLDER ...] [--seeds 60] [--show-missed]

Each seed is one bug in one file of a package (the unpacked sources of timm, torchvision, ...). It counts as found when the
mutated file has a finding of the right rule that the original has not, in the class that was changed.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

from seeding import SEEDERS, Seed

from modlint.analysis import Analyser
from modlint.catalogue import all_rules
from modlint.source import Source, read


def candidates(folders: list[Path], kind: str, wanted: int) -> Iterator[tuple[Path, str, Seed]]:
    """Up to ``wanted`` seeds of a kind, drawn from all files in an order that is always the same."""
    seeder = SEEDERS[kind][0]
    files = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    random.Random(kind).shuffle(files)
    count = 0
    for path in files:
        text = read(path).text
        if "nn.Module" not in text or "\r" in text:
            continue
        for seed in list(seeder(text))[:2]:
            yield path, text, seed
            count += 1
            if count == wanted:
                return


def reports(analyser: Analyser, path: Path, text: str, codes: tuple[str, ...]) -> set[tuple[str, str]]:
    """The code and message of each finding of the rules in question."""
    return {(d.code, d.message) for d in analyser.check(Source(str(path), text)) if d.code in codes}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--seeds", type=int, default=60)
    parser.add_argument("--show-missed", action="store_true")
    parser.add_argument("--kind", action="append")
    options = parser.parse_args()
    rules = all_rules()
    print(f"{'kind':24} seeds  found  share")
    for kind, (_, codes) in SEEDERS.items():
        if options.kind and kind not in options.kind:
            continue
        analyser = Analyser([r for r in rules if r.code in codes], options.folders[0].parent)
        total, found, missed = 0, 0, []
        for path, text, seed in candidates(options.folders, kind, options.seeds):
            before = reports(analyser, path, text, codes)
            total += 1
            if reports(analyser, path, seed.text, codes) - before:
                found += 1
            else:
                missed.append(f"    {path}:{seed.line} {seed.owner}")
        print(f"{kind:24} {total:5}  {found:5}  {found / max(total, 1):5.0%}")
        if options.show_missed:
            print("\n".join(missed[:8]))


if __name__ == "__main__":
    main()
