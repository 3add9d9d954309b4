"""The codes and names of the runtime checks, for whoever silences or chooses them without running any.

The checks themselves are found by looking into ``modlint/verify/checks/``; a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CHECKS: Final[Mapping[str, str]] = {
    "MOD901": "unregistered-tensor",
    "MOD902": "unregistered-module",
    "MOD903": "module-made-in-forward",
    "MOD904": "parameter-made-in-forward",
    "MOD905": "state-lost",
    "MOD906": "device-mixed",
    "MOD907": "unused-parameter",
    "MOD908": "non-finite-output",
    "MOD909": "random-in-eval",
    "MOD910": "state-changed-in-eval",
    "MOD911": "input-modified",
    "MOD912": "batch-mixed",
    "MOD913": "mode-not-switched",
    "MOD914": "precision-fixed",
    "MOD915": "not-copyable",
    "MOD916": "forward-called-directly",
    "MOD917": "state-grows",
    "MOD918": "shared-instance",
    "MOD919": "always-fails",
    "MOD920": "cuda-parity",
    "MOD921": "fails-in-training",
    "MOD922": "nothing-trained",
}


def code_of_check(name: str) -> str | None:
    """The code of the check with this code or name."""
    if name.upper() in CHECKS:
        return name.upper()
    return next((code for code, known in CHECKS.items() if known == name.lower()), None)
