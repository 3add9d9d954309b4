"""Questions about hooks: what is registered, and whether torch can call it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.model.classes import is_root
from modlint.model.events import Call, Entry
from modlint.model.facts import ClassFacts, defaults
from modlint.model.guards import expected_to_raise
from modlint.model.index import FileModel
from modlint.model.torch_names import HOOKS
from modlint.model.values import Box, Const, FunctionRef, Instance, LambdaRef, Method, SelfRef, Tensor, Value

FIXED = ("", "staticmethod", "classmethod", "no_grad", "inference_mode")
"""Decorators that change nothing about the arguments a function takes."""


def registrations(file: FileModel) -> Iterator[tuple[Call, str]]:
    """Calls that register a hook on a Module, or on something unknown, with the method's name."""
    for events in file.runs:
        for call in events.strange:
            name = call.node.func.attr if isinstance(call.node.func, ast.Attribute) else ""
            if name in HOOKS and call.place.file is file.facts:
                yield call, name
    for call in file.calls:
        callee = call.callee
        if isinstance(callee, Method) and callee.name in HOOKS and isinstance(callee.receiver, (Instance, SelfRef)):
            yield call, callee.name


def called_hooks(file: FileModel) -> Iterator[tuple[Call, ast.Call]]:
    """Registrations of what a function returns where that can't be called, with the inner call."""
    for call, _ in registrations(file):
        inner = call.node.args[0] if call.node.args else None
        if not isinstance(inner, ast.Call) or not call.args or not isinstance(call.args[0], (Const, Tensor, Box)):
            continue
        made = [c.callee for c in file.calls if c.node is inner]
        if made and all(isinstance(c, FunctionRef) and not c.function.decorators for c in made):
            yield call, inner


def unfit_hooks(file: FileModel) -> Iterator[tuple[Call, str, tuple[str, ...]]]:
    """Registrations of functions that don't take what torch hands over, with their source and those arguments."""
    for call, name in registrations(file):
        flag = call.kwargs.get("with_kwargs", Const(False))
        if not call.args or not call.node.args or call.spread or not isinstance(flag, Const):
            continue
        handed = HOOKS[name]
        if flag.value and name in ("register_forward_hook", "register_forward_pre_hook"):
            handed = (*handed[:2], "kwargs", *handed[2:])
        if _refuses(call.args[0], len(handed)) and not expected_to_raise(call.place):
            yield call, ast.unparse(call.node.args[0]), handed


def _refuses(hook: Value, given: int) -> bool:
    """Whether a function surely can't be called with ``given`` positional arguments."""
    if isinstance(hook, LambdaRef):
        args, optional, bound = hook.node.args, len(hook.node.args.defaults), 0
        named = [a for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if d is None]
    elif isinstance(hook, FunctionRef) and all(d.rpartition(".")[2] in FIXED for d in hook.function.decorators):
        args = hook.function.node.args
        optional = len(args.defaults)
        bound = hook.receiver is not None or "classmethod" in hook.function.decorators
        named = [a for a in args.kwonlyargs if a.arg not in defaults(hook.function)]
    else:
        return False
    most = len(args.posonlyargs) + len(args.args) - bound
    return bool(named) or given < most - optional or (args.vararg is None and given > most)


def edited_registries(file: FileModel) -> Iterator[tuple[Entry, str, str]]:
    """Entries put into a Module's tables by hand, with the owner's source and the table's name."""
    for events in file.runs:
        for entry in events.entries:
            owner = entry.place.owner
            own = isinstance(owner, ClassFacts) and is_root(owner)
            if entry.place.file is file.facts and not own:
                yield entry, ast.unparse(entry.registry.value), entry.registry.attr
