"""``modlint inspect``: a built class as a tree of its parameters, buffers, submodules and hooks."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from modlint.verify import given_recipes
from modlint.verify.candidates import Candidate
from modlint.verify.outcome import Job
from modlint.verify.pool import Pool
from modlint.verify.recipe import Recipe
from modlint.verify.settings import Settings


def inspected(candidate: Candidate, constructor: str, options: dict[str, Any]) -> tuple[str, str]:
    """The tree of an instance, or why there is none."""
    if candidate.skip:
        return "", f"`{candidate.qualname}` {candidate.skip}"
    given: tuple[Recipe, ...] = ()
    if constructor:
        given = (Recipe(constructor, origin="command line"),)
    elif options["recipes"]:
        given = tuple(given_recipes.chosen(Path(options["recipes"]), [candidate]).values())
    job = Job(
        candidate.module, candidate.qualname, candidate.path, candidate.filename, candidate.line, candidate.package,
        candidate.root, recipes=given, task="inspect",
    )  # fmt: skip
    answers = []
    with tempfile.TemporaryDirectory(prefix="modlint-", ignore_cleanup_errors=True) as folder:
        settings = Settings(folder, options["timeout"], sandbox=not options["no_sandbox"])
        with Pool(settings, 1) as pool:
            pool.run([job], lambda _, outcome: answers.append(replace(outcome)))
    outcome = answers[0]
    return outcome.shown, "" if outcome.stage == "done" and outcome.shown else outcome.reason
