"""How a defect is mended: the edits that give a Module what it lacks, or ``None`` where the code has another form."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Final

from modlint.diagnostics import Edit, Fix
from modlint.model.containers import LAYERS_OF_FUNCTIONS
from modlint.model.edits import Edits
from modlint.model.events import Binding, Call, Multiplied
from modlint.model.facts import FunctionFacts, dotted, qualname
from modlint.model.index import FileModel
from modlint.model.library import library_class
from modlint.model.module_class import ModuleClass
from modlint.model.overrides import returns_value
from modlint.model.torch_names import PARAMETERS
from modlint.model.values import UNKNOWN, Box, ClassRef, Const, Dotted, Instance, Parameter, Value, alternatives

BUFFER_SINCE: Final = (2, 5)
"""The version of torch that brought ``nn.Buffer``."""
UNSETTLED: Final = ("softmax", "log_softmax")
"""Functions whose layer can't be made without a decision (over which dimension)."""
ITERATING: Final = ("len", "enumerate", "zip", "reversed", "iter", "list", "tuple", "sum", "map", "any", "all", "next")
SHARED_METHODS: Final = ("append", "extend", "insert", "items", "keys", "values")
"""What plain containers have and torch's have too."""


def wrapped_value(cls: ModuleClass, binding: Binding, path: str) -> Edits | None:
    """``self.x = value`` as ``self.x = path(value)``."""
    value = _assigned(binding)
    named = cls.edits.name(path, binding.place.statement)
    if value is None or named is None:
        return None
    if cls.edits.text(value) in ("[]", "{}", "()", "list()", "dict()", "tuple()"):
        return (*named.imports, *cls.edits.replace(value, f"{named.text}()"))
    return (*named.imports, *cls.edits.wrap(value, named.text))


def _assigned(binding: Binding) -> ast.expr | None:
    """The value of a statement that binds the attribute alone."""
    statement = binding.place.statement
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        return statement.value if isinstance(statement.targets[0], ast.Attribute) else None
    return statement.value if isinstance(statement, ast.AnnAssign) else None


def buffer_edits(cls: ModuleClass, binding: Binding) -> Edits | None:
    """``self.x = tensor`` as a buffer that is not saved: ``nn.Buffer`` where the project asks for a torch that has it.

    Elsewhere it is ``register_buffer``, after a declaration of the attribute for type checkers.
    """
    statement, value = binding.place.statement, _assigned(binding)
    alone = len(cls.bindings_of(binding.attribute)) == 1 and cls.finds(binding.attribute) is None
    if value is None or not alone or binding.place.loops or not binding.attribute.isidentifier():
        return None
    floor = cls.graph.project.folders.required("torch")
    if floor is not None and floor >= BUFFER_SINCE and isinstance(statement, ast.Assign):
        named = cls.edits.name("torch.nn.Buffer", statement)
        return None if named is None else (*named.imports, *cls.edits.wrap(value, named.text, ", persistent=False"))
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return None
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    owner = cls.edits.text(target.value) if isinstance(target, ast.Attribute) else ""
    if not owner.isidentifier():
        return None
    call = f'{owner}.register_buffer("{binding.attribute}", '
    declared = ""
    if isinstance(statement, ast.Assign):
        tensor = cls.edits.name("torch.Tensor", statement)
        if tensor is not None and not tensor.imports:
            declared = f"{cls.edits.text(target)}: {tensor.text}"
    else:
        declared = f"{cls.edits.text(target)}: {cls.edits.text(statement.annotation)}"
    return cls.edits.as_call(statement, value, call, ", persistent=False)", declared)


def operation_inside_parameter(cls: ModuleClass, binding: Binding) -> Edits | None:
    """``self.x = Parameter(t).op()`` as ``self.x = Parameter(t.op())``."""
    value = _assigned(binding)
    if value is None or isinstance(value, ast.IfExp):
        return None
    inner = set(ast.walk(value))
    made = [c.node for c in cls.own_calls(*PARAMETERS) if c.node in inner]
    if len({id(node) for node in made}) != 1:
        return None
    return cls.edits.inside_parameter(value, made[0])


def registering_container(cls: ModuleClass, binding: Binding, box: Box, kind: str) -> Fix | None:
    """A plain container as the one of torch's that registers what is in it; ``kind`` is Module or Parameter."""
    container = f"{kind}{'Dict' if box.kind == 'dict' else 'List'}"
    edits = _container_edits(cls, binding, box, f"torch.nn.{container}")
    unsafe = _unlike_container(cls, binding, box)
    return Fix(f"Make it an `nn.{container}`", edits, unsafe) if edits else None


def _container_edits(cls: ModuleClass, binding: Binding, box: Box, path: str) -> Edits | None:
    """``self.x = [...]`` as ``self.x = ModuleList([...])``, or the like for dicts and parameters."""
    value = _assigned(binding)
    if value is None or box.kind not in ("list", "tuple", "dict") or not _fits(cls, box, path):
        return None
    if not all(_goes_with_module(cls, v) for b in _others(cls, binding) for v in alternatives(b.value)):
        return None
    if isinstance(value, ast.Name) and _used_after(binding, value.id):
        return None
    return wrapped_value(cls, binding, path)


def _others(cls: ModuleClass, binding: Binding) -> list[Binding]:
    """The other assignments to the attribute."""
    return [b for b in cls.bindings_of(binding.attribute) if b is not binding and b.how != "augment"]


def _goes_with_module(cls: ModuleClass, value: Value) -> bool:
    """Whether an attribute that is a submodule can be given the value: another Module, None, or what isn't known."""
    empty = isinstance(value, Const) and value.value is None
    return empty or value is UNKNOWN or (isinstance(value, Instance) and cls.graph.is_module(value.cls))


def _fits(cls: ModuleClass, box: Box, path: str) -> bool:
    """Whether everything in the container, and every key, is what torch's container takes."""
    parameters = path.rpartition(".")[2].startswith("Parameter")
    if not box.items or not all(_may_be_kept(cls, item, parameters) for item in box.items):
        return False
    return box.kind != "dict" or _good_keys(box, path)


def _may_be_kept(cls: ModuleClass, item: Value, parameters: bool) -> bool:
    return all(value is UNKNOWN or _is_kept(cls, value, parameters) for value in alternatives(item))


def _is_kept(cls: ModuleClass, item: Value, parameters: bool) -> bool:
    if parameters:
        return isinstance(item, Parameter) and item.moved is None
    return isinstance(item, Instance) and cls.graph.is_module(item.cls)


def _good_keys(box: Box, path: str) -> bool:
    taken = library_class(path)
    refused = set(taken.members if taken else ()) | {"training", "type", "to", "forward", "train", "eval"}
    node = box.node
    if isinstance(node, ast.DictComp):
        return isinstance(node.key, ast.JoinedStr) and "." not in ast.unparse(node.key)
    keys = [key.value for key in box.keys if isinstance(key, Const)]
    named = all(isinstance(key, str) and key and "." not in key and key not in refused for key in keys)
    return named and len(keys) == len(box.keys) == len(box.items)


def _used_after(binding: Binding, name: str) -> bool:
    """Whether the list that the attribute is given is used once more by its own name: it could grow."""
    function, line = binding.place.function, binding.place.statement.end_lineno or 0
    nodes = function.nodes if function is not None else []
    return bool(binding.place.loops) or any(isinstance(n, ast.Name) and n.id == name and n.lineno > line for n in nodes)


def _unlike_container(cls: ModuleClass, binding: Binding, box: Box) -> str | None:
    """Why code of the class may need the plain container; ``None`` if torch's does all that is asked of it."""
    if any(value is UNKNOWN for item in box.items for value in alternatives(item)):
        return "it may hold something else too, which torch's container refuses"
    for other in _others(cls, binding):
        if UNKNOWN in alternatives(other.value):
            return (
                f"{_where(cls, other.place.function, other.place.statement)} assigns something that may not be a Module"
            )
    for method in (f for c in cls.project_classes for f in c.methods()):
        parents = {id(child): node for node in method.nodes for child in ast.iter_child_nodes(node)}
        for node in method.nodes:
            read = isinstance(node, ast.Attribute) and node.attr == binding.attribute and isinstance(node.ctx, ast.Load)
            if read and not _is_shared_use(parents.get(id(node)), node):
                return f"{_where(cls, method, node)} uses it in a way that may need a plain {box.kind}"
    return None


def _where(cls: ModuleClass, function: FunctionFacts | None, node: ast.AST) -> str:
    """The line of a node of the class's file; the method around a node of another file."""
    if function is None or function.file is cls.facts.file:
        return f"line {cls.facts.file.row(getattr(node, 'lineno', 1))}"
    return f"`{qualname(function)}`"


def _is_shared_use(parent: ast.AST | None, node: ast.AST) -> bool:
    if isinstance(parent, (ast.For, ast.comprehension)):
        return parent.iter is node
    if isinstance(parent, ast.Call):
        return isinstance(parent.func, ast.Name) and parent.func.id in ITERATING
    if isinstance(parent, ast.Subscript):
        return not isinstance(parent.slice, ast.Slice) or isinstance(parent.ctx, ast.Load)
    if isinstance(parent, ast.Attribute):
        return parent.attr in SHARED_METHODS
    if isinstance(parent, ast.AugAssign):
        return parent.target is node
    return isinstance(parent, (ast.Starred, ast.Compare))


def comprehension_edits(file: FileModel, repeated: Multiplied) -> Edits | None:
    """``[made()] * n`` as ``[made() for _ in range(n)]``."""
    node = repeated.node
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mult):
        return None
    first = isinstance(node.left, (ast.List, ast.Tuple))
    held, count = (node.left, node.right) if first else (node.right, node.left)
    if not isinstance(held, ast.List) or len(held.elts) != 1 or not isinstance(held.elts[0], ast.Call):
        return None
    made, again = held.elts[0], f" for _ in range({file.edits.text(count)})]"
    if first:
        return file.edits.with_end(node, made, again)
    before = file.edits.with_start(node, made, "[")
    after = file.edits.with_end(held, made, again)
    return (*before, *after) if before and after else None


def written_lists(call: ast.Call) -> list[ast.expr]:
    """The lists that are written out as layers of a ``ModuleList``."""
    given = call.args[0] if len(call.args) == 1 else None
    appended = isinstance(call.func, ast.Attribute) and call.func.attr == "append"
    items: Sequence[ast.AST | None] = [given] if appended else given.elts if isinstance(given, ast.List) else []
    if isinstance(given, ast.ListComp) and not appended:
        items = [given.elt]
    return [item for item in items if isinstance(item, (ast.List, ast.ListComp, ast.Tuple))]


def _given_items(call: Call) -> Iterator[tuple[ast.expr, Value]]:
    """What a container of layers is given, node by node, with its value."""
    nodes, values = list(call.node.args), list(call.args)
    if len(nodes) == len(values) == 1 and isinstance(nodes[0], (ast.List, ast.Tuple)) and isinstance(values[0], Box):
        nodes, values = nodes[0].elts, values[0].items
    if len(nodes) == len(values) and not any(isinstance(node, ast.Starred) for node in nodes):
        yield from zip(nodes, values, strict=True)


def layers_for_functions(file: FileModel, call: Call) -> Edits | None:
    """The functions given to a container, each replaced by the layer that does the same."""
    found: list[Edit] = []
    for node, value in _given_items(call):
        function = value.path.rpartition(".")[2] if isinstance(value, Dotted) else ""
        layer = LAYERS_OF_FUNCTIONS.get(function)
        named = file.edits.name(f"torch.nn.{layer}", node) if layer and function not in UNSETTLED else None
        if named is not None:
            found += [e for e in named.imports if e not in found]
            found += file.edits.replace(node, f"{named.text}()")
    return tuple(found) or None


def called_classes(file: FileModel, call: Call) -> Edits | None:
    """The activation classes that stand where a layer is meant, each called."""
    found: list[Edit] = []
    for node, value in _given_items(call):
        if _is_activation(file, value):
            found += file.edits.after(node, "()")
    if not found and _is_activation(file, call.callee) and _names_class(call):
        found += file.edits.after(call.node.func, "()")
    return tuple(found) or None


def _names_class(call: Call) -> bool:
    """Whether what is called is written as the class itself, not as a variable that holds it."""
    cls = call.callee.cls.name if isinstance(call.callee, ClassRef) else getattr(call.callee, "path", "")
    return dotted(call.node.func).rpartition(".")[2] == cls.rpartition(".")[2]


def _is_activation(file: FileModel, value: Value) -> bool:
    cls = file.graph.as_class(value) if isinstance(value, (ClassRef, Dotted)) else None
    return cls is not None and cls.name in set(LAYERS_OF_FUNCTIONS.values()) - {"Softmax", "LogSoftmax"}


def mode_edits(cls: ModuleClass, function: FunctionFacts) -> Edits | None:
    """``def train(self)`` with the mode as an argument that goes to the base's ``train``, and with a result."""
    node, args = function.node, function.node.args
    if len(args.posonlyargs) + len(args.args) != 1 or args.vararg or args.kwonlyargs or args.kwarg:
        return None
    handed: list[Edit] = []
    for call in (n for n in function.nodes if isinstance(n, ast.Call)):
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "train" or call.args or call.keywords:
            continue
        if isinstance(call.func.value, ast.Call):
            handed += cls.edits.argument(call, "mode") or ()
    first = (*args.posonlyargs, *args.args)[0]
    typed = node.returns is not None or first.annotation is not None
    taken = cls.edits.after(first, ", mode: bool = True" if typed else ", mode=True")
    if not handed:
        return None
    if returns_value(function):
        return (*taken, *handed)
    if any(isinstance(statement, ast.Return) for statement in function.statements):
        return None
    returned = cls.edits.next_statement(node.body[-1], f"return {first.arg}")
    return (*taken, *handed, *returned)
