"""How much of published packages the verifier builds and runs without a hint.

    python tests/benchmarks/verify_packages.py [--sources FOLDER] [--sample N] [--packages a,b] [--details]

Downloads the packages with pip (without their dependencies, and without installing any), unpacks them, verifies the
classes that define `forward`, and prints a table. `--sources` takes a folder with the unpacked packages instead.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

from modlint.config import Config
from modlint.verify.candidates import Candidate
from modlint.verify.outcome import CHECKED
from modlint.verify.report import VerifyReport
from modlint.verify.session import Options, Session, found
from modlint.verify.settings import Settings
from modlint.verify.target import Target

PACKAGES = {
    "timm": "timm",
    "kornia": "kornia",
    "vit_pytorch": "vit-pytorch",
    "x_transformers": "x-transformers",
    "segmentation_models_pytorch": "segmentation-models-pytorch",
    "monai": "monai",
    "torch_geometric": "torch_geometric",
}


def main() -> None:
    """Print the table."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        sources = Path(arguments.sources) if arguments.sources else _downloaded(arguments.packages, Path(folder))
        print(f"{'package':28} classes  skipped  constructed     ran  share  failed  CPU s/class  not reached")
        known = [str(sources / package) for package in PACKAGES if (sources / package).is_dir()]
        os.environ["PYTHONPATH"] = os.pathsep.join(known)
        ran = total = 0
        for package in arguments.packages:
            report, skipped = _verified(sources / package, package, arguments)
            _print_row(package, report, skipped)
            if arguments.details:
                _print_details(report)
            ran += sum(c.outcome.outcome == CHECKED for c in report.classes)
            total += len(report.classes)
        print(f"all: {ran} of {total} = {ran / max(total, 1):.1%}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sources")
    parser.add_argument("--sample", type=int, default=0, help="about so many classes per package; all by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--details", action="store_true")
    parser.add_argument("--packages", type=lambda text: text.split(","), default=list(PACKAGES))
    return parser.parse_args()


def _downloaded(packages: list[str], folder: Path) -> Path:
    names = [PACKAGES[package] for package in packages]
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", str(folder)]
    subprocess.run([*command, *names], check=True)
    for wheel in folder.glob("*.whl"):
        top = next(p for p in packages if wheel.name.lower().startswith(p.lower()))
        zipfile.ZipFile(wheel).extractall(folder / top)
    return folder


def _verified(root: Path, package: str, arguments: argparse.Namespace) -> tuple[VerifyReport, int]:
    chosen = found([Target(str(root / package))], Config(root))
    defining = [c for c in chosen if c.defines_forward]
    usable = [c for c in defining if not c.skip]
    if arguments.sample:
        usable = _sampled(usable, arguments.sample, arguments.seed)
    session = Session(usable, Options(Settings(""), arguments.jobs))
    return session.run(), len(defining) - len([c for c in defining if not c.skip])


def _sampled(usable: list[Candidate], wanted: int, seed: int) -> list[Candidate]:
    """All classes of files drawn by chance, until there are enough: a class is met with those of its file, as in use."""
    files = sorted({candidate.filename for candidate in usable})
    random.Random(seed).shuffle(files)
    taken: list[Candidate] = []
    for file in files:
        if len(taken) < wanted:
            taken += [candidate for candidate in usable if candidate.filename == file]
    return taken


def _print_row(package: str, report: VerifyReport, skipped: int) -> None:
    counts = report.summary()
    cpu = [c.outcome.cpu for c in report.classes if c.outcome.outcome == CHECKED]
    unreached = ", ".join(f"{n} {reason}" for reason, n in counts["not_reached"].items())
    print(
        f"{package:28} {counts['classes']:7} {skipped:8} {counts['constructed']:12} {counts['forward_ok']:7} "
        f"{counts['forward_ok'] / max(counts['classes'], 1):6.0%} {counts['checks_failed']:7} "
        f"{statistics.median(cpu) if cpu else 0:12.2f}  {unreached}",
        flush=True,
    )


def _print_details(report: VerifyReport) -> None:
    reasons = Counter(_kind(c.outcome.reason) for c in report.classes if c.outcome.outcome != CHECKED)
    for reason, number in reasons.most_common(8):
        print(f"    {number} x {reason}")
    for item in report.classes:
        shown = item.outcome.recipe.shown if item.outcome.recipe else ""
        if item.outcome.outcome != CHECKED:
            print(f"  - {item.name} | {item.outcome.outcome} | {item.outcome.reason[:200]} | {shown[:260]}")
        for check in item.failed:
            at = f"{check.location.filename}:{check.location.line}" if check.location else ""
            print(f"  ! {item.name} {check.code} {at} {check.message} | {shown[:200]}")


def _kind(reason: str) -> str:
    return reason.partition(":")[0]


if __name__ == "__main__":
    main()
