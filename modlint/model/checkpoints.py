"""Questions about ``state_dict``: what is loaded, what is kept, what is taken for a model."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from modlint.model.events import Call, Place
from modlint.model.facts import ClassFacts, FunctionFacts, dotted
from modlint.model.guards import expected_to_raise
from modlint.model.index import FileModel
from modlint.model.values import Const, Instance, Method, SelfRef

KEEPING: Final = re.compile(r"(^|_)(best|prev|previous|backup|snapshot|initial|init|orig|original|old)(_|$)")
"""Words in the names of variables that hold a state for later."""
MODEL_METHODS: Final = frozenset({"eval", "train", "parameters", "named_parameters", "forward", "modules", "zero_grad"})
"""Methods that a Module has and neither a mapping nor a tensor nor a tuple of keys."""


def method_calls(file: FileModel, name: str) -> Iterator[Call]:
    """Calls of the method ``name`` that is torch's own as far as is known, on Modules, optimizers, unknown objects."""
    for events in file.runs:
        for call in events.strange:
            function = call.node.func
            if call.place.file is file.facts and isinstance(function, ast.Attribute) and function.attr == name:
                yield call
    for call in file.calls:
        callee = call.callee
        if isinstance(callee, Method) and callee.name == name and _is_torchs(file, callee):
            yield call


def _is_torchs(file: FileModel, method: Method) -> bool:
    if isinstance(method.receiver, SelfRef):
        return True
    if not isinstance(method.receiver, Instance):
        return False
    member = file.graph.find(method.receiver.cls, method.name)
    return member is None or not isinstance(member.owner, ClassFacts) or not member.owner.file.project_file


def assigned_loads(file: FileModel) -> Iterator[tuple[Call, str, str]]:
    """Results of ``load_state_dict`` that take the place of the model, with the variable and the receiver.

    The receiver is empty where the code doesn't name it: the method may have been given another name.
    """
    for call in method_calls(file, "load_state_dict"):
        target, owner = _target(call), receiver(call)
        taken = target == owner or _used_as_model(call.place, target) if target else False
        if taken and not expected_to_raise(call.place):
            yield call, target, owner


def receiver(call: Call) -> str:
    """The source of what the called method belongs to; empty where the call doesn't say it."""
    function = call.node.func
    if isinstance(function, ast.Call) and dotted(function.func) == "getattr" and function.args:
        return ast.unparse(function.args[0])
    return ast.unparse(function.value) if isinstance(function, ast.Attribute) else ""


def _target(call: Call) -> str:
    """The variable or attribute that the result of the call is assigned to; empty if it isn't, or not alone."""
    statement = call.place.statement
    if isinstance(statement, ast.Assign) and statement.value is call.node and len(statement.targets) == 1:
        return dotted(statement.targets[0])
    return ""


def _body(place: Place) -> ast.AST:
    return place.function.node if place.function is not None else place.file.tree


def _used_as_model(place: Place, name: str) -> bool:
    """Whether, after ``place``, the variable is called or asked for what only a Module has."""
    if _assignments(place, name) != 1:
        return False
    for node in ast.walk(_body(place)):
        if not isinstance(node, ast.Call) or node.lineno < place.statement.lineno:
            continue
        function = node.func
        if isinstance(function, ast.Name) and function.id == name:
            return True
        if isinstance(function, ast.Attribute) and function.attr in MODEL_METHODS and dotted(function.value) == name:
            return True
    return False


def _assignments(place: Place, name: str) -> int:
    """How often the function around binds the variable; an argument counts too."""
    nodes = list(ast.walk(_body(place)))
    stores = sum(dotted(n) == name for n in nodes if isinstance(n, (ast.Name, ast.Attribute)) and not _is_load(n))
    return stores + sum(n.arg == name for n in nodes if isinstance(n, ast.arg))


def _is_load(node: ast.Name | ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Load)


def loads_of_paths(file: FileModel) -> Iterator[tuple[Call, ast.expr]]:
    """Calls of ``load_state_dict`` with the path of a file, with the path."""
    for call in method_calls(file, "load_state_dict"):
        if not call.node.args or expected_to_raise(call.place):
            continue
        given, value = call.node.args[0], call.args[0] if call.args else None
        named = isinstance(given, ast.Call) and dotted(given.func) in ("os.path.join", "Path", "pathlib.Path", "str")
        if isinstance(given, ast.JoinedStr) or named or (isinstance(value, Const) and isinstance(value.value, str)):
            yield call, given


def aliased_states(file: FileModel) -> Iterator[tuple[ast.stmt, str, Call]]:
    """States kept for later without a copy while training goes on: the statement, the variable, the call."""
    for call in method_calls(file, "state_dict"):
        statement = call.place.statement
        if call.node.args or not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            continue
        name = dotted(statement.targets[0])
        if not KEEPING.search(name.rpartition(".")[2].lower()) or not _holds(statement.value, call.node):
            continue
        if _read_after_training(file, call, name):
            yield statement, name, call


def _holds(value: ast.expr, state: ast.Call) -> bool:
    """Whether the expression is the state itself or a shallow copy of it."""
    if value is state:
        return True
    if not isinstance(value, ast.Call):
        return False
    if isinstance(value.func, ast.Attribute) and value.func.attr == "copy" and value.func.value is state:
        return True
    return dotted(value.func) in ("dict", "OrderedDict", "copy.copy") and bool(value.args) and value.args[0] is state


def _read_after_training(file: FileModel, call: Call, name: str) -> bool:
    function, statement = call.place.function, call.place.statement
    if function is None:
        return False
    if "." in name:
        return _read_in_another_method(file, function, name)
    training = [n.lineno for n in ast.walk(function.node) if isinstance(n, ast.Call) and _trains(n)]
    loops = [n for n in ast.walk(function.node) if isinstance(n, (ast.For, ast.While)) and _around(n, statement)]
    trained = [line for line in training if line > statement.lineno or any(_covers(n, line) for n in loops)]
    if not trained:
        return False
    end = max([n.end_lineno or 0 for n in loops], default=min(trained))
    reads = [n for n in ast.walk(function.node) if isinstance(n, ast.Name) and n.id == name and _is_load(n)]
    return any(n.lineno > end for n in reads)


def _read_in_another_method(file: FileModel, function: FunctionFacts, name: str) -> bool:
    if function.owner is None or not name.startswith(f"{function.self_name}.") or name.count(".") != 1:
        return False
    attribute = name.partition(".")[2]
    reads = [r for r in file.index.sweep(function.owner).reads if r.attribute == attribute]
    return "best" in attribute and any(r.function is not function for r in reads)


def _trains(node: ast.Call) -> bool:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func)
    return name in ("step", "backward") or name.startswith(("train_", "fit"))


def _around(loop: ast.stmt, statement: ast.stmt) -> bool:
    return loop.lineno < statement.lineno and _covers(loop, statement.lineno)


def _covers(loop: ast.stmt, line: int) -> bool:
    return loop.lineno <= line <= (loop.end_lineno or 0)


def checkpoints_used_as_models(file: FileModel) -> Iterator[tuple[Call, str]]:
    """``torch.load`` of what is known to be a state, whose result is used as a model, with the variable."""
    saved = {ast.unparse(c.node.args[1]) for c in file.calls if c.path == "torch.save" and _saves_state(c)}
    for call in file.calls:
        statement = call.place.statement
        if call.path != "torch.load" or not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            continue
        value, name = statement.value, dotted(statement.targets[0])
        part = isinstance(value, ast.Subscript) and value.value is call.node and "state" in ast.unparse(value.slice)
        plain = call.kwargs.get("weights_only")
        safe = isinstance(plain, Const) and plain.value is True
        known = safe or (bool(call.node.args) and ast.unparse(call.node.args[0]) in saved)
        if name and (part or (known and value is call.node)) and _used_as_model(call.place, name):
            yield call, name


def _saves_state(call: Call) -> bool:
    if len(call.node.args) < 2:
        return False
    first = call.node.args[0]
    state = isinstance(first, ast.Call) and isinstance(first.func, ast.Attribute) and first.func.attr == "state_dict"
    return state or isinstance(first, ast.Dict)


def copied_weights(file: FileModel) -> Iterator[tuple[ast.stmt, str, str, Place]]:
    """Weights of one submodule put into another's as data, in a constructor: statement, target and source."""
    for store in file.stores:
        statement = store.place.statement
        if not store.place.in_init or not isinstance(statement, ast.Assign):
            continue
        target, source = dotted(store.node), _source_of_weight(statement.value)
        owner = store.place.function.self_name if store.place.function is not None else None
        tied = target.endswith(".weight.data") or (target.endswith(".weight") and statement.value.__class__ is ast.Call)
        if tied and owner and target.startswith(f"{owner}.") and source.startswith(f"{owner}."):
            yield statement, target.removesuffix(".data"), source, store.place


def _source_of_weight(value: ast.expr) -> str:
    """``self.emb.weight`` of ``self.emb.weight.data`` or ``nn.Parameter(self.emb.weight)``."""
    if isinstance(value, ast.Call) and dotted(value.func) in ("nn.Parameter", "torch.nn.Parameter", "Parameter"):
        value = value.args[0] if value.args else value
    source = dotted(value).removesuffix(".data")
    return source if source.endswith(".weight") else ""
