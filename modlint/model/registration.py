"""Questions about what a Module registers, and what it only holds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from modlint.model.classes import is_root
from modlint.model.events import Binding, Call, Condition
from modlint.model.facts import Assigned
from modlint.model.index import FileModel
from modlint.model.methods import COMPUTED
from modlint.model.module_class import ModuleClass
from modlint.model.torch_names import PARAMETERS
from modlint.model.values import (
    UNKNOWN,
    Box,
    Const,
    Instance,
    Method,
    Parameter,
    SelfRef,
    Tensor,
    Value,
    alternatives,
    inside,
)


def hidden_modules(cls: ModuleClass) -> Iterator[tuple[Binding, Box, list[Instance]]]:
    """Attributes that are plain containers of submodules with state that nothing registers, each once."""
    for binding, box in _boxes(cls):
        lost = [i for i in inside(box) if isinstance(i, Instance) and _is_lost(cls, i)]
        if lost and not _hides_on_purpose(binding, box, lost) and not _has_trailing_comma(box):
            yield binding, box, lost


def hidden_parameters(cls: ModuleClass) -> Iterator[tuple[Binding, Box]]:
    """Attributes that are plain containers of parameters which nothing registers."""
    for binding, box in _boxes(cls):
        if any(isinstance(i, Parameter) and not i.registered for i in inside(box)):
            yield binding, box


def _boxes(cls: ModuleClass) -> Iterator[tuple[Binding, Box]]:
    seen: set[str] = set()
    for binding in cls.own_bindings():
        for value in alternatives(binding.value):
            if not isinstance(value, Box) or value.wrapped or value.escaped or binding.attribute in seen:
                continue
            if (
                binding.how in ("assign", "unpack")
                and not cls.handles_own(binding.attribute)
                and not _wrapped_inside(value)
            ):
                seen.add(binding.attribute)
                yield binding, value


def _wrapped_inside(box: Box) -> bool:
    return any(isinstance(v, Box) and (v.wrapped or v.escaped) for v in inside(box))


def _is_lost(cls: ModuleClass, instance: Instance) -> bool:
    return not instance.registered and not instance.escaped and cls.index.matters(instance)


def _hides_on_purpose(binding: Binding, box: Box, lost: list[Instance]) -> bool:
    """A container of one element that was made elsewhere, or under a private name, keeps a Module out on purpose."""
    node = box.node
    elements = (
        node.elts if isinstance(node, (ast.List, ast.Tuple)) else node.values if isinstance(node, ast.Dict) else []
    )
    if box.literal != 1 or len(elements) != 1:
        return False
    return all(i.node is not elements[0] for i in lost) or binding.attribute.startswith("_")


def plain_tensors(cls: ModuleClass) -> Iterator[tuple[Binding, Tensor]]:
    """Attributes that are nothing but plain tensors made in the constructor, and that running the Module reads."""
    for binding in cls.own_bindings():
        value = binding.value
        if not isinstance(value, Tensor) or binding.how != "assign" or not binding.place.in_init or value.registered:
            continue
        if _stays_plain(cls, binding.attribute) and _read_when_run(cls, binding.attribute):
            yield binding, value


def computed_with(cls: ModuleClass) -> Iterator[tuple[Binding, Tensor]]:
    """Plain tensors, of one dimension at least, that meet other tensors where the Module runs and aren't moved."""
    for binding, tensor in plain_tensors(cls):
        if tensor.trainable or tensor.placed or not tensor.dims or "operand" not in tensor.uses:
            continue
        moved = "moved" in tensor.uses and not (tensor.random and "weight" in tensor.uses)
        if not moved and not tensor.uses & {"escaped", "passed", "python"}:
            yield binding, tensor


def _stays_plain(cls: ModuleClass, attribute: str) -> bool:
    bindings = cls.bindings_of(attribute)
    if any(b.how not in ("assign", "unpack", "augment", "register_parameter") for b in bindings):
        return False
    if any(b.attribute == COMPUTED and not b.place.in_init for b in cls.events.bindings):
        return False
    return (
        all(b.place.in_init and _is_plain(b.value) for b in bindings)
        and attribute not in cls.events.deleted
        and not cls.handles_own(attribute)
    )


def _is_plain(value: Value) -> bool:
    """A tensor nobody registered, or what stands in its place on another path of the constructor: None, a number."""
    return isinstance(value, Const) or (isinstance(value, Tensor) and not value.registered)


def _read_when_run(cls: ModuleClass, attribute: str) -> bool:
    return any(read.function.name in cls.reached for read in cls.reads(attribute))


def register_results(cls: ModuleClass) -> Iterator[tuple[ast.Assign, str, str]]:
    """``self.name = self.register_…(…)``: the statement, the attribute and the method, which returns ``None``."""
    for binding in cls.own_bindings():
        statement = binding.place.statement
        if (
            binding.how != "assign"
            or not isinstance(statement, ast.Assign)
            or not isinstance(statement.value, ast.Call)
        ):
            continue
        function = statement.value.func
        method = function.attr if isinstance(function, ast.Attribute) else ""
        emptied = isinstance(binding.value, Const) and binding.value.value is None
        if method in REGISTERING and emptied and not _registers_none(statement.value):
            yield statement, binding.attribute, method


def _registers_none(call: ast.Call) -> bool:
    """``register_parameter("bias", None)``: what it registers is None anyway."""
    value = call.args[1] if len(call.args) > 1 else None
    return isinstance(value, ast.Constant) and value.value is None


REGISTERING: Final = ("register_buffer", "register_parameter", "add_module", "register_module")


def refused_names(cls: ModuleClass) -> Iterator[tuple[Binding, str]]:
    """Registrations by a method under a name that torch refuses, with the reason."""
    for binding in cls.own_bindings():
        name = binding.attribute
        if binding.how not in REGISTERING or not isinstance(binding.node, ast.Call) or not binding.node.args:
            continue
        written = binding.node.args[0]
        if not isinstance(written, ast.Constant) or written.value != name or binding.place.loops:
            continue
        if "." in name or not name:
            yield binding, "the name is empty" if not name else "a name can't contain a dot"
        elif _is_taken(cls, binding):
            yield binding, "the attribute already exists"


def _is_taken(cls: ModuleClass, binding: Binding) -> bool:
    member = cls.finds(binding.attribute)
    if member is not None and member.binder is None:
        return is_root(member.owner)
    if member is not None:
        return not isinstance(member.binder, Assigned) or member.binder.value is not None
    earlier = cls.events.bindings[: cls.events.bindings.index(binding)]
    before = [b for b in earlier if b.attribute == binding.attribute and b.place.function is binding.place.function]
    if (
        not before
        or before[-1].place.guards
        or before[-1].how != "assign"
        or before[-1].attribute in cls.events.deleted
    ):
        return False
    value = before[-1].value
    registered = isinstance(value, (Parameter, Instance)) and binding.how != "register_buffer"
    return isinstance(value, (Const, Tensor, Box)) and not registered


def integer_parameters(file: FileModel) -> Iterator[tuple[Call, Tensor]]:
    """Calls of ``nn.Parameter`` on a tensor that can't require gradients, but is asked to."""
    for call in file.calls:
        made = call.result
        if call.path not in PARAMETERS or not isinstance(made, Parameter) or not made.trainable:
            continue
        data = call.args[0] if call.args else call.kwargs.get("data")
        if isinstance(data, Tensor) and data.floating is False:
            yield call, data


def trailing_commas(cls: ModuleClass) -> Iterator[tuple[Binding, str]]:
    """Attributes that a comma behind a layer has made tuples."""
    for binding in cls.own_bindings():
        value = binding.value
        if isinstance(value, Box) and _has_trailing_comma(value):
            item = value.items[0]
            if isinstance(item, Instance) and cls.graph.is_module(item.cls):
                yield binding, item.cls.name


def _has_trailing_comma(box: Box) -> bool:
    """Whether the container is written as ``value,`` without parentheses."""
    node = box.node
    if not isinstance(node, ast.Tuple) or box.literal != 1 or len(node.elts) != 1:
        return False
    return (node.lineno, node.col_offset) == (node.elts[0].lineno, node.elts[0].col_offset)


def encoder_templates(cls: ModuleClass) -> Iterator[tuple[Binding, str]]:
    """Registered layers whose one use is to be copied by ``nn.TransformerEncoder`` or ``nn.TransformerDecoder``."""
    for call in cls.own_calls("torch.nn.TransformerEncoder", "torch.nn.TransformerDecoder"):
        given = call.args[0] if call.args else UNKNOWN
        for binding in cls.own_bindings():
            if binding.value is given and isinstance(given, Instance) and len(cls.reads(binding.attribute)) == 1:
                yield binding, call.path.rpartition(".")[2]


def lost_assignments(cls: ModuleClass) -> Iterator[tuple[Binding, Binding, Instance]]:
    """Layers with weights that a later statement of the same block replaces before anything reads them."""
    latest: dict[str, Binding] = {}
    for binding in cls.own_bindings():
        first = latest.get(binding.attribute)
        latest[binding.attribute] = binding
        if first is None or not isinstance(first.value, Instance) or cls.index.stateful(first.value) is not True:
            continue
        if _replaces(first, binding) and not _refines(first, binding) and not _touched_between(cls, first, binding):
            yield first, binding, first.value


def _replaces(first: Binding, second: Binding) -> bool:
    same_block = first.place.function is second.place.function and first.place.guards == second.place.guards
    straight = not first.place.loops and not second.place.loops and first.how == second.how == "assign"
    if second.place.statement.lineno <= first.place.statement.lineno:
        return False
    return (
        same_block
        and straight
        and first.place.statement is not second.place.statement
        and isinstance(second.value, Instance)
    )


def _refines(first: Binding, second: Binding) -> bool:
    """Whether the second layer is the first with more said (``Embedding(n, d, padding_idx=0)`` after copied code)."""
    one, other = first.value, second.value
    if not isinstance(one, Instance) or not isinstance(other, Instance):
        return False
    if not isinstance(one.node, ast.Call) or not isinstance(other.node, ast.Call) or one.cls is not other.cls:
        return False
    same_sizes = [ast.dump(a) for a in one.node.args] == [ast.dump(a) for a in other.node.args]
    return same_sizes and len(other.node.keywords) > len(one.node.keywords)


def _touched_between(cls: ModuleClass, first: Binding, second: Binding) -> bool:
    """Whether the attribute, or all modules, are read from the first assignment to the second."""
    start, end = first.place.statement.lineno, second.place.statement.end_lineno or second.place.statement.lineno
    names = (first.attribute, "modules", "children", "apply", "named_modules", "parameters")
    reads = [r for c in cls.project_classes for r in cls.index.sweep(c).reads if r.attribute in names]
    return any(start <= r.node.lineno <= end and r.function is first.place.function for r in reads)


def overwritten_parameters(cls: ModuleClass) -> Iterator[Binding]:
    """Plain tensors assigned to an attribute that is a registered parameter by then, on the same path."""
    for binding in cls.own_bindings():
        tensor = binding.value
        plain = isinstance(tensor, Tensor) or (isinstance(tensor, Parameter) and tensor.moved is not None)
        if binding.how not in ("assign", "augment") or not plain or binding.attribute in cls.events.deleted:
            continue
        if isinstance(binding.before, Parameter) and binding.before.moved is None:
            yield binding


def tested_parameters(cls: ModuleClass) -> Iterator[Condition]:
    """Tests whose outcome is the truth of a parameter, or of a parameter that may be None."""
    for condition in cls.events.conditions:
        if condition.place.owner is not cls.facts or not isinstance(condition.node, ast.Attribute):
            continue
        values = alternatives(condition.value)
        parameters = [v for v in values if isinstance(v, Parameter)]
        others = [v for v in values if not isinstance(v, Parameter) and not (isinstance(v, Const) and v.value is None)]
        if parameters and not others:
            yield condition


def copied_parameters(cls: ModuleClass) -> Iterator[tuple[Call, str, str]]:
    """Calls that make an attribute a Parameter of another registered one: the call, the attribute, the other."""
    names = {id(b.value): b.attribute for b in cls.events.bindings if isinstance(b.value, Parameter)}
    for call in cls.own_calls(*PARAMETERS):
        given, made = call.args[0] if call.args else None, call.result
        if not isinstance(given, Parameter) or given.moved is not None or made is given or not call.place.in_init:
            continue
        one, other = names.get(id(made), ""), names.get(id(given), "")
        if one and other and one != other and given.trainable and other not in cls.events.deleted:
            yield call, one, other


def reused_names(file: FileModel) -> Iterator[tuple[Call, str, bool]]:
    """Calls of ``add_module`` under a name that is taken by then, with it; the flag tells of one call in a loop."""
    seen: dict[tuple[int, str], Call] = {}
    for call in file.calls:
        callee, receiver = call.callee, _registers_at(call)
        if receiver is None or not isinstance(callee, Method) or call.place.guards or len(call.node.args) != 2:
            continue
        name = call.node.args[0].value if isinstance(call.node.args[0], ast.Constant) else None
        if not isinstance(name, str) or not isinstance(call.node.args[1], ast.Call):
            continue
        loop = _loop_around(call)
        if loop is not None:
            outside = not isinstance(receiver, Instance) or _made_above(file, receiver, loop)
            if outside and not any(isinstance(n, (ast.Break, ast.Return)) for n in ast.walk(loop)):
                yield call, name, True
            continue
        first = seen.setdefault((id(receiver), name), call)
        if first.node is not call.node and first.place.function is call.place.function:
            yield call, name, False


def _made_above(file: FileModel, made: Instance, loop: ast.stmt) -> bool:
    """Whether a Module is made further up in the file than the loop; in another file nobody can tell."""
    return made.node.lineno < loop.lineno and any(node is made.node for node in ast.walk(file.facts.tree))


def _registers_at(call: Call) -> Value | None:
    """The Module that a call of ``add_module`` gives a submodule."""
    callee = call.callee
    if not isinstance(callee, Method) or callee.name not in ("add_module", "register_module") or not call.sure:
        return None
    return callee.receiver if isinstance(callee.receiver, (SelfRef, Instance)) else None


def _loop_around(call: Call) -> ast.stmt | None:
    """The innermost loop that a call stands in."""
    function, line = call.place.function, call.place.statement.lineno
    loops = [s for s in (function.statements if function else ()) if isinstance(s, (ast.For, ast.While))]
    around = [s for s in loops if s.body[0].lineno <= line <= (s.body[-1].end_lineno or 0)]
    return around[-1] if around else None
