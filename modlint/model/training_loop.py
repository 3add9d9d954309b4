"""Questions about loops that train a Module: methods that are named but not called."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from modlint.model.events import Place
from modlint.model.guards import expected_to_raise
from modlint.model.index import FileModel
from modlint.model.library import LibraryClass
from modlint.model.torch_names import is_optimizer
from modlint.model.values import FunctionRef, Instance, Method, SelfRef, Value

ALWAYS: Final = frozenset({"backward", "zero_grad"})
"""Methods that nothing but training code has."""
COMMON: Final = frozenset({"train", "eval", "step", "cuda", "cpu", "half"})
"""Methods of Modules, optimizers and schedulers that other objects may have as plain attributes."""
MODULE_METHODS: Final = ALWAYS | COMMON - {"step"} | {"float", "double", "to", "requires_grad_", "apply", "state_dict"}
OPTIMIZER_METHODS: Final = frozenset({"step", "zero_grad", "state_dict", "add_param_group"})
TRAINED: Final = re.compile(r"(^|[._])(model|net|network|module|optim|optimizer|scheduler|scaler)\d?$", re.IGNORECASE)
"""Names by which an object that isn't known is taken for a Module, an optimizer or a scheduler."""


def uncalled_methods(file: FileModel) -> Iterator[tuple[ast.expr, str, str, Place]]:
    """Methods named where they should be called: the node, its source, what is lost, and the place."""
    for events in file.runs:
        for statement, value, place in events.statements:
            node = statement.value
            if place.file is not file.facts or not isinstance(node, ast.Attribute) or _is_tried(place):
                continue
            if _does_nothing(file, node, value):
                yield node, ast.unparse(node), "does nothing", place
    for call in file.calls:
        if not is_optimizer(call.path) and call.path != "torch.save":
            continue
        named = {k.arg: k.value for k in call.node.keywords}
        given = call.node.args[0] if call.node.args and call.args else named.get("params")
        if not isinstance(given, ast.Attribute):
            continue
        value = call.args[0] if call.args else call.kwargs["params"]
        listed = given.attr in ("parameters", "named_parameters") and _is_method(file, value)
        if is_optimizer(call.path) and listed:
            yield given, ast.unparse(given), "gives the optimizer a method, which raises TypeError", call.place
        elif call.path == "torch.save" and given.attr == "state_dict":
            yield given, ast.unparse(given), "saves a method instead of the state", call.place


def _does_nothing(file: FileModel, node: ast.Attribute, value: Value) -> bool:
    if isinstance(value, Method) and isinstance(value.receiver, Instance):
        cls = value.receiver.cls
        optimizer = isinstance(cls, LibraryClass) and is_optimizer(cls.path)
        if optimizer or file.graph.is_module(cls):
            return node.attr in (OPTIMIZER_METHODS if optimizer else MODULE_METHODS)
        return False
    if _is_method(file, value):
        return node.attr in MODULE_METHODS
    if isinstance(value, FunctionRef) or isinstance(node.ctx, ast.Store):
        return False
    return node.attr in ALWAYS or (node.attr in COMMON and TRAINED.search(ast.unparse(node.value)) is not None)


def _is_method(file: FileModel, value: Value) -> bool:
    """Whether the value is a method of a Module, its own or torch's."""
    if isinstance(value, FunctionRef):
        owner = value.function.owner
        return owner is not None and file.graph.is_module(owner) and not value.function.is_property
    if not isinstance(value, Method):
        return False
    receiver = value.receiver
    return isinstance(receiver, SelfRef) or (isinstance(receiver, Instance) and file.graph.is_module(receiver.cls))


def _is_tried(place: Place) -> bool:
    """Whether the statement stands in a ``try`` or under ``pytest.raises``: it may be there to see what happens."""
    around = place.function.node if place.function is not None else place.file.tree
    line = place.statement.lineno
    tries = [n for n in ast.walk(around) if isinstance(n, ast.Try)]
    tried = any(s.lineno <= line <= (s.end_lineno or line) for n in tries for s in n.body)
    return tried or expected_to_raise(place)
