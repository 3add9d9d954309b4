"""The verifier's report for people: each class with how it was built and called, and what was found in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import click

from modlint.report import Style, printable
from modlint.verify.outcome import CHECKED, RECIPE_FAILED, CheckResult, Judgement
from modlint.verify.report import ClassReport, VerifyReport

MOST_NAMES: Final = 5
MOST_REASONS: Final = 6
_COLORS = {"error": "red", "warning": "yellow", "info": "blue"}
_VERDICTS = {"confirmed": "red", "refuted": "yellow", "not-reached": "blue"}


def render(report: VerifyReport, style: Style) -> str:
    """Every class (only those with something to say, where no summary is wanted), then the counts."""
    lines: list[str] = [*_parts(report, style)] if style.summary else []
    told: set[tuple[str, str]] = set()
    for item in report.classes:
        if not item.imported:
            lines += _not_imported(item, report, style, told) if style.summary else ()
        elif style.summary or item.failed or item.findings or item.outcome.outcome == RECIPE_FAILED:
            lines += _class(item, style)
    if style.summary:
        lines += ["", *summary(report)]
    return "".join(f"{line}\n" for line in lines)


def _parts(report: VerifyReport, style: Style) -> Iterator[str]:
    """For each file that wasn't run whole, once, why."""
    for file, reason in report.parts().items():
        what = f"only its imports, definitions and what those need were run: {reason}"
        yield f"{_styled(printable(file), style, bold=True)} {printable(what)}"


def _not_imported(item: ClassReport, report: VerifyReport, style: Style, told: set[tuple[str, str]]) -> Iterator[str]:
    """A line for all classes of a file that can't be imported, when the first is met."""
    key = (item.filename, item.outcome.reason)
    if key in told:
        return
    told.add(key)
    names = [c.short for c in report.classes if (c.filename, c.outcome.reason) == key and not c.imported]
    file, mark = _styled(printable(item.filename), style, bold=True), _styled("not-imported", style, fg="yellow")
    yield f"{file} {mark}: {printable(item.outcome.reason)}; not verified: {_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def _class(item: ClassReport, style: Style) -> Iterator[str]:
    outcome, short = item.outcome, item.short
    place = _styled(printable(item.place.shown), style, bold=True)
    if outcome.outcome == CHECKED and outcome.recipe is not None:
        mark = _styled("failed", style, fg="red") if item.failed else _styled("ok", style, fg="green")
        on = f" on `{printable(outcome.shown)}`" if outcome.shown else " without arguments"
        yield f"{place} {short} {mark}: `{printable(outcome.recipe.constructor)}`{on}"
        if outcome.recipe.stand_ins:
            yield f"    stand-ins: {', '.join(dict.fromkeys(outcome.recipe.stand_ins))}"
    else:
        at = f" at {printable(outcome.location.shown)}" if outcome.location else ""
        yield f"{place} {short} {_styled(outcome.outcome, style, fg='yellow')}: {printable(outcome.reason)}{at}"
    results = (*item.failed, *(item.notes if style.show_source else ()))
    yield from (_check(result, style) for result in results if not item.tells(result))
    yield from (_finding(finding, style) for finding in item.findings)


def _check(result: CheckResult, style: Style) -> str:
    at = f"{printable(result.location.shown)}:{result.location.column} " if result.location else ""
    code = _styled(result.code, style, fg=_COLORS[result.severity], bold=True)
    note = "note: " if result.status == "noted" else ""
    return f"    {at}{code} {result.name} {note}{printable(result.message)}"


def _finding(finding: Judgement, style: Style) -> str:
    at = printable(finding.location.shown)
    verdict = _styled(finding.verdict, style, fg=_VERDICTS[finding.verdict], bold=True)
    seen = f" by {finding.check}" if finding.check else ""
    return f"    {at} {finding.code} {verdict}{seen}: {printable(finding.evidence)}"


def summary(report: VerifyReport) -> Iterator[str]:
    """The counts of a run in lines: what was built and run, what wasn't and why, what was kept from the code."""
    counts = report.summary()
    if not report.total:
        yield f"No Module classes to verify.{_passed_over(report)}"
        return
    if report.interrupted:
        yield f"Interrupted: {len(report.classes)} of {report.total} classes done."
    unreached = ", ".join(f"{number} {reason}" for reason, number in counts["not_reached"].items()) or "none"
    failed = counts["checks_failed"]
    yield (
        f"{report.total} {'class' if report.total == 1 else 'classes'}: {counts['constructed']} constructed, "
        f"{counts['forward_ok']} ran; {failed} {'check' if failed == 1 else 'checks'} failed; not reached: {unreached}."
    )
    yield from _unverified(report)
    if counts["verdicts"]:
        yield (
            "Static findings: "
            + ", ".join(f"{number} {verdict}" for verdict, number in counts["verdicts"].items())
            + "."
        )
    if report.passed_over:
        yield _passed_over(report).strip()
    yield f"Sandbox: {', '.join(report.active) or 'none'}."


def _unverified(report: VerifyReport) -> Iterator[str]:
    """How many classes weren't verified, and the most frequent reasons."""
    groups = report.unverified
    count = sum(len(group.classes) for group in groups)
    if not count:
        return
    yield f"Not verified: {count} of {report.total}."
    for group in groups[:MOST_REASONS]:
        yield f"    {len(group.classes)} {group.outcome}: {printable(group.reason)} ({_listed(group.classes)})"
    rest = groups[MOST_REASONS:]
    if rest:
        yield f"    {sum(len(group.classes) for group in rest)} for {len(rest)} other reasons, told above."


def _passed_over(report: VerifyReport) -> str:
    if not report.passed_over:
        return ""
    files = "1 file" if report.passed_over == 1 else f"{report.passed_over} files"
    return f" Passed over: {files} of tests, examples and set-up; name them to have them verified."


def _styled(text: str, style: Style, fg: str | None = None, bold: bool | None = None) -> str:
    return click.style(text, fg=fg, bold=bold) if style.color else text
