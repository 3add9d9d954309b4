"""What the run says of static findings: which of their lines ran, and what became of the attributes."""

from __future__ import annotations

import os
from typing import Any

import torch
from torch import nn

from modlint.verify.modes import switch
from modlint.verify.outcome import Job, Observation
from modlint.verify.subject import Subject
from modlint.verify.tracing import lines_of


def observe(job: Job, subject: Subject) -> tuple[Observation, ...]:
    """One observation for each suspicion: build, run in both modes, and look."""
    if not job.suspicions:
        return ()
    files = frozenset(os.path.abspath(s.filename) for s in job.suspicions)
    ran: set[tuple[str, int]] = set()
    module: nn.Module | None = None
    raised = ""
    with lines_of(files, ran):
        try:
            module = subject.fresh()
            subject.run(module, subject.inputs())
            switch(module, training=True)
            subject.run(module, subject.inputs(seed=4))
        except Exception as error:  # noqa: BLE001  user code; what ran until here counts
            raised = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    found = []
    for suspicion in job.suspicions:
        path = os.path.abspath(suspicion.filename)
        line_ran = any((path, line) in ran for line in range(suspicion.line, suspicion.last + 1))
        found.append(
            Observation(line_ran, raised, attribute_kind(module, suspicion.subject) if module is not None else "")
        )
    return tuple(found)


def attribute_kind(module: nn.Module, name: str) -> str:
    """What an attribute is at the end of the run: registered as what, or a plain value of which kind."""
    if not name:
        return ""
    for registry, kind in (("_parameters", "parameter"), ("_buffers", "buffer"), ("_modules", "module")):
        if name in vars(module).get(registry, {}):
            return f"registered {kind}" if vars(module)[registry][name] is not None else "None"
    if name not in vars(module):
        return "class attribute" if hasattr(type(module), name) else "absent"
    return _plain_kind(vars(module)[name], module)


def _plain_kind(value: Any, module: nn.Module) -> str:
    if isinstance(value, torch.Tensor):
        return "plain tensor with gradient" if value.requires_grad else "plain tensor"
    if isinstance(value, (list, tuple, set, dict)):
        inner = list(value.values()) if isinstance(value, dict) else list(value)
        registered = {id(m) for m in module.modules()} | {id(p) for p in module.parameters()}
        held = [v for v in inner if isinstance(v, (nn.Module, nn.Parameter))]
        if held and not all(id(v) in registered for v in held):
            return f"plain {type(value).__name__} of unregistered {'modules' if isinstance(held[0], nn.Module) else 'parameters'}"
    return f"plain {type(value).__name__}"
