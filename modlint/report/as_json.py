"""The report for programs: a JSON array in the shape that ruff's has."""

from __future__ import annotations

import json
from typing import Any

from modlint.diagnostics import Diagnostic, Fix, Span
from modlint.report import Report, Style


def render(report: Report, style: Style) -> str:
    """One object per finding."""
    return json.dumps([_finding(diagnostic) for diagnostic in report.diagnostics], indent=2) + "\n"


def _finding(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "name": diagnostic.name,
        "message": diagnostic.message,
        "filename": diagnostic.filename,
        "cell": diagnostic.span.cell or None,
        **_place(diagnostic.span),
        "severity": diagnostic.severity,
        "verdict": diagnostic.verdict or None,
        "evidence": diagnostic.evidence or None,
        "fix": diagnostic.fix and _fix(diagnostic.fix),
        "url": None,
    }


def _place(span: Span) -> dict[str, Any]:
    return {
        "location": {"row": span.line, "column": span.column},
        "end_location": {"row": span.end_line, "column": span.end_column},
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "message": fix.message,
        "applicability": "safe" if fix.unsafe is None else "unsafe",
        "edits": [{"content": edit.content, "cell": edit.span.cell or None, **_place(edit.span)} for edit in fix.edits],
    }
