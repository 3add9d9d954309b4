"""The commands that run models: ``verify`` and ``inspect``."""

from __future__ import annotations

import ast
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from modlint.console import listed, show, wants_color

if TYPE_CHECKING:
    from modlint.config import Config
    from modlint.diagnostics import Diagnostic
    from modlint.errors import SourceError
    from modlint.report import Report
    from modlint.verify.candidates import Candidate
    from modlint.verify.report import VerifyReport
    from modlint.verify.session import Options

FORMATS = ("text", "json", "github")
UNVERIFIED = 4
"""The exit code where targets were named and none of their classes could be verified."""


@click.command()
@click.argument("targets", nargs=-1)
@click.option("--device", type=click.Choice(("cpu", "cuda", "auto")), default="auto", show_default=True)
@click.option("--output-format", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--jobs", type=click.IntRange(1), help="Processes to run at once.  [default: the CPUs]")
@click.option("--timeout", type=click.FloatRange(0.1), default=30.0, show_default=True, help="Seconds per class.")
@click.option("--memory", type=click.FloatRange(0.1), default=4.0, show_default=True, help="Gigabytes per class.")
@click.option("--select", multiple=True, callback=listed, metavar="CODES", help="Run these checks and rules only.")
@click.option("--ignore", multiple=True, callback=listed, metavar="CODES", help="Don't run these.")
@click.option("--recipes", type=click.Path(exists=True, dir_okay=False), help="A file of recipes to use.")
@click.option("--write-recipes", type=click.Path(dir_okay=False), help="Write the recipes that were found.")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep recipes found before.")
@click.option("--no-sandbox", is_flag=True, help="Don't confine the code that is run.")
@click.option("--allow-network", is_flag=True, help="Let the code use the network and start programs.")
@click.option("--allow-write", is_flag=True, help="Let the code write files.")
@click.option("--strict", is_flag=True, help="Exit with 1 if a class can't be run.")
@click.option("--allow-unverified", is_flag=True, help="Exit with 0 although no class could be verified.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 although something was found.")
@click.option("--force-exclude", is_flag=True, help="Leave out excluded files even where they are named.")
@click.option("--isolated", is_flag=True, help="Read no settings from files.")
@click.option("-q", "--quiet", is_flag=True, help="Print only classes with findings, no summary.")
def verify(targets: tuple[str, ...], **options: Any) -> int:
    """Build the Module classes of TARGETS, run them and check what they do.

    A target is a file, a folder, a package or package.module:Class. Exit code 0: nothing found, 1: findings,
    2: wrong usage or settings, 3: an error in modlint itself, 4: no class of the named targets could be verified.
    """
    from modlint.verify import session

    session.require_torch()
    config, chosen, refused, passed_over = _chosen(targets or (".",), options)
    diagnostics = static_findings(chosen, config)
    report = run(chosen, diagnostics, _options(options, config, passed_over), not options["quiet"])
    show(rendered(report, options["output_format"], not options["quiet"]))
    if report.interrupted:
        return 130
    status = report.status(options["strict"]) or int(refused > 0)
    if not status and targets and report.nothing_verified and not options["allow_unverified"]:
        status = UNVERIFIED
    return 0 if options["exit_zero"] else status


@click.command()
@click.argument("target")
@click.option("--timeout", type=click.FloatRange(0.1), default=30.0, show_default=True, help="Seconds.")
@click.option("--recipes", type=click.Path(exists=True, dir_okay=False), help="A file of recipes to use.")
@click.option("--no-sandbox", is_flag=True, help="Don't confine the code that is run.")
def inspect(target: str, **options: Any) -> int:
    """Build one class and print its parameters, buffers, submodules and hooks.

    TARGET is PATH:Class or package.module:Class, with arguments if you like: `net.py:Net(10, 20)`.
    """
    from modlint.verify import inspection, session

    session.require_torch()
    place, parenthesis, arguments = target.partition("(")
    _, chosen, *_ = _chosen((place,), {"select": (), "ignore": (), "isolated": True, "force_exclude": False})
    if len(chosen) != 1:
        names = ", ".join(c.qualname for c in chosen[:8]) or "none"
        raise click.UsageError(f"name one class: `{place}:Class`; there is {names}.")
    constructor = f"{chosen[0].qualname}({arguments}" if parenthesis else ""
    if constructor and not _is_expression(constructor):
        raise click.UsageError(f"`({arguments}` are no arguments of a call.")
    tree, problem = inspection.inspected(chosen[0], constructor, options)
    if problem:
        click.echo(f"modlint: {problem}", err=True)
        return 1
    show(tree)
    return 0


def _is_expression(text: str) -> bool:
    try:
        ast.parse(text, mode="eval")
    except (SyntaxError, ValueError):
        return False
    return True


def run(chosen: list[Candidate], diagnostics: list[Diagnostic], options: Options, show_progress: bool) -> VerifyReport:
    """Verify classes, with a progress bar where it is wanted."""
    from modlint.progress import progress_bar
    from modlint.verify.session import Session

    with progress_bar(show_progress) as progress:
        return Session(chosen, options, diagnostics).run(progress)


def with_verdicts(paths: tuple[str, ...], report: Report, config: Config, options: dict[str, Any]) -> Report:
    """The report of a check with what a run of its Module classes found: failed checks, and verdicts on findings."""
    from modlint.report.combined import combined
    from modlint.verify import session
    from modlint.verify.target import Target

    session.require_torch()
    passed_over: list[str] = []
    targets = [Target(path) for path in paths]
    classes = session.found(targets, config, options["force_exclude"], passed_over=passed_over.append)
    settings = {"timeout": 30.0, "memory": 4.0, "no_sandbox": False, "allow_network": False, "allow_write": False}
    other = {"device": "auto", "jobs": options["jobs"], "recipes": None, "write_recipes": None}
    run_options = _options({**settings, **other, "no_cache": options["no_cache"]}, config, len(passed_over))
    verified = run(classes, static_findings(classes, config), run_options, not options["quiet"])
    return combined(report, verified)


def static_findings(chosen: list[Candidate], config: Config) -> list[Diagnostic]:
    """What the rules find in the files of the classes."""
    from modlint.run import Checker

    checker = Checker(config)
    files = dict.fromkeys(candidate.filename for candidate in chosen)
    return [diagnostic for file in files for diagnostic in checker.file(file)[1]]


def rendered(report: VerifyReport, form: str, summary: bool) -> str:
    """The report in one of the formats."""
    import importlib

    from modlint.report import Style

    style = Style(color=wants_color(), summary=summary)
    text: str = importlib.import_module(f"modlint.report.verify_{form}").render(report, style)
    return text


def _chosen(targets: tuple[str, ...], options: dict[str, Any]) -> tuple[Config, list[Candidate], int, int]:
    """The settings, the classes that the targets name, how many of their files can't be parsed and were passed over."""
    from msgspec.structs import replace

    from modlint.config import Selection, load
    from modlint.verify import session
    from modlint.verify.target import resolve

    resolved = [resolve(target) for target in targets]
    config = load(tuple(target.path for target in resolved), None, options["isolated"])
    said = Selection("command line", options["select"] or None, (), options["ignore"])
    config = replace(config, selections=(*config.selections, said))
    refused: list[str] = []
    passed_over: list[str] = []

    def refuse(file: str, error: SourceError) -> None:
        refused.append(file)
        click.echo(f"modlint: {file}:{error.line}: {error.message}", err=True)

    chosen = session.found(resolved, config, options["force_exclude"], refuse, passed_over.append)
    return config, chosen, len(refused), len(passed_over)


def _options(options: dict[str, Any], config: Config, passed_over: int) -> Options:
    from modlint.executor import cpus
    from modlint.verify.recipe import cache_path
    from modlint.verify.session import configured
    from modlint.verify.settings import Settings

    settings = Settings(
        "",
        options["timeout"],
        options["memory"],
        not options["no_sandbox"],
        options["allow_network"],
        options["allow_write"],
        device(options["device"]),
        insists=options["device"] == "cuda",
    )
    return configured(
        config,
        settings,
        jobs=options["jobs"] or cpus(),
        recipes=Path(options["recipes"]) if options["recipes"] else None,
        write_recipes=Path(options["write_recipes"]) if options["write_recipes"] else None,
        cache=None if options["no_cache"] else cache_path(config.root, os.environ),
        passed_over=passed_over,
    )


def device(wanted: str) -> str:
    """The device to run on: ``auto`` is a GPU where the system has a driver for one."""
    if wanted != "auto":
        return wanted
    return "cuda" if os.path.exists("/dev/nvidiactl") else "cpu"
