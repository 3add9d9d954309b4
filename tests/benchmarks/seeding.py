"""Kinds of bugs and how to seed one into real code: each seeder yields mutated texts of a file, one bug in each."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Seed:
    """A file's text with one bug in it; ``line`` is where the bug is and ``owner`` the class that has it."""

    text: str
    line: int
    owner: str


@dataclass(frozen=True)
class Method:
    """A method of a class of the file, with the text it stands in."""

    text: str
    cls: ast.ClassDef
    node: ast.FunctionDef

    def replaced(self, node: ast.AST, new: str) -> Seed:
        """The text with ``node`` replaced by ``new``."""
        start = offset(self.text, node.lineno, node.col_offset)  # type: ignore[attr-defined]
        end = offset(self.text, node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        return Seed(self.text[:start] + new + self.text[end:], node.lineno, self.cls.name)  # type: ignore[attr-defined]

    def source(self, node: ast.AST) -> str:
        """The node's own text."""
        return ast.get_source_segment(self.text, node) or ""

    def without(self, statement: ast.stmt) -> Seed:
        """The text with a statement replaced by ``pass``."""
        return self.replaced(statement, "pass")


def offset(text: str, line: int, column: int) -> int:
    """The index in ``text`` of an ``ast`` position (columns count UTF-8 bytes)."""
    lines = text.split("\n")
    before = sum(len(row) + 1 for row in lines[: line - 1])
    return before + len(lines[line - 1].encode()[:column].decode())


def methods(text: str, name: str) -> Iterator[Method]:
    """The methods called ``name`` of the classes of the file."""
    for cls in ast.walk(ast.parse(text)):
        if isinstance(cls, ast.ClassDef):
            for node in cls.body:
                if isinstance(node, ast.FunctionDef) and node.name == name and cls.bases:
                    yield Method(text, cls, node)


def is_super_init(node: ast.AST) -> bool:
    """Whether the statement calls ``super().__init__``."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    function = node.value.func
    return isinstance(function, ast.Attribute) and function.attr == "__init__" and "super" in ast.unparse(function)


def callee(node: ast.AST) -> str:
    """The last name of what a call calls."""
    if not isinstance(node, ast.Call):
        return ""
    return ast.unparse(node.func).rpartition(".")[2]


def self_assignments(method: Method) -> Iterator[tuple[ast.Assign, str]]:
    """The statements ``self.name = value`` of a method."""
    for node in ast.walk(method.node):
        target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
            yield node, target.attr  # type: ignore[misc]


def read_in(cls: ast.ClassDef, attribute: str, method: str = "forward") -> list[ast.Attribute]:
    """Where ``forward`` reads ``self.attribute``."""
    bodies = [n for n in cls.body if isinstance(n, ast.FunctionDef) and n.name == method]
    return [
        n
        for body in bodies
        for n in ast.walk(body)
        if isinstance(n, ast.Attribute) and n.attr == attribute and ast.unparse(n.value) == "self"
    ]


def drop_super(text: str) -> Iterator[Seed]:
    """``super().__init__()`` is missing."""
    for method in methods(text, "__init__"):
        for statement in method.node.body:
            if is_super_init(statement) and any(True for _ in self_assignments(method)):
                yield method.without(statement)


def uncalled_super(text: str) -> Iterator[Seed]:
    """``super().__init__`` without parentheses."""
    for method in methods(text, "__init__"):
        for statement in method.node.body:
            if is_super_init(statement):
                yield method.replaced(statement, "super().__init__")


def conditional_super(text: str) -> Iterator[Seed]:
    """``super().__init__()`` behind a condition."""
    for method in methods(text, "__init__"):
        for statement in method.node.body:
            if is_super_init(statement) and statement.lineno == statement.end_lineno:
                yield method.replaced(statement, f"if torch.cuda.is_available(): {method.source(statement)}")


def wrong_super(text: str) -> Iterator[Seed]:
    """``super(Other, self)`` with a class that isn't a base."""
    others = [n for n in ast.parse(text).body if isinstance(n, ast.ClassDef)]
    for method in methods(text, "__init__"):
        bases = {ast.unparse(base) for base in method.cls.bases}
        other = next((o.name for o in others if o is not method.cls and o.name != method.cls.name), None)
        for statement in method.node.body:
            if is_super_init(statement) and other and bases == {"nn.Module"}:
                yield method.replaced(statement.value.func, f"super({other}, self).__init__")  # type: ignore[attr-defined]


def late_super(text: str) -> Iterator[Seed]:
    """A layer is assigned before ``super().__init__()``."""
    for method in methods(text, "__init__"):
        for statement in method.node.body:
            if is_super_init(statement):
                indent = " " * statement.col_offset
                yield method.replaced(statement, f"self.seeded = nn.Linear(4, 4)\n{indent}{method.source(statement)}")


def plain_list(text: str) -> Iterator[Seed]:
    """``nn.ModuleList([...])`` becomes ``[...]``."""
    for method in methods(text, "__init__"):
        for node, _ in self_assignments(method):
            if callee(node.value) == "ModuleList" and node.value.args:  # type: ignore[attr-defined]
                inner = node.value.args[0]  # type: ignore[attr-defined]
                stateless = any(word in method.source(inner) for word in ("Pool", "ReLU", "Identity", "Drop"))
                if isinstance(inner, (ast.List, ast.ListComp)) and "for" in method.source(inner) and not stateless:
                    yield method.replaced(node.value, method.source(inner))


def grown_list(text: str) -> Iterator[Seed]:
    """``nn.ModuleList()`` that is appended to becomes ``[]``."""
    for method in methods(text, "__init__"):
        for node, _ in self_assignments(method):
            if callee(node.value) == "ModuleList" and not node.value.args:  # type: ignore[attr-defined]
                yield method.replaced(node.value, "[]")


def plain_dict(text: str) -> Iterator[Seed]:
    """``nn.ModuleDict()`` becomes ``{}``."""
    for method in methods(text, "__init__"):
        for node, _ in self_assignments(method):
            if callee(node.value) == "ModuleDict":
                inner = node.value.args  # type: ignore[attr-defined]
                yield method.replaced(node.value, method.source(inner[0]) if inner else "{}")


def unregistered_buffer(text: str) -> Iterator[Seed]:
    """``self.register_buffer("x", v)`` becomes ``self.x = v``."""
    for method in methods(text, "__init__"):
        for node in ast.walk(method.node):
            if isinstance(node, ast.Expr) and callee(node.value) == "register_buffer":
                arguments = node.value.args  # type: ignore[attr-defined]
                if len(arguments) < 2 or not isinstance(arguments[0], ast.Constant):
                    continue
                value = method.source(arguments[1])
                if (
                    "torch." in value
                    and "torch.tensor(" not in value
                    and "persistent" not in value
                    and read_in(method.cls, arguments[0].value)
                ):
                    yield method.replaced(node, f"self.{arguments[0].value} = {value}")


def plain_parameter(text: str) -> Iterator[Seed]:
    """``nn.Parameter(x)`` becomes ``x``."""
    for method in methods(text, "__init__"):
        for node, name in self_assignments(method):
            if callee(node.value) == "Parameter" and read_in(method.cls, name):
                yield method.replaced(node.value, method.source(node.value.args[0]))  # type: ignore[attr-defined]


def moved_parameter(text: str) -> Iterator[Seed]:
    """``nn.Parameter(x)`` becomes ``nn.Parameter(x).cuda()``."""
    for method in methods(text, "__init__"):
        for node, _ in self_assignments(method):
            if callee(node.value) == "Parameter":
                yield method.replaced(node.value, f"{method.source(node.value)}.cuda()")


def gradient_tensor(text: str) -> Iterator[Seed]:
    """``nn.Parameter(x)`` becomes ``torch.zeros(4, requires_grad=True)``."""
    for method in methods(text, "__init__"):
        for node, name in self_assignments(method):
            if callee(node.value) == "Parameter" and read_in(method.cls, name):
                yield method.replaced(node.value, "torch.zeros(4, requires_grad=True)")


def listed_parameters(text: str) -> Iterator[Seed]:
    """Parameters are kept in a list beside the one that is there."""
    for method in methods(text, "__init__"):
        for node, _ in self_assignments(method):
            if callee(node.value) == "Parameter" and node in method.node.body:
                made = method.source(node.value)
                yield method.replaced(node, f"{method.source(node)}; self.seeded = [{made} for _ in range(3)]")


def misspelled_forward(text: str) -> Iterator[Seed]:
    """``def forward`` becomes ``def foward``."""
    for method in methods(text, "forward"):
        if {ast.unparse(base) for base in method.cls.bases} == {"nn.Module"}:
            start = offset(text, method.node.lineno, method.node.col_offset)
            yield Seed(text[:start] + text[start:].replace("forward", "foward", 1), method.node.lineno, method.cls.name)


def misspelled_init(text: str) -> Iterator[Seed]:
    """``def __init__`` becomes ``def __int__``."""
    for method in methods(text, "__init__"):
        if len(method.node.args.args) > 1:
            start = offset(text, method.node.lineno, method.node.col_offset)
            yield Seed(
                text[:start] + text[start:].replace("__init__", "__int__", 1), method.node.lineno, method.cls.name
            )


def misspelled_attribute(text: str) -> Iterator[Seed]:
    """``self.name`` read in ``forward`` becomes ``self.nam``."""
    for method in methods(text, "forward"):
        inits = [n for n in method.cls.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
        for init in inits:
            for _, name in self_assignments(Method(text, method.cls, init)):
                for read in read_in(method.cls, name)[:1]:
                    if len(name) > 3:
                        yield method.replaced(read, f"self.{name[:-2]}{name[-1]}{name[-2]}x")


def layer_in_forward(text: str) -> Iterator[Seed]:
    """A submodule called in ``forward`` is made there."""
    if "import torch.nn as nn" not in text and "from torch import nn" not in text:
        return
    for method in methods(text, "forward"):
        for node in ast.walk(method.node):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "self.fc",
                "self.proj",
                "self.norm",
                "self.conv",
            ):
                yield method.replaced(node.func, "nn.Linear(4, 4)")


def dropout_in_forward(text: str) -> Iterator[Seed]:
    """A dropout called in ``forward`` is made there."""
    if "import torch.nn as nn" not in text and "from torch import nn" not in text:
        return
    for method in methods(text, "forward"):
        for node in ast.walk(method.node):
            if (
                isinstance(node, ast.Call)
                and "drop" in ast.unparse(node.func)
                and ast.unparse(node.func).startswith("self.")
            ):
                yield method.replaced(node.func, "nn.Dropout(0.1)")


def functional_dropout(text: str) -> Iterator[Seed]:
    """A dropout module becomes ``F.dropout`` without ``training``."""
    if "import torch.nn.functional as F" not in text:
        return
    for method in methods(text, "forward"):
        for node in ast.walk(method.node):
            if (
                isinstance(node, ast.Call)
                and "drop" in ast.unparse(node.func)
                and ast.unparse(node.func).startswith("self.")
            ):
                yield method.replaced(node.func, "F.dropout")


def direct_forward(text: str) -> Iterator[Seed]:
    """``self.layer(x)`` becomes ``self.layer.forward(x)``."""
    for method in methods(text, "forward"):
        for node in ast.walk(method.node):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "self.fc",
                "self.conv",
                "self.norm1",
                "self.conv1",
            ):
                yield method.replaced(node.func, f"{method.source(node.func)}.forward")


def plain_classes(text: str) -> Iterator[ast.ClassDef]:
    """The classes of the file whose only base is ``nn.Module``."""
    for cls in ast.walk(ast.parse(text)):
        if isinstance(cls, ast.ClassDef) and {ast.unparse(base) for base in cls.bases} == {"nn.Module"}:
            yield cls


def layers_made(method: Method, *names: str) -> Iterator[tuple[ast.Assign, str]]:
    """Statements at the top of a method that assign a layer of one of these kinds."""
    for node, name in self_assignments(method):
        made = ast.unparse(node.value.func) if isinstance(node.value, ast.Call) else ""
        if made in names and node in method.node.body:
            yield node, name


LAYERS = ("nn.Linear", "nn.Conv2d", "nn.BatchNorm2d", "nn.LayerNorm", "nn.Embedding")


def repeated_super(text: str) -> Iterator[Seed]:
    """``super().__init__()`` once more, after a layer."""
    for cls in plain_classes(text):
        for method in methods_of(text, cls, "__init__"):
            for node, _ in list(layers_made(method, *LAYERS))[-1:]:
                yield method.replaced(node, f"{method.source(node)}; super().__init__()")


def methods_of(text: str, cls: ast.ClassDef, name: str) -> Iterator[Method]:
    """The method called ``name`` of one class."""
    for node in cls.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            yield Method(text, cls, node)


def lost_return(text: str) -> Iterator[Seed]:
    """``return f(x)`` at the end of ``forward`` becomes ``x = f(x)``."""
    for cls in plain_classes(text):
        for method in methods_of(text, cls, "forward"):
            last = method.node.body[-1]
            returns = [n for n in ast.walk(method.node) if isinstance(n, ast.Return)]
            if isinstance(last, ast.Return) and len(returns) == 1 and isinstance(last.value, (ast.Call, ast.BinOp)):
                yield method.replaced(last, f"x = {method.source(last.value)}")


def early_return(text: str) -> Iterator[Seed]:
    """The ``return x`` behind a loop over layers is moved into it."""
    for cls in plain_classes(text):
        for method in methods_of(text, cls, "forward"):
            for loop, after in zip(method.node.body, method.node.body[1:], strict=False):
                simple = (
                    isinstance(after, ast.Return) and isinstance(after.value, ast.Name) and isinstance(loop, ast.For)
                )
                if (
                    simple
                    and not loop.orelse
                    and not any(isinstance(n, (ast.Return, ast.Break)) for n in ast.walk(loop))
                ):
                    last = loop.body[-1]
                    target = last.targets[0] if isinstance(last, ast.Assign) else None
                    if isinstance(target, ast.Name) and target.id == after.value.id:  # type: ignore[attr-defined]
                        yield method.replaced(after, f"    {method.source(after)}")


def trailing_comma(text: str) -> Iterator[Seed]:
    """A comma behind a layer."""
    for method in methods(text, "__init__"):
        for node, _ in layers_made(method, *LAYERS):
            yield method.replaced(node, f"{method.source(node)},")


def multiplied_layer(text: str) -> Iterator[Seed]:
    """``ModuleList([made for _ in range(n)])`` becomes ``ModuleList([made] * n)``."""
    for method in methods(text, "__init__"):
        for node, _ in self_assignments(method):
            if callee(node.value) != "ModuleList" or not node.value.args:  # type: ignore[attr-defined]
                continue
            inner = node.value.args[0]  # type: ignore[attr-defined]
            if not isinstance(inner, ast.ListComp) or not isinstance(inner.elt, ast.Call) or len(inner.generators) > 1:
                continue
            names = {n.id for n in ast.walk(inner.elt) if isinstance(n, ast.Name)}
            loop = inner.generators[0]
            unused = isinstance(loop.target, ast.Name) and loop.target.id not in names
            stateless = any(word in method.source(inner.elt) for word in ("Pool", "ReLU", "Identity", "Drop"))
            if unused and callee(loop.iter) == "range" and len(loop.iter.args) == 1 and not stateless:  # type: ignore[attr-defined]
                count = method.source(loop.iter.args[0])  # type: ignore[attr-defined]
                yield method.replaced(inner, f"[{method.source(inner.elt)}] * ({count})")


def unspread_sequential(text: str) -> Iterator[Seed]:
    """``nn.Sequential(*layers)`` becomes ``nn.Sequential(layers)``."""
    for method in methods(text, "__init__"):
        for node in ast.walk(method.node):
            if callee(node) == "Sequential" and len(node.args) == 1 and isinstance(node.args[0], ast.Starred):  # type: ignore[attr-defined]
                yield method.replaced(node.args[0], method.source(node.args[0].value))  # type: ignore[attr-defined]


def in_sequentials(text: str) -> Iterator[tuple[Method, ast.Call]]:
    """``nn.ReLU(…)`` and ``nn.GELU(…)`` that stand as arguments of ``nn.Sequential``."""
    for method in methods(text, "__init__"):
        for node in ast.walk(method.node):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "nn.Sequential":
                for item in node.args:
                    if isinstance(item, ast.Call) and ast.unparse(item.func) in ("nn.ReLU", "nn.GELU", "nn.SiLU"):
                        yield method, item


def class_for_layer(text: str) -> Iterator[Seed]:
    """``nn.ReLU()`` in ``nn.Sequential`` becomes ``nn.ReLU``."""
    for method, item in in_sequentials(text):
        yield method.replaced(item, method.source(item.func))


def function_for_layer(text: str) -> Iterator[Seed]:
    """``nn.ReLU()`` in ``nn.Sequential`` becomes ``nn.functional.relu``."""
    for method, item in in_sequentials(text):
        yield method.replaced(item, f"nn.functional.{callee(item).lower()}")


def assigned_registration(text: str) -> Iterator[Seed]:
    """``self.register_buffer("x", …)`` becomes ``self.x = self.register_buffer("x", …)``."""
    for method in methods(text, "__init__"):
        for node in method.node.body:
            if isinstance(node, ast.Expr) and callee(node.value) == "register_buffer":
                arguments = node.value.args  # type: ignore[attr-defined]
                if (
                    len(arguments) > 1
                    and isinstance(arguments[0], ast.Constant)
                    and "None" not in method.source(arguments[1])
                ):
                    yield method.replaced(node, f"self.{arguments[0].value} = {method.source(node)}")


def overwritten_parameter(text: str) -> Iterator[Seed]:
    """A tensor is assigned over a parameter."""
    for method in methods(text, "__init__"):
        for node, name in self_assignments(method):
            if callee(node.value) == "Parameter" and node in method.node.body:
                yield method.replaced(node, f"{method.source(node)}; self.{name} = torch.zeros(4)")


def integer_parameter(text: str) -> Iterator[Seed]:
    """``nn.Parameter(x)`` becomes one of integers."""
    for method in methods(text, "__init__"):
        for node, _ in self_assignments(method):
            if callee(node.value) == "Parameter":
                yield method.replaced(node.value, "nn.Parameter(torch.arange(4))")


def added_method(text: str, code: str, name: str) -> Iterator[Seed]:
    """A method is added to the classes that have layers and no method of this name."""
    for cls in plain_classes(text):
        has = {node.name for node in cls.body if isinstance(node, ast.FunctionDef)}
        for method in methods_of(text, cls, "forward"):
            made = [m for m in methods_of(text, cls, "__init__") if any(True for _ in layers_made(m, *LAYERS))]
            if name not in has and made and not method.node.decorator_list:
                start = offset(text, method.node.lineno, method.node.col_offset)
                indent = " " * method.node.col_offset
                added = code.replace("\n", f"\n{indent}")
                yield Seed(text[:start] + added + text[start:], method.node.lineno, cls.name)


def train_without_mode(text: str) -> Iterator[Seed]:
    """``train`` is overridden without its argument."""
    yield from added_method(text, "def train(self):\n    super().train()\n    return self\n\n", "train")


def train_without_result(text: str) -> Iterator[Seed]:
    """``train`` is overridden without a result."""
    yield from added_method(text, "def train(self, mode=True):\n    super().train(mode)\n\n", "train")


def mode_method(text: str) -> Iterator[Seed]:
    """``if self.training`` becomes ``if self.train``."""
    for method in methods(text, "forward"):
        for node in ast.walk(method.node):
            if isinstance(node, (ast.If, ast.IfExp)) and ast.unparse(node.test) in (
                "self.training",
                "not self.training",
            ):
                test = node.test.operand if isinstance(node.test, ast.UnaryOp) else node.test
                yield method.replaced(test, "self.train")


def dropped_result(text: str) -> Iterator[Seed]:
    """``x = x.flatten(1)`` becomes ``x.flatten(1)``."""
    for method in methods(text, "forward"):
        first = [a.arg for a in method.node.args.args[1:2]]
        for node in method.node.body:
            value = node.value if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
            if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
                continue
            same = [ast.unparse(value.func.value)] == first == [ast.unparse(node.targets[0])]  # type: ignore[attr-defined]
            if same and value.func.attr in ("flatten", "view", "reshape", "permute", "transpose", "unsqueeze", "mean"):
                yield method.replaced(node, method.source(value))


def boolean_slope(text: str) -> Iterator[Seed]:
    """``nn.ReLU(inplace=True)`` becomes ``nn.LeakyReLU(True)``."""
    for method in methods(text, "__init__"):
        for node in ast.walk(method.node):
            if isinstance(node, ast.Call) and ast.unparse(node) in ("nn.ReLU(inplace=True)", "nn.ReLU(True)"):
                yield method.replaced(node, "nn.LeakyReLU(True)")


def second_forward(text: str) -> Iterator[Seed]:
    """A second ``forward``."""
    for cls in plain_classes(text):
        for method in methods_of(text, cls, "forward"):
            if not method.node.decorator_list and method.node is not cls.body[0]:
                start = offset(text, method.node.lineno, method.node.col_offset)
                indent = " " * method.node.col_offset
                added = f"def forward(self, x):\n{indent}    return x * 2\n\n{indent}"
                yield Seed(text[:start] + added + text[start:], method.node.lineno, cls.name)


def selfless_forward(text: str) -> Iterator[Seed]:
    """``def forward(self, x`` becomes ``def forward(x``."""
    for cls in plain_classes(text):
        for method in methods_of(text, cls, "forward"):
            arguments = method.node.args.args
            if len(arguments) == 2 and arguments[1].arg == "x" and not method.node.decorator_list:
                start = offset(text, arguments[0].lineno, arguments[0].col_offset)
                end = offset(text, arguments[1].lineno, arguments[1].col_offset)
                yield Seed(text[:start] + text[end:], method.node.lineno, cls.name)


def frozen_module(text: str) -> Iterator[Seed]:
    """``self.conv.requires_grad = False`` behind a layer."""
    for method in methods(text, "__init__"):
        for node, name in layers_made(method, *LAYERS):
            yield method.replaced(node, f"{method.source(node)}; self.{name}.requires_grad = False")


def dotted_name(text: str) -> Iterator[Seed]:
    """``self.conv = layer`` becomes ``self.add_module("conv.1", layer)``."""
    for method in methods(text, "__init__"):
        for node, name in layers_made(method, *LAYERS):
            yield method.replaced(node, f'self.add_module("{name}.1", {method.source(node.value)})')


def always_dropping_attention(text: str) -> Iterator[Seed]:
    """``dropout_p=p if self.training else 0.`` becomes ``dropout_p=p``."""
    for method in methods(text, "forward"):
        for node in ast.walk(method.node):
            if isinstance(node, ast.Call) and callee(node) == "scaled_dot_product_attention":
                for keyword in node.keywords:
                    if keyword.arg == "dropout_p" and isinstance(keyword.value, ast.IfExp):
                        yield method.replaced(keyword.value, method.source(keyword.value.body))


def called_list(text: str) -> Iterator[Seed]:
    """A ``ModuleList`` is called."""
    for cls in plain_classes(text):
        made = [
            name
            for method in methods_of(text, cls, "__init__")
            for node, name in self_assignments(method)
            if callee(node.value) == "ModuleList" and node in method.node.body
        ]
        for method in methods_of(text, cls, "forward"):
            for name in made[:1]:
                last = method.node.body[-1]
                arguments = method.node.args.args
                if isinstance(last, ast.Return) and len(arguments) > 1:
                    yield method.replaced(last, f"x = self.{name}({arguments[1].arg}); {method.source(last)}")


def moved_in_forward(text: str) -> Iterator[Seed]:
    """``forward`` moves its input to a device of its own choice."""
    for cls in plain_classes(text):
        for method in methods_of(text, cls, "forward"):
            last = method.node.body[-1]
            if isinstance(last, ast.Return) and isinstance(last.value, ast.Name):
                yield method.replaced(last.value, f"{last.value.id}.cuda()")


def high_momentum(text: str) -> Iterator[Seed]:
    """``nn.BatchNorm2d(n)`` becomes ``nn.BatchNorm2d(n, momentum=0.99)``."""
    for method in methods(text, "__init__"):
        for node in ast.walk(method.node):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func) == "nn.BatchNorm2d"
                and len(node.args) == 1
                and not node.keywords
            ):
                yield method.replaced(node, f"nn.BatchNorm2d({method.source(node.args[0])}, momentum=0.99)")


def hidden_method(text: str) -> Iterator[Seed]:
    """``self.train = True`` in the constructor."""
    for method in methods(text, "__init__"):
        for node, _ in list(layers_made(method, *LAYERS))[:1]:
            yield method.replaced(node, f"{method.source(node)}; self.train = True")


def class_attribute(text: str) -> Iterator[Seed]:
    """A layer in the class body."""
    for cls in plain_classes(text):
        for method in methods_of(text, cls, "__init__"):
            if not method.node.decorator_list:
                start = offset(text, method.node.lineno, method.node.col_offset)
                yield Seed(
                    text[:start] + f"seeded = nn.Linear(4, 4)\n{' ' * method.node.col_offset}" + text[start:],
                    method.node.lineno,
                    cls.name,
                )


def registered_self(text: str) -> Iterator[Seed]:
    """``self.parent = self``."""
    for method in methods(text, "__init__"):
        for node, _ in list(layers_made(method, *LAYERS))[:1]:
            yield method.replaced(node, f"{method.source(node)}; self.parent = self")


def lost_layer(text: str) -> Iterator[Seed]:
    """``self.conv = layer`` becomes ``conv = layer``."""
    for cls in plain_classes(text):
        for method in methods_of(text, cls, "__init__"):
            for node, name in layers_made(method, *LAYERS):
                used = any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(method.node))
                if read_in(cls, name) and not used:
                    yield method.replaced(node.targets[0], name)


def replaced_layer(text: str) -> Iterator[Seed]:
    """A layer is assigned twice, the second time with other arguments."""
    for method in methods(text, "__init__"):
        for node, name in layers_made(method, "nn.Linear", "nn.Conv2d"):
            indent = " " * node.col_offset
            yield method.replaced(node, f"{method.source(node)}\n{indent}self.{name} = nn.Linear(4, 4)")


def layer_default(text: str) -> Iterator[Seed]:
    """A layer with weights is the default of an argument."""
    for method in methods(text, "__init__"):
        args = method.node.args
        if args.args and args.vararg is None and args.kwarg is None and not args.kwonlyargs:
            last = args.defaults[-1] if args.defaults else args.args[-1]
            yield method.replaced(last, f"{method.source(last)}, seeded=nn.PReLU()")


def returning_init(text: str) -> Iterator[Seed]:
    """``__init__`` ends with ``return self``."""
    for method in methods(text, "__init__"):
        last = method.node.body[-1]
        if isinstance(last, (ast.Assign, ast.Expr)):
            yield method.replaced(last, f"{method.source(last)}; return self")


SEEDERS: dict[str, tuple[Callable[[str], Iterator[Seed]], tuple[str, ...]]] = {
    "drop super": (drop_super, ("MOD101",)),
    "late super": (late_super, ("MOD102",)),
    "uncalled super": (uncalled_super, ("MOD103",)),
    "wrong super": (wrong_super, ("MOD104",)),
    "conditional super": (conditional_super, ("MOD105",)),
    "misspelled init": (misspelled_init, ("MOD108",)),
    "misspelled forward": (misspelled_forward, ("MOD108",)),
    "gradient tensor": (gradient_tensor, ("MOD201",)),
    "plain parameter": (plain_parameter, ("MOD202", "MOD203")),
    "unregistered buffer": (unregistered_buffer, ("MOD202", "MOD203")),
    "moved parameter": (moved_parameter, ("MOD204",)),
    "listed parameter": (listed_parameters, ("MOD205",)),
    "plain list": (plain_list, ("MOD301",)),
    "grown list": (grown_list, ("MOD301",)),
    "plain dict": (plain_dict, ("MOD301",)),
    "layer in forward": (layer_in_forward, ("MOD308",)),
    "dropout in forward": (dropout_in_forward, ("MOD308",)),
    "misspelled attribute": (misspelled_attribute, ("MOD310",)),
    "direct forward": (direct_forward, ("MOD404",)),
    "functional dropout": (functional_dropout, ("MOD406",)),
    "repeated super": (repeated_super, ("MOD106",)),
    "selfless forward": (selfless_forward, ("MOD111",)),
    "second forward": (second_forward, ("MOD112",)),
    "returning init": (returning_init, ("MOD114",)),
    "integer parameter": (integer_parameter, ("MOD207",)),
    "overwritten parameter": (overwritten_parameter, ("MOD208",)),
    "dotted name": (dotted_name, ("MOD210",)),
    "frozen module": (frozen_module, ("MOD211",)),
    "assigned registration": (assigned_registration, ("MOD217",)),
    "multiplied layer": (multiplied_layer, ("MOD302",)),
    "unspread sequential": (unspread_sequential, ("MOD303",)),
    "called list": (called_list, ("MOD304",)),
    "function for layer": (function_for_layer, ("MOD306",)),
    "class for layer": (class_for_layer, ("MOD307",)),
    "class attribute": (class_attribute, ("MOD309",)),
    "replaced layer": (replaced_layer, ("MOD312",)),
    "hidden method": (hidden_method, ("MOD313",)),
    "trailing comma": (trailing_comma, ("MOD314",)),
    "lost layer": (lost_layer, ("MOD315", "MOD310")),
    "layer default": (layer_default, ("MOD319",)),
    "lost return": (lost_return, ("MOD401",)),
    "early return": (early_return, ("MOD402",)),
    "dropping attention": (always_dropping_attention, ("MOD406",)),
    "moved in forward": (moved_in_forward, ("MOD410",)),
    "dropped result": (dropped_result, ("MOD411",)),
    "boolean slope": (boolean_slope, ("MOD412",)),
    "train without mode": (train_without_mode, ("MOD501",)),
    "train without result": (train_without_result, ("MOD501",)),
    "mode method": (mode_method, ("MOD504",)),
    "high momentum": (high_momentum, ("MOD506",)),
    "registered self": (registered_self, ("MOD706",)),
}
"""For each kind of bug, how to seed it and which rules are right to report it."""
