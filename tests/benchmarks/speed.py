"""What a run costs, as ratios measured in one run: against the bare parse, ruff, flake8 and TorchFix.

    python tests/benchmarks/speed.py FOLDER [--large FOLDER] [--runs 3] [--torchfix ENVIRONMENT]

FOLDER holds Python sources (timm's, say), ``--large`` more of them (transformers') for the growth of cost and memory.
TorchFix pins an old libcst, so it lives in an environment of its own, made by ``python -m venv E && E/bin/pip install
torchfix==0.7.0``. CPU is user plus system time of a process and its children; memory is the sum of the proportional
shares of all processes, sampled. Each tool is measured in turn in every round, and the median is printed.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PARSE = """
import ast, gc, sys, time, warnings
warnings.simplefilter("ignore")
texts = [open(path, encoding="utf-8").read() for path in sys.stdin.read().split("\\n") if path]
gc.disable()
start = time.process_time()
trees = [ast.parse(text) for text in texts]
print(time.process_time() - start)
"""
BIN = Path(sys.executable).parent
SAMPLE = 0.2
SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)


@dataclass(frozen=True)
class Cost:
    """What one process and its children took: seconds of CPU and of wall time, and MiB at the peak."""

    cpu: float
    wall: float
    peak: float


def run(*command: str, memory: bool = False) -> Cost:
    """Run a command with its output thrown away."""
    before, start, peak = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter(), 0.0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while memory and process.poll() is None:
        peak = max(peak, memory_of(process.pid))
        time.sleep(SAMPLE)
    process.wait()
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall, peak)


def memory_of(process: int) -> float:
    """MiB that a process and its children hold, each shared page counted once (Linux)."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        rows = [Path(f"/proc/{p}/smaps_rollup").read_text() for p in (str(process), *children)]
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for row in rows for line in row.splitlines() if line.startswith("Pss:")) / 1024


def parse(files: list[Path]) -> float:
    """CPU seconds of parsing the files, alone."""
    listed = "\n".join(map(str, files))
    done = subprocess.run([sys.executable, "-c", PARSE], input=listed, check=True, capture_output=True, text=True)
    return float(done.stdout)


def modlint(*arguments: str | Path, memory: bool = False) -> Cost:
    """A whole `modlint check`."""
    common = ("check", "--isolated", "--exit-zero", "--output-format=concise")
    return run(sys.executable, "-m", "modlint", *common, *map(str, arguments), memory=memory)


def row(name: str, values: list[float], unit: str, note: str = "") -> None:
    """Print one line of the table."""
    print(f"{name:45} {statistics.median(values):9.3f} {unit:4} {note}", flush=True)


def sources(folder: Path) -> tuple[list[Path], int]:
    """The Python files below a folder, and how many lines they have."""
    files = sorted(folder.rglob("*.py"))
    return files, sum(file.read_bytes().count(b"\n") for file in files)


def cold(folder: Path, runs: int) -> float:
    """Cold runs against the floor; CPU seconds per line."""
    files, lines = sources(folder)
    print(f"\n{folder.name}: {len(files)} files, {lines} lines")
    floors, ones, twos = [], [], []
    for _ in range(runs):
        floors.append(parse(files))
        ones.append(modlint(folder, "--no-cache", "--jobs=1", memory=True))
        twos.append(modlint(folder, "--no-cache", "--jobs=2", memory=True))
    row("ast.parse: CPU", floors, "s")
    row("cold, 1 job: CPU", [c.cpu for c in ones], "s")
    row("cold, 1 job: CPU / ast.parse", [c.cpu / f for c, f in zip(ones, floors, strict=True)], "x")
    row("cold, 1 job: lines per second of CPU", [lines / c.cpu for c in ones], "/s")
    row("cold, 1 job: peak memory", [c.peak for c in ones], "MiB")
    row("cold, 2 jobs: wall", [c.wall for c in twos], "s")
    row("cold, 2 jobs: CPU", [c.cpu for c in twos], "s")
    row("cold, 2 jobs: peak memory of all", [c.peak for c in twos], "MiB")
    return statistics.median(c.cpu for c in ones) / lines


def warm(folder: Path, runs: int) -> None:
    """Warm runs on a copy, one of whose files is then changed, beside ruff's."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(shutil.copytree(folder, Path(place, "sources")))
        kept = ("--cache-dir", str(Path(place, "kept")))
        ruff = (str(BIN / "ruff"), "check", "-q", "--isolated", "--exit-zero", "--cache-dir", str(Path(place, "ruff")))
        modlint(copy, *kept)
        row("ruff cold: wall", [run(*ruff, "--select=E9", str(copy)).wall], "s", "(--select E9)")
        time.sleep(2.5)
        modlint(copy, *kept)
        rounds = [(modlint(copy, *kept), run(*ruff, "--select=E9", str(copy))) for _ in range(runs)]
        printed = [run(*ruff, str(copy)) for _ in range(runs + 1)][1:]
        row("ruff warm, nothing to print: wall", [r.wall for _, r in rounds], "s", "(--select E9)")
        row("ruff warm, default rules: wall", [c.wall for c in printed], "s")
        row("warm: wall", [m.wall for m, _ in rounds], "s")
        row("warm: wall / ruff warm, nothing to print", [m.wall / r.wall for m, r in rounds], "x")
        changed = max(copy.rglob("*.py"), key=lambda file: file.stat().st_size if "model" in file.name else 0)
        costs = []
        for number in range(runs):
            changed.write_text(changed.read_text(encoding="utf-8") + f"\n# {number}\n", encoding="utf-8")
            costs.append(modlint(copy, *kept).wall)
        row("warm, one file changed: wall", costs, "s", changed.name)


def flake8(folder: Path, runs: int) -> None:
    """flake8 without and with the plugin, on one process."""
    command = (str(BIN / "flake8"), "--isolated", "--exit-zero", "-j1")
    pairs = [(run(*command, "--extend-ignore=MOD", str(folder)), run(*command, str(folder))) for _ in range(runs)]
    alone = [run(sys.executable, "-c", WITHOUT, "--isolated", "--exit-zero", "-j1", str(folder)) for _ in pairs]
    row("flake8 without the plugin: CPU", [c.cpu for c in alone], "s")
    row("plugin: CPU / flake8's own", [w.cpu / a.cpu - 1 for (_, w), a in zip(pairs, alone, strict=True)], "x")


WITHOUT = """
import sys
from importlib import metadata
found = metadata.distributions
metadata.distributions = lambda **k: (d for d in found(**k) if d.metadata["name"] != "modlint")
from flake8.main.cli import main
sys.exit(main(sys.argv[1:]))
"""


def growth(folder: Path) -> None:
    """How the cost of a cold run grows with the lines that are checked: folders drawn at random, up to so many lines."""
    files, total = sources(folder)
    folders = sorted({file.parent for file in files})
    random.Random(0).shuffle(folders)
    for wanted in [size for size in SIZES if size < total]:
        chosen: list[Path] = []
        lines = 0
        for place in folders:
            own = sorted(place.glob("*.py"))
            size = sum(file.read_bytes().count(b"\n") for file in own)
            if lines + size <= wanted:
                chosen, lines = [*chosen, *own], lines + size
        if not chosen:
            continue
        cost = modlint(*chosen, "--no-cache", "--jobs=1", memory=True)
        note = f"{lines} lines in {len(chosen)} files, {cost.cpu:.2f} s, {cost.peak:.0f} MiB"
        row(f"cold, {wanted // 1000} k lines: CPU per 1000 lines", [1e6 * cost.cpu / lines], "ms", note)


def starting(runs: int) -> None:
    """One clean file."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "clean.py")
        file.write_text("import torch\n", encoding="utf-8")
        floor = [run(sys.executable, "-c", "import click").wall for _ in range(runs * 3)]
        first = [modlint(file, "--no-cache").wall for _ in range(runs * 3)]
        modlint(file)
        later = [modlint(file).wall for _ in range(runs * 3)]
    row("python -c 'import click': wall", floor, "s")
    row("one clean file, cold: wall / import click", [w / statistics.median(floor) for w in first], "x")
    row("one clean file, warm: wall / import click", [w / statistics.median(floor) for w in later], "x")


def torchfix(environment: Path, folder: Path) -> None:
    """TorchFix once (it takes minutes), beside one cold run."""
    theirs = run(str(environment / "bin" / "torchfix"), "--select=ALL", str(folder))
    ours = modlint(folder, "--no-cache", "--jobs=1")
    row("TorchFix: CPU", [theirs.cpu], "s")
    row("TorchFix: CPU / modlint's, cold", [theirs.cpu / ours.cpu], "x")


def main() -> None:
    """Measure and print the table."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as pip leaves it: bytecode is kept
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--large", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--torchfix", type=Path)
    options = parser.parse_args()
    print(f"{os.cpu_count()} CPUs, Python {sys.version.split()[0]}, medians of {options.runs} rounds")
    starting(options.runs)
    small = cold(options.folder, options.runs)
    warm(options.folder, options.runs)
    flake8(options.folder, options.runs)
    if options.torchfix is not None:
        torchfix(options.torchfix, options.folder)
    if options.large is not None:
        growth(options.large)
        large = cold(options.large, 1)
        print(f"{'cost per line / that of the smaller one':45} {large / small:9.3f} x")
        warm(options.large, 1)


if __name__ == "__main__":
    main()
