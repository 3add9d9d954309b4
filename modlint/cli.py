"""The command line. What a command needs is imported when it runs, so that ``--help`` stays quick."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from typing import TYPE_CHECKING, Any, TypeVar

import click

from modlint import __version__, cli_verify
from modlint.console import listed, show, wants_color
from modlint.errors import ModlintError
from modlint.report import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable

    from modlint.config import Config
    from modlint.executor import Executor
    from modlint.recent import Recent
    from modlint.report import Report

Command = TypeVar("Command", bound="Callable[..., int]")
TABLE_FORMATS = ("text", "markdown", "json")
_FILE = click.Path(exists=True, dir_okay=False)


def _list_option(*names: str, help: str, metavar: str = "RULES") -> Callable[[Command], Command]:
    return click.option(*names, multiple=True, callback=listed, metavar=metavar, help=help)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="modlint", message="%(prog)s %(version)s")
def cli() -> None:
    """Find bugs in PyTorch nn.Module code before training does."""


@cli.command()
@click.argument("paths", nargs=-1)
@_list_option("--select", help="Run these rules only: codes, their prefixes, names or ALL, with commas.")
@_list_option("--extend-select", help="Run these rules too.")
@_list_option("--ignore", help="Don't run these rules.")
@click.option("--preview", is_flag=True, help="Run the rules that are still being proven, too.")
@_list_option("--exclude", metavar="PATTERNS", help="Leave out these too, in the patterns of .gitignore.")
@click.option("--force-exclude", is_flag=True, help="Leave out excluded files even where they are named.")
@click.option("--output-format", type=click.Choice(tuple(FORMATS)), default="text", show_default=True)
@click.option("--fix", is_flag=True, help="Mend what has a safe fix, and report what remains.")
@click.option("--unsafe-fixes", is_flag=True, help="Take fixes that a person should look at for fixes too.")
@click.option("--diff", is_flag=True, help="Print what --fix would change as a diff, and change nothing.")
@click.option("--statistics", is_flag=True, help="Print counts per rule in place of the findings.")
@click.option("--show-source/--no-show-source", default=True, help="Show the code of a finding (text).")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 although there are findings.")
@click.option("--report-unused-noqa", is_flag=True, help="Report noqa comments that name a rule in vain.")
@click.option("--config", "config_file", type=_FILE, help="The file with the settings.")
@click.option("--isolated", is_flag=True, help="Read no settings from files.")
@click.option("--python", type=click.Path(exists=True), help="Environment to find installed packages in.")
@click.option("--stdin-filename", metavar="FILE", help="The name of what standard input (-) holds.")
@click.option("--cache-dir", type=click.Path(file_okay=False), help="Keep results here (default: .modlint_cache).")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep results of earlier runs.")
@click.option("--jobs", type=click.IntRange(1), help="Check in so many processes (default: one per CPU).")
@click.option("--cluster", metavar="ADDRESS", help="Check on a Dask cluster whose workers see the same files.")
@click.option("-q", "--quiet", is_flag=True, help="Print findings only, no summary.")
@click.option("--verify", is_flag=True, help="Run the models, and say of each finding whether that confirms it.")
@click.option("-v", "--verbose", is_flag=True, help="Say which settings and rules are used.")
def check(paths: tuple[str, ...], **options: Any) -> int:
    """Check files, and the Python files in folders; - is standard input.

    Exit code 0: nothing found (or left, after --fix), 1: findings (or a --diff), 2: wrong usage or settings,
    3: an error in modlint itself, 4: with --verify, none of the classes could be run.
    """
    if "-" in paths and len(paths) > 1:
        raise click.UsageError("`-` (standard input) can't be combined with other paths.")
    if "-" in paths and options["verify"]:
        raise click.UsageError("--verify runs files: `-` (standard input) is none.")
    if options["config_file"] and options["isolated"]:
        raise click.UsageError("--config and --isolated exclude each other.")
    config = _config(paths, options)
    if options["verbose"]:
        _print_settings(config)
    recent = _recent(paths or (".",), config, options)
    report = _run(paths or (".",), config, options, recent)
    if options["diff"]:
        return report.status if report.status == 3 else int(bool(report.fixed) and not options["exit_zero"])
    if options["verify"]:
        report = cli_verify.with_verdicts(paths or (".",), report, config, options)
    status = 0 if options["exit_zero"] and report.status == 1 else report.status
    if not status and paths and report.nothing_verified and not options["exit_zero"]:
        status = cli_verify.UNVERIFIED
    if paths != ("-",) or not options["fix"]:
        text = _rendered(report, options)
        show(text)
        arguments = click.get_current_context().obj
        if recent and arguments and report.status != 3 and not (options["verify"] or options["verbose"]):
            recent.remember(arguments, status, text)
    return status


@cli.command()
@click.option("--output-format", type=click.Choice(TABLE_FORMATS), default="text", show_default=True)
@click.option("--pages", metavar="FOLDER", help="Write a page for each rule into FOLDER instead.")
def rules(output_format: str, pages: str | None) -> int:
    """List all rules."""
    from modlint import catalogue, explain

    if pages is not None:
        from modlint.writing import write_texts

        write_texts(pages, explain.pages(catalogue.all_rules()))
        return 0
    show(explain.table(catalogue.all_rules(), output_format))
    return 0


@cli.command()
@click.argument("rule")
def explain(rule: str) -> int:
    """Show the page of RULE, given by code or name."""
    from modlint import explain, selection

    page = explain.page(rule)
    if page is None:
        hint = selection.did_you_mean(rule)
        raise click.UsageError(f"unknown rule `{rule}`{hint}; `modlint rules` lists them.")
    show(page)
    return 0


cli.add_command(cli_verify.verify)
cli.add_command(cli_verify.inspect)


def run(arguments: list[str]) -> int:
    """Run a command in a process of its own; its exit code. Ctrl-C is a `KeyboardInterrupt`.

    Trees are millions of objects: the search for garbage among them would take most of the time of a run, and Python's
    last one, when it ends, a quarter.
    """
    gc.disable()
    try:
        return _status(arguments)
    finally:
        gc.freeze()


def _status(arguments: list[str]) -> int:
    _accept_all_text()
    try:
        return int(cli.main(arguments, prog_name="modlint", standalone_mode=False, obj=arguments) or 0)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except ModlintError as error:
        click.echo(f"modlint: {error}", err=True)
        return 2
    except click.Abort:
        raise KeyboardInterrupt from None
    except Exception as error:  # noqa: BLE001  the last door: without it Python would exit with 1, which means findings
        if _was_interrupted(error):
            raise KeyboardInterrupt from None
        traceback.print_exc()
        click.echo("modlint: internal error, a bug of modlint's: please report it, with the lines above", err=True)
        return 3


def _was_interrupted(error: BaseException | None) -> bool:
    """Whether an error came from code that was cleaning up after Ctrl-C: libcst's positions raise a KeyError then."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def _config(paths: tuple[str, ...], options: dict[str, Any]) -> Config:
    """The settings of the files, overruled by those of the command line."""
    from msgspec.structs import replace

    from modlint.config import Selection, load

    name = options["stdin_filename"]
    start = paths if paths != ("-",) else ((name,) if name else ())
    config = load(start, options["config_file"], options["isolated"])
    extend, ignore = options["extend_select"], options["ignore"]
    said = Selection("command line", options["select"] or None, extend, ignore)
    return replace(
        config,
        selections=(*config.selections, said),
        exclude=(*config.exclude, *options["exclude"]),
        python=options["python"] or config.python,
        preview=options["preview"] or config.preview,
    )


def _run(paths: tuple[str, ...], config: Config, options: dict[str, Any], recent: Recent | None) -> Report:
    if options["fix"] or options["diff"]:
        return _repaired(paths, config, options)
    report = recent.report() if recent is not None else None
    if report is not None:
        return report
    from modlint.progress import progress_bar
    from modlint.run import check_paths, check_text

    wanted = {key: options[key] for key in ("force_exclude", "report_unused_noqa")}
    if paths == ("-",):
        return check_text(sys.stdin.buffer.read(), options["stdin_filename"] or "-", config, **wanted)
    with progress_bar(not options["quiet"]) as progress:
        return check_paths(paths, config, progress=progress, recent=recent, executor=_executor(options), **wanted)


def _recent(paths: tuple[str, ...], config: Config, options: dict[str, Any]) -> Recent | None:
    """The results of earlier runs with these settings; ``None`` if they aren't wanted."""
    if options["no_cache"] or options["fix"] or options["diff"] or paths == ("-",):
        return None
    from modlint.cache import Cache, key
    from modlint.cache_folder import FOLDER
    from modlint.recent import Recent

    folder = options["cache_dir"] or os.path.join(config.root, FOLDER)
    cache = Cache(os.path.abspath(folder), key(config, options["report_unused_noqa"]))
    return Recent(paths, config, cache, options["force_exclude"])


def _executor(options: dict[str, Any]) -> Executor | None:
    """Where files are checked that aren't checked in this process; nowhere if one process is enough."""
    from modlint.executor import Cluster, Local, cpus

    if options["cluster"]:
        return Cluster(options["cluster"])
    jobs = options["jobs"] or cpus()
    return Local(jobs) if jobs > 1 else None


def _repaired(paths: tuple[str, ...], config: Config, options: dict[str, Any]) -> Report:
    """Fix, and print what is not part of the report: the diff, the fixed standard input, fixes that were left out."""
    from modlint.progress import progress_bar
    from modlint.repair import Wishes, fix_paths, fix_text

    wanted = {key: options[key] for key in ("force_exclude", "report_unused_noqa")}
    wishes = Wishes(options["unsafe_fixes"], not options["diff"], **wanted)
    if paths == ("-",):
        name = options["stdin_filename"] or "-"
        repair, content = fix_text(sys.stdin.buffer.read(), name, config, wishes)
        if not options["diff"]:
            sys.stdout.buffer.write(content)
            click.echo(_rendered(repair.report, options), err=True, nl=False)
    else:
        with progress_bar(not options["quiet"]) as progress:
            repair = fix_paths(paths, config, wishes, progress)
    if options["diff"]:
        show(repair.diff)
        if repair.report.fixed and not options["quiet"]:
            count = len(repair.report.fixed)
            click.echo(f"Would fix {count} problem{'s' if count > 1 else ''}.", err=True)
    for left in repair.report.left_out:
        place = f"{left.diagnostic.filename}:{left.diagnostic.span.row}"
        click.echo(f"modlint: {place}: {left.diagnostic.code} is not fixed: {left.reason}", err=True)
    return repair.report


def _rendered(report: Report, options: dict[str, Any]) -> str:
    from modlint.report import Style, render

    style = Style(wants_color(), options["show_source"], not options["quiet"], options["unsafe_fixes"])
    return render(report, "statistics" if options["statistics"] else options["output_format"], style)


def _print_settings(config: Config) -> None:
    from modlint.selection import selected_rules

    click.echo(f"settings: {config.file or 'none'}\nproject: {config.root}", err=True)
    click.echo(f"rules: {', '.join(rule.code for rule in selected_rules(config)) or 'none'}", err=True)


def _accept_all_text() -> None:
    """Let names and code with characters that the terminal can't show be printed escaped."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
