"""Questions about the arguments that layers and functions of torch's are given."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from modlint.model.classes import ClassGraph
from modlint.model.events import Call
from modlint.model.guards import guarded_by
from modlint.model.index import FileModel
from modlint.model.library import LibraryClass, library_class
from modlint.model.module_class import ModuleClass
from modlint.model.values import Const, Instance, Tensor

RECURRENT: Final = ("torch.nn.LSTM", "torch.nn.GRU")
"""Layers whose own constructor passes everything on to ``RNNBase``, behind the name of the mode."""
NUMBERS: Final = frozenset({"padding_idx", "max_norm", "dim", "weight", "output_size", "in_features", "out_features"})
"""Arguments without a default, or with ``None``, that take no boolean."""
BOOLEANS: Final = ("True", "False")


def positional_arguments(graph: ClassGraph, cls: LibraryClass) -> tuple[tuple[str, str], ...]:
    """The arguments that a library class takes by position, each with the source of its default."""
    if cls.path in RECURRENT:
        base = library_class("torch.nn.RNNBase")
        return base.arguments[1:] if base is not None else ()
    for owner in graph.mro(cls).classes:
        if isinstance(owner, LibraryClass) and "__init__" in owner.members:
            return owner.arguments
    return ()


def misplaced_booleans(file: FileModel) -> Iterator[tuple[Call, ast.expr, bool, str, str, str]]:
    """Booleans given by position to what isn't one: call, node, value, layer, argument, and what may
    be meant."""
    for call in file.calls:
        made = call.result
        if not isinstance(made, Instance) or made.node is not call.node or not isinstance(made.cls, LibraryClass):
            continue
        if not made.cls.path.startswith("torch.nn.") or not call.sure:
            continue
        flags = {n: n.value for n in call.node.args if isinstance(n, ast.Constant) and isinstance(n.value, bool)}
        if flags and not any(isinstance(n, ast.Starred) for n in call.node.args):
            arguments = positional_arguments(file.graph, made.cls)
            for node, (name, default) in zip(call.node.args, arguments, strict=False):
                if node in flags and _takes_number(name, default):
                    yield call, node, flags[node], made.cls.name, name, _meant(call, arguments)


def _takes_number(name: str, default: str) -> bool:
    """Whether the argument is surely no boolean."""
    if default in BOOLEANS:
        return False
    return name in NUMBERS if default in ("", "None") else True


def _meant(call: Call, arguments: tuple[tuple[str, str], ...]) -> str:
    """The one boolean argument that the call doesn't give, if there is just one."""
    names = [name for name, default in arguments if default in BOOLEANS and name not in call.kwargs]
    return names[0] if len(names) == 1 else ""


def fixed_batch_norms(cls: ModuleClass) -> Iterator[tuple[Call, bool]]:
    """Calls of ``F.batch_norm`` on buffers of the Module that don't ask for its mode; whether they always train."""
    if any(word in cls.name.lower() for word in ("frozen", "freeze", "fixed", "folded", "fused", "eval", "inference")):
        return
    for call in cls.own_calls("torch.nn.functional.batch_norm", "torch.batch_norm"):
        mean = call.kwargs.get("running_mean", call.args[1] if len(call.args) > 1 else None)
        if not isinstance(mean, Tensor) or not mean.registered or call.spread:
            continue
        flag = call.kwargs.get("training", call.args[5] if len(call.args) > 5 else None)
        if guarded_by(call.place.guards, "training") or (flag is not None and not isinstance(flag, Const)):
            continue
        fixed = isinstance(flag, Const)
        if flag is None or (isinstance(flag, Const) and flag.value is True):
            yield call, fixed
