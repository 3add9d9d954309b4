"""What backward shows: parameters without a gradient, samples that depend on each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from modlint.verify.arguments.outputs import tensors
from modlint.verify.check import NotApplicableError

if TYPE_CHECKING:
    from modlint.verify.subject import Subject

MOST = 5


def without_gradient(subject: Subject) -> list[tuple[type, str, str]]:
    """The owner, attribute and dotted name of each parameter, or whole submodule, that backward doesn't reach."""
    module = subject.fresh()
    named = [(name, p) for name, p in module.named_parameters() if p.requires_grad]
    if not named:
        raise NotApplicableError("there are no parameters to train")
    results = trainable(subject.run(module, subject.inputs()))
    if not results:
        raise NotApplicableError("the results have no gradient")
    weighted(results).backward()
    missing = [name for name, p in named if p.grad is None]
    reached = [name for name, p in named if p.grad is not None]
    if len(missing) == len(named):
        raise NotApplicableError("no parameter gets a gradient from the results")
    found: dict[tuple[type, str], str] = {}
    for name in missing:
        whole = _unreached(name, reached)
        found.setdefault(_place(module, whole), whole)
    return [(owner, attribute, name) for (owner, attribute), name in found.items()][:MOST]


def _unreached(name: str, reached: list[str]) -> str:
    """The outermost submodule around a parameter of which backward reaches nothing: who owns that leaves it unused."""
    parts = name.split(".")
    for end in range(1, len(parts)):
        prefix = ".".join(parts[:end])
        if not any(other.startswith(f"{prefix}.") for other in reached):
            return prefix
    return name


def _place(module: nn.Module, name: str) -> tuple[type, str]:
    """The class and attribute in whose constructor a parameter came to be: torch's own layers count for who has them."""
    parts = name.split(".")
    owner: Any = module
    place = (type(module), parts[0])
    for part in parts:
        if not type(owner).__module__.startswith("torch."):
            place = (type(owner), part)
        owner = getattr(owner, part)
    return place


def trainable(result: Any) -> list[torch.Tensor]:
    """The tensors of a result that backward can start from."""
    return [t for t in tensors(result) if t.is_floating_point() and t.requires_grad]


def weighted(results: list[torch.Tensor]) -> torch.Tensor:
    """A sum of the results with random weights: a plain one has no gradient through softmax and normalisations."""
    return torch.stack([(t * torch.rand_like(t)).sum().float() for t in results]).sum()


def mixes_batch(subject: Subject) -> bool:
    """Whether the first sample's result depends on the second sample."""
    args, kwargs = subject.inputs()
    first = next(iter(args), None)
    others = [*args[1:], *kwargs.values()]
    if not isinstance(first, torch.Tensor) or not first.is_floating_point() or first.dim() < 2 or list(tensors(others)):
        raise NotApplicableError("there is no single batched input")
    given = first.detach().clone().requires_grad_()
    result = subject.run(subject.fresh(), ((given, *args[1:]), kwargs))
    if (
        not isinstance(result, torch.Tensor)
        or result.dim() < 1
        or result.shape[0] != first.shape[0]
        or not result.requires_grad
    ):
        raise NotApplicableError("the result has no batch dimension")
    (gradient,) = torch.autograd.grad((result[0] * torch.rand_like(result[0])).sum(), given)
    return bool((gradient[1:] != 0).any())
