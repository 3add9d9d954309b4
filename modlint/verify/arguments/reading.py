"""What the source of a class says about its parameters: constants they are compared with, how they are used."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from dataclasses import dataclass, field
from typing import Any, Final

from modlint.model.facts import dotted

DOCUMENTED: Final = re.compile(r"^\s*[-*]?\s*`{0,2}(\w+)`{0,2}\s*(?:\(([^\n]*?)\)\s*[:-]|:\s*([^\n]+))", re.MULTILINE)


@dataclass
class Use:
    """How a body uses one of its parameters."""

    constants: list[str] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    methods: set[str] = field(default_factory=set)
    called: bool = False
    iterated: bool = False
    indexed: bool = False
    unpacked: int = 0
    starred: bool = False
    numeric: bool = False
    instances: list[str] = field(default_factory=list)
    highest: int = -1
    documented: str = ""


@dataclass
class Reading:
    """One function's parameters as its body uses them."""

    node: ast.FunctionDef | None
    uses: dict[str, Use]

    def of(self, name: str) -> Use:
        """The uses of a parameter."""
        return self.uses.get(name) or Use()


def read_function(function: Any, documentation: str = "") -> Reading:
    """Read the source of a function; an empty reading where there is none."""
    node = function_node(function)
    if node is None:
        return Reading(None, {})
    args = node.args
    names = [a.arg for a in (*args.posonlyargs, *args.args, *args.kwonlyargs)]
    names += [a.arg for a in (args.vararg, args.kwarg) if a is not None]
    uses = {name: Use() for name in names}
    _Reader(uses).visit(node)
    for name, kinds, text in DOCUMENTED.findall(documentation + "\n" + (function.__doc__ or "")):
        if name in uses and not uses[name].documented:
            uses[name].documented = kinds or text
    return Reading(node, uses)


def function_node(function: Any) -> ast.FunctionDef | None:
    """The tree of a function, from its source."""
    try:
        text = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
        node = ast.parse(text).body[0]
    except (OSError, TypeError, SyntaxError, IndexError, ValueError):
        return None
    return node if isinstance(node, ast.FunctionDef) else None


class _Reader(ast.NodeVisitor):
    """Gathers uses of parameters, also under a local or ``self`` name that was given their value."""

    def __init__(self, uses: dict[str, Use]) -> None:
        self._uses = uses
        self._aliases: dict[str, str] = {}

    def _use(self, node: ast.AST) -> Use | None:
        name = dotted(node) if isinstance(node, (ast.Name, ast.Attribute)) else ""
        name = self._aliases.get(name, name)
        return self._uses.get(name)

    def visit_Assign(self, node: ast.Assign) -> None:
        """A new name for the value, or an unpacking of it."""
        self.generic_visit(node)
        for target in node.targets:
            use = self._use(node.value)
            if use is not None and isinstance(target, (ast.Tuple, ast.List)):
                use.unpacked = len(target.elts)
                use.starred = any(isinstance(e, ast.Starred) for e in target.elts)
            name = dotted(target) if isinstance(target, (ast.Name, ast.Attribute)) else ""
            origin = dotted(node.value) if isinstance(node.value, (ast.Name, ast.Attribute)) else ""
            origin = self._aliases.get(origin, origin)
            if name and origin in self._uses and name not in self._uses:
                self._aliases[name] = origin

    def visit_Compare(self, node: ast.Compare) -> None:
        """``name == constant``, ``name in (constants)``, ``name in TABLE``."""
        self.generic_visit(node)
        subject = node.left
        if isinstance(subject, ast.Call) and isinstance(subject.func, ast.Attribute):
            subject = subject.func.value
        use = self._use(subject)
        if use is None:
            return
        for operator, other in zip(node.ops, node.comparators, strict=True):
            found = list(_constants(other))
            if isinstance(operator, (ast.In, ast.NotIn, ast.Eq, ast.NotEq)):
                use.constants += [text for text in found if text not in use.constants]
            if isinstance(operator, (ast.Lt, ast.Gt, ast.LtE, ast.GtE)):
                use.numeric = True

    def visit_Match(self, node: ast.Match) -> None:
        """``case "constant":``."""
        use = self._use(node.subject)
        for case in node.cases if use is not None else ():
            if isinstance(case.pattern, ast.MatchValue) and use is not None:
                use.constants += _constants(case.pattern.value)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """``name.attribute``."""
        use = self._use(node.value)
        if use is not None and node.attr not in use.attributes and isinstance(node.ctx, ast.Load):
            use.attributes.append(node.attr)
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """``name[0]``, ``name["key"]``, ``{"key": value}[name]``."""
        use = self._use(node.value)
        if use is not None:
            use.indexed = True
            if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
                use.items.append(node.slice.value)
            if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
                use.highest = max(use.highest, node.slice.value)
        key = self._use(node.slice)
        if key is not None and isinstance(node.value, ast.Dict):
            key.constants += [text for k in node.value.keys if k is not None for text in _constants(k)]
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """``name(...)``, ``name.method(...)``, ``len(name)``, ``isinstance(name, Kind)``, ``range(name)``."""
        use = self._use(node.func)
        if use is not None:
            use.called = True
        if isinstance(node.func, ast.Attribute):
            owner = self._use(node.func.value)
            if owner is not None:
                owner.methods.add(node.func.attr)
        if isinstance(node.func, ast.Name):
            self._builtin(node.func.id, node.args)
        self.generic_visit(node)

    def _builtin(self, name: str, arguments: list[ast.expr]) -> None:
        for argument in arguments:
            use = self._use(argument)
            if use is None:
                continue
            if name in ("len", "zip", "enumerate", "list", "tuple", "reversed", "sum", "iter", "map"):
                use.iterated = True
            if name in ("range", "int", "float", "pow", "divmod"):
                use.numeric = True
            if name == "isinstance" and len(arguments) == 2:
                use.instances.append(ast.unparse(arguments[1]))

    def visit_For(self, node: ast.For) -> None:
        """``for … in name``."""
        use = self._use(node.iter)
        if use is not None:
            use.iterated = True
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        """``… for … in name``."""
        use = self._use(node.iter)
        if use is not None:
            use.iterated = True
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        """Arithmetic with the value."""
        for side in (node.left, node.right):
            use = self._use(side)
            if use is not None and not isinstance(node.op, ast.BitOr):
                use.numeric = True
        self.generic_visit(node)

    def visit_Starred(self, node: ast.Starred) -> None:
        """``*name``."""
        use = self._use(node.value)
        if use is not None:
            use.iterated = True
        self.generic_visit(node)


def _constants(node: ast.AST) -> list[str]:
    """The constants in an expression that is compared with, as source."""
    if isinstance(node, ast.Constant):
        return [] if node.value is None or isinstance(node.value, bool) else [repr(node.value)]
    if isinstance(node, ast.Name) and node.id.isupper():
        return [node.id]
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return [text for element in node.elts for text in _constants(element)]
    if isinstance(node, ast.Dict):
        return [text for key in node.keys if key is not None for text in _constants(key)]
    return []
