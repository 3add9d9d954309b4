"""Whether a cached run prints what a run without a cache prints, after random edits of a source tree.

    python tests/benchmarks/edited_files.py FOLDER [--edits 100] [--seed 0] [--only PATTERN] [--warmup 0]

FOLDER is copied. Each round edits one to three files of the copy, or adds, empties or deletes one, runs all rules with
the cache that the rounds before left and without a cache, and compares the two reports byte for byte. Edits are left in
the copy, so that findings pile up; ``--warmup`` makes so many before the first run. Half of the edits go to the files
that are imported most, by the name of the file.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from editing import edited

CHECK = (
    sys.executable, "-m", "modlint", "check", "--isolated", "--select=ALL", "--preview", "--report-unused-noqa",
    "--exit-zero", "--output-format=json", "--jobs=1", "-q",
)  # fmt: skip


class Tree:
    """A copy of a source tree that is being edited."""

    def __init__(self, top: Path, only: str, seed: int) -> None:
        self.top, self.chance, self.only = top, random.Random(seed), only
        self.kinds: Counter[str] = Counter()
        words = Counter(word for file in self.files() for word in set(file.read_text("utf-8", "replace").split()))
        self._weights = {file: sum(words[form] for form in _forms(file)) for file in self.files()}

    def files(self) -> list[Path]:
        """The files that may be edited."""
        return sorted(self.top.rglob(self.only))

    def edit(self) -> str:
        """Change one file; what was done to which."""
        files = self.files()
        often = [self._weights.get(file, 0) + 1 for file in files]
        file = self.chance.choice(files) if self.chance.random() < 0.5 else self.chance.choices(files, often)[0]
        kind = self._done(file)
        self.kinds[kind] += 1
        return f"{kind}: {file.relative_to(self.top)}"

    def _done(self, file: Path) -> str:
        draw = self.chance.random()
        if draw < 0.01:
            file.unlink()
            return "delete file"
        if draw < 0.02:
            file.write_text("", encoding="utf-8")
            return "empty file"
        if draw < 0.04:
            shutil.copy(file, file.with_name(f"added{self.chance.randrange(1000)}.py"))
            return "copy file"
        kind, text = edited(file.read_text("utf-8", "replace"), self.chance)
        file.write_text(text, encoding="utf-8")
        return kind


def _forms(file: Path) -> tuple[str, ...]:
    name = file.parent.name if file.name == "__init__.py" else file.stem
    return name, f".{name}", f"..{name}", f".{file.parent.name}.{name}"


def report(top: Path, *options: str) -> tuple[bytes, float]:
    """What a check of the tree prints, and the seconds it took."""
    start = time.perf_counter()
    done = subprocess.run([*CHECK, *options, "."], cwd=top, capture_output=True, check=False)
    return done.stdout + done.stderr, time.perf_counter() - start


def main() -> None:
    """Edit, compare, and tell where the two differ."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--edits", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="*.py")
    parser.add_argument("--warmup", type=int, default=0)
    options = parser.parse_args()
    wrong, cached, plain = 0, 0.0, 0.0
    with tempfile.TemporaryDirectory() as place:
        tree = Tree(Path(shutil.copytree(options.folder, Path(place, "tree"))), options.only, options.seed)
        kept = f"--cache-dir={place}/kept"
        for _ in range(options.warmup):
            tree.edit()
        report(tree.top, kept)
        for number in range(options.edits):
            done = [tree.edit() for _ in range(tree.chance.choice((1, 1, 1, 2, 3)))]
            (ours, seconds), (truth, others) = report(tree.top, kept), report(tree.top, "--no-cache")
            cached, plain = cached + seconds, plain + others
            if ours != truth:
                wrong += 1
                Path(f"{options.folder.name}-{options.seed}-{number}.cached").write_bytes(ours)
                Path(f"{options.folder.name}-{options.seed}-{number}.plain").write_bytes(truth)
                print(f"round {number} differs after {done}", flush=True)
        print(f"{options.edits} rounds, {sum(tree.kinds.values())} edits: {dict(tree.kinds)}")
        print(f"{wrong} differ; last report: {len(truth)} bytes; seconds: {cached:.0f} cached, {plain:.0f} without")


if __name__ == "__main__":
    main()
