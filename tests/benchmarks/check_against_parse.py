"""How much more CPU time a whole `modlint check` takes than `ast.parse` on the same files, measured in one run.

    python tests/benchmarks/check_against_parse.py [FOLDER] [--package timm==1.0.31] [--runs 5]

Without FOLDER the package's wheel is downloaded with pip and unpacked into a temporary folder. Both sides are processes of
their own, run in turn: CPU time is user plus system time. The floor parses every file with the garbage collector off,
as modlint does, and counts parsing alone; modlint's side counts all of the process, interpreter start and output included.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

FLOOR = """
import ast, gc, sys, time, warnings
warnings.simplefilter("ignore")
texts = [open(path, encoding="utf-8").read() for path in sys.argv[1:]]
gc.disable()
start = time.process_time()
trees = [ast.parse(text) for text in texts]
print(time.process_time() - start)
"""


def unpacked(package: str, folder: Path) -> Path:
    """The folder of the package's sources, downloaded as a wheel."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), package]
    subprocess.run(command, check=True)
    wheel = next(folder.glob("*.whl"))
    zipfile.ZipFile(wheel).extractall(folder / "source")
    return folder / "source"


def floor(files: list[str]) -> float:
    """CPU seconds of parsing the files."""
    done = subprocess.run([sys.executable, "-c", FLOOR, *files], check=True, capture_output=True, text=True)
    return float(done.stdout)


def checked(folder: Path) -> float:
    """CPU seconds of a whole `modlint check` process on the folder."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "modlint", "check", "--isolated", "--exit-zero", "-q", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(folder: Path, runs: int) -> None:
    """Print the times and their ratio, pair by pair."""
    files = [str(path) for path in sorted(folder.rglob("*.py"))]
    lines = sum(Path(file).read_bytes().count(b"\n") for file in files)
    print(f"{len(files)} files, {lines} lines, {os.cpu_count()} CPUs, {runs} runs")
    print("run   ast.parse   modlint check   ratio")
    ratios = []
    for run in range(1, runs + 1):
        parse, check = floor(files), checked(folder)
        ratios.append(check / parse)
        print(f"{run:3}   {parse:7.2f} s   {check:11.2f} s   {ratios[-1]:5.2f}")
    print(f"median ratio {statistics.median(ratios):.2f}")


def main() -> None:
    """Measure on the folder given, or on a downloaded package."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--package", default="timm==1.0.31")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    if options.folder is not None:
        measure(options.folder, options.runs)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(unpacked(options.package, Path(folder)), options.runs)


if __name__ == "__main__":
    main()
