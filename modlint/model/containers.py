"""Questions about containers of layers: what is put into them, how often, and whether they are called."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from modlint.model.events import Call, Multiplied
from modlint.model.facts import FunctionFacts, defaults
from modlint.model.index import FileModel
from modlint.model.library import LibraryClass
from modlint.model.values import Box, ClassRef, Const, Dotted, Instance, Method, Value, alternatives

SEQUENTIAL: Final = "torch.nn.Sequential"
LISTS: Final = ("torch.nn.ModuleList", "torch.nn.Sequential")
SHARING: Final = ("shared", "share", "tied", "common", "siamese", "recurrent")
"""Words in names that say that weights are shared on purpose."""
LAYERS_OF_FUNCTIONS: Final = {
    "relu": "ReLU", "sigmoid": "Sigmoid", "tanh": "Tanh", "gelu": "GELU", "elu": "ELU", "selu": "SELU", "silu": "SiLU",
    "softmax": "Softmax", "log_softmax": "LogSoftmax", "leaky_relu": "LeakyReLU", "relu6": "ReLU6",
    "flatten": "Flatten", "dropout": "Dropout", "softplus": "Softplus", "mish": "Mish", "hardswish": "Hardswish",
}  # fmt: skip
"""The layer that does what a function does."""


def repeated_modules(file: FileModel) -> Iterator[tuple[Multiplied, Instance]]:
    """Places where one module with weights is put into a container several times."""
    for repeated in file.multiplied:
        items = [v for item in repeated.box.items for v in alternatives(item)]
        stateful = [v for v in items if isinstance(v, Instance) and file.index.stateful(v) is True]
        if len(stateful) == len(items) and stateful and not _on_purpose(repeated):
            yield repeated, stateful[0]


def _on_purpose(repeated: Multiplied) -> bool:
    text = " ".join(ast.unparse(n) for n in (repeated.place.statement, *(t for t, _ in repeated.place.guards))).lower()
    if any(word in text for word in SHARING):
        return True
    if isinstance(repeated.node, ast.BinOp):
        left, right = repeated.node.left, repeated.node.right
        count = right if isinstance(left, (ast.List, ast.Tuple)) else left
        made_here = isinstance(left, (ast.List, ast.Tuple)) or isinstance(right, (ast.List, ast.Tuple))
        return not made_here or _may_be_flag(count, repeated.place.function)
    return not _made_beside(repeated)


def _made_beside(repeated: Multiplied) -> bool:
    """Whether a comprehension repeats a local variable: an attribute repeated (`self.head`) is shared on purpose."""
    return isinstance(repeated.node, (ast.ListComp, ast.GeneratorExp)) and isinstance(repeated.node.elt, ast.Name)


def _may_be_flag(count: ast.expr, function: FunctionFacts | None) -> bool:
    """Whether a factor can be a boolean, as in ``use_norm * [norm]``, or is 0 or 1."""
    if isinstance(count, ast.Constant):
        return isinstance(count.value, bool) or count.value in (0, 1)
    if isinstance(count, (ast.Compare, ast.BoolOp)) or (
        isinstance(count, ast.Call) and ast.unparse(count.func) in ("bool", "int")
    ):
        return True
    if not isinstance(count, ast.Name) or function is None:
        return isinstance(count, ast.UnaryOp)
    if count.id.startswith(("use", "is_", "has", "with", "do_", "batch_norm", "norm", "bias")):
        return True
    default = defaults(function).get(count.id)
    if isinstance(default, ast.Constant) and isinstance(default.value, bool):
        return True
    arguments = (*function.node.args.args, *function.node.args.kwonlyargs)
    return any(
        a.arg == count.id and a.annotation is not None and "bool" in ast.unparse(a.annotation) for a in arguments
    )


def sequentials_of_lists(file: FileModel) -> Iterator[tuple[Call, str]]:
    """``nn.Sequential`` calls whose one argument is a plain container of layers, with its kind."""
    for call in file.calls:
        if call.path != SEQUENTIAL or call.spread or len(call.args) != 1:
            continue
        boxes = [value for value in alternatives(call.args[0]) if isinstance(value, Box)]
        if len(boxes) != len(alternatives(call.args[0])):
            continue
        if all(box.kind in ("list", "tuple", "generator", "set") for box in boxes):
            yield call, boxes[0].kind
        elif all(isinstance(box.node, (ast.Dict, ast.DictComp)) for box in boxes):
            yield call, "dict"


def called_containers(file: FileModel) -> Iterator[tuple[Call, str]]:
    """Calls of a module container that has no ``forward``."""
    for call in file.calls:
        cls = call.callee.cls if isinstance(call.callee, Instance) and call.sure else None
        if isinstance(cls, LibraryClass) and cls.path in ("torch.nn.ModuleList", "torch.nn.ModuleDict"):
            yield call, cls.name


def lists_in_modulelists(file: FileModel) -> Iterator[tuple[Call, str]]:
    """Plain containers given to ``nn.ModuleList`` as if they were layers."""
    for call in file.calls:
        for item in _given_layers(call):
            if isinstance(item, Box) and item.kind in ("list", "tuple", "dict") and _holds_modules(file, item):
                yield call, item.kind
                break


def _holds_modules(file: FileModel, box: Box) -> bool:
    return any(isinstance(v, Instance) and file.graph.is_module(v.cls) for i in box.items for v in alternatives(i))


def _given_layers(call: Call) -> list[Value]:
    """What a call puts into a ``ModuleList``: the items of its list, or the item appended."""
    if call.path == "torch.nn.ModuleList" and len(call.args) == 1:
        given = call.args[0]
        return given.items if isinstance(given, Box) else []
    callee = call.callee
    if not isinstance(callee, Method) or callee.name != "append" or not call.sure:
        return []
    return call.args if _is_modulelist(callee.receiver) and len(call.args) == 1 else []


def _is_modulelist(value: Value) -> bool:
    return (
        isinstance(value, Instance) and isinstance(value.cls, LibraryClass) and value.cls.path == "torch.nn.ModuleList"
    )


def strangers_in_containers(file: FileModel) -> Iterator[tuple[Call, str, str, str]]:
    """Functions and constants given to a container of layers: the call, the thing, the container, the layer meant."""
    for call in file.calls:
        if call.path not in LISTS:
            continue
        for item in _container_items(call):
            name = _stranger(item)
            if name:
                layer = LAYERS_OF_FUNCTIONS.get(name.rpartition(".")[2], "")
                yield call, name, call.path.rpartition(".")[2], layer
                break


def _container_items(call: Call) -> list[Value]:
    if call.path == SEQUENTIAL:
        return call.args
    return [i for a in call.args[:1] if isinstance(a, Box) and a.kind != "dict" for i in a.items]


def _stranger(item: Value) -> str:
    """The name of something that is surely no Module: a torch function, a number, a string."""
    if isinstance(item, Dotted) and item.path.startswith("torch."):
        last = item.path.rpartition(".")[2]
        known = item.path.startswith("torch.nn.functional.") or (
            item.path.count(".") == 1 and last in LAYERS_OF_FUNCTIONS
        )
        return item.path if known and last.islower() else ""
    if isinstance(item, Const) and isinstance(item.value, (int, float, str)) and not isinstance(item.value, bool):
        return repr(item.value)
    return ""


def uninstantiated(file: FileModel) -> Iterator[tuple[Call, str, str]]:
    """Classes of layers where the layer is meant: in a container, or called on the data of ``forward``."""
    for call in file.calls:
        if call.path in LISTS:
            for item in _container_items(call):
                if isinstance(item, (ClassRef, Dotted)) and _is_module_class(file, item):
                    yield call, _class_name(item), f"`{call.path.rpartition('.')[2]}` raises TypeError"
                    break
        elif _called_on_data(call):
            yield call, ast.unparse(call.node.func), "called on data it makes a layer, or raises, in place of a result"


def _is_module_class(file: FileModel, item: Value) -> bool:
    if isinstance(item, Dotted) and not item.path.startswith("torch.nn."):
        return False
    cls = file.graph.as_class(item)
    return cls is not None and file.graph.is_module(cls)


def _class_name(item: Value) -> str:
    if isinstance(item, ClassRef):
        return item.cls.name
    return item.path.replace("torch.nn.", "nn.") if isinstance(item, Dotted) else ""


def _called_on_data(call: Call) -> bool:
    """Whether a class without required arguments is given what ``forward`` was given, and the result isn't called."""
    made, function = call.result, call.place.function
    if (
        not isinstance(made, Instance)
        or made.called
        or call.place.in_init
        or not call.sure
        or call.kwargs
        or call.spread
    ):
        return False
    if function is None or function.name != "forward" or function.owner is None or len(call.args) != 1:
        return False
    if (
        not isinstance(made.cls, LibraryClass)
        or not made.cls.path.startswith("torch.nn.")
        or not _needs_nothing(made.cls)
    ):
        return False
    first = call.node.args[0]
    named = [a.arg for a in function.node.args.args[1:]]
    return isinstance(first, ast.Name) and first.id in named[:1] and isinstance(call.callee, (Dotted, ClassRef))


def _needs_nothing(cls: LibraryClass) -> bool:
    """Activations: classes that can be made without an argument, or with ``dim`` or ``inplace`` alone."""
    return cls.name in LAYERS_OF_FUNCTIONS.values() and cls.name not in ("Flatten",)
