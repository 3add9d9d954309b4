"""The verifier's report for programs: one object per class, and a summary."""

from __future__ import annotations

import json
from typing import Any

from modlint.report import Style
from modlint.verify.outcome import Place
from modlint.verify.recipe import Recipe
from modlint.verify.report import ClassReport, VerifyReport


def render(report: VerifyReport, style: Style) -> str:
    """A JSON object with ``classes`` and ``summary``."""
    shape = {"classes": [_class(item) for item in report.classes], "summary": report.summary()}
    return json.dumps(shape, indent=2) + "\n"


def _class(item: ClassReport) -> dict[str, Any]:
    return {
        "class": item.name,
        "filename": item.filename,
        "cell": item.place.cell or None,
        "line": item.line,
        "outcome": item.outcome.outcome,
        "reason": item.outcome.reason or None,
        "location": _place(item.outcome.location),
        "part": item.outcome.part or None,
        "recipe": _recipe(item.outcome.recipe),
        "checks": [
            {
                "code": c.code,
                "name": c.name,
                "status": c.status,
                "message": c.message or None,
                "severity": c.severity,
                "location": _place(c.location),
            }
            for c in item.checks
        ],
        "findings": [
            {
                "code": f.code,
                "location": _place(f.location),
                "verdict": f.verdict,
                "evidence": f.evidence,
                "check": f.check or None,
            }
            for f in item.findings
        ],
    }


def _recipe(recipe: Recipe | None) -> dict[str, Any] | None:
    if recipe is None:
        return None
    return {
        "setup": recipe.setup,
        "constructor": recipe.constructor,
        "forward": recipe.forward,
        "origin": recipe.origin,
        "stand_ins": list(recipe.stand_ins),
    }


def _place(place: Place | None) -> dict[str, Any] | None:
    if place is None:
        return None
    return {"filename": place.filename, "cell": place.cell or None, "row": place.line, "column": place.column}
