"""The verifier's report for people: each class with how it was built and called, and what was found in it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from modlint.report import Style, printable
from modlint.verify.outcome import CHECKED, CheckResult, Judgement
from modlint.verify.report import ClassReport, VerifyReport

_COLORS = {"error": "red", "warning": "yellow", "info": "blue"}
_VERDICTS = {"confirmed": "red", "refuted": "yellow", "not-reached": "blue"}


def render(report: VerifyReport, style: Style) -> str:
    """Every class (only those with something to say, where no summary is wanted), then the counts."""
    lines: list[str] = []
    for item in report.classes:
        if style.summary or item.failed or item.findings:
            lines += _class(item, style)
    if style.summary:
        lines += ["", *_summary(report)]
    return "".join(f"{line}\n" for line in lines)


def _class(item: ClassReport, style: Style) -> Iterator[str]:
    outcome = item.outcome
    place = _styled(f"{printable(item.filename)}:{item.line}", style, bold=True)
    short = item.name.rpartition(".")[2]
    if outcome.outcome == CHECKED and outcome.recipe is not None:
        mark = _styled("failed", style, fg="red") if item.failed else _styled("ok", style, fg="green")
        on = f" on `{printable(outcome.shown)}`" if outcome.shown else " without arguments"
        yield f"{place} {short} {mark}: `{printable(outcome.recipe.constructor)}`{on}"
        if outcome.recipe.stand_ins:
            yield f"    stand-ins: {', '.join(dict.fromkeys(outcome.recipe.stand_ins))}"
    else:
        yield f"{place} {short} {_styled(outcome.outcome, style, fg='yellow')}: {printable(outcome.reason)}"
    yield from (_check(result, style) for result in (*item.failed, *(item.notes if style.show_source else ())))
    yield from (_finding(finding, style) for finding in item.findings)


def _check(result: CheckResult, style: Style) -> str:
    at = (
        f"{printable(result.location.filename)}:{result.location.line}:{result.location.column} "
        if result.location
        else ""
    )
    code = _styled(result.code, style, fg=_COLORS[result.severity], bold=True)
    note = "note: " if result.status == "noted" else ""
    return f"    {at}{code} {result.name} {note}{printable(result.message)}"


def _finding(finding: Judgement, style: Style) -> str:
    at = f"{printable(finding.location.filename)}:{finding.location.line}"
    verdict = _styled(finding.verdict, style, fg=_VERDICTS[finding.verdict], bold=True)
    return f"    {at} {finding.code} {verdict}: {printable(finding.evidence)}"


def _summary(report: VerifyReport) -> Iterator[str]:
    counts = report.summary()
    if not report.total:
        yield "No Module classes to verify."
        return
    if report.interrupted:
        yield f"Interrupted: {len(report.classes)} of {report.total} classes done."
    unreached = ", ".join(f"{number} {reason}" for reason, number in counts["not_reached"].items()) or "none"
    failed = counts["checks_failed"]
    yield (
        f"{report.total} {'class' if report.total == 1 else 'classes'}: {counts['constructed']} constructed, "
        f"{counts['forward_ok']} ran; {failed} {'check' if failed == 1 else 'checks'} failed; not reached: {unreached}."
    )
    if counts["verdicts"]:
        yield (
            "Static findings: "
            + ", ".join(f"{number} {verdict}" for verdict, number in counts["verdicts"].items())
            + "."
        )
    yield f"Sandbox: {', '.join(report.active) or 'none'}."


def _styled(text: str, style: Style, fg: str | None = None, bold: bool | None = None) -> str:
    return click.style(text, fg=fg, bold=bold) if style.color else text
