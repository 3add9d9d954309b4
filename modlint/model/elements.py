"""Containers: what is put into them and what comes out."""

from __future__ import annotations

import ast

from modlint.model.events import Multiplied
from modlint.model.operators import Operators
from modlint.model.values import (
    UNKNOWN,
    Box,
    Const,
    Instance,
    ParameterOf,
    Parameters,
    Value,
    alternatives,
    join,
)


class Elements(Operators):
    """The part of the interpreter that makes and opens plain containers."""

    def items_of(self, value: Value) -> list[Value]:
        """The items a container brings when it is spread or added; what isn't known counts as one unknown item."""
        found: list[Value] = []
        for candidate in alternatives(value):
            if isinstance(candidate, Box):
                found += candidate.items
            elif isinstance(candidate, Instance):
                found += self.children(candidate)
            elif isinstance(candidate, Parameters):
                found.append(self.taken_from(candidate))
            else:
                found.append(UNKNOWN)
        return found

    def taken_from(self, parameters: Parameters) -> Value:
        """What iterating ``module.parameters()`` gives, once."""
        parameters.taken.append(self.place())
        one = ParameterOf(parameters.node, parameters.module)
        return Box(parameters.node, "tuple", [UNKNOWN, one], 2) if parameters.named else one

    def children(self, instance: Instance) -> list[Value]:
        """What iterating a module container gives."""
        return [
            item for arg in instance.args for candidate in alternatives(arg) for item in self._child(candidate)
        ] or [UNKNOWN]

    def _child(self, value: Value) -> list[Value]:
        return value.items if isinstance(value, Box) else [value]

    def element(self, value: Value) -> Value:
        """One element of what ``value`` iterates over."""
        if isinstance(value, Box) and value.kind == "dict":
            return UNKNOWN
        return join(self.items_of(value)) if value is not UNKNOWN else UNKNOWN

    def elements(self, nodes: list[ast.expr]) -> tuple[list[Value], int | None]:
        values: list[Value] = []
        literal: int | None = len(nodes)
        for node in nodes:
            if node.__class__ is ast.Starred:
                values += self.items_of(self.eval(node.value))
                literal = None
            else:
                values.append(self.eval(node))
        return values, literal

    def sequence(self, node: ast.List | ast.Tuple | ast.Set) -> Value:
        values, literal = self.elements(node.elts)
        return Box(node, node.__class__.__name__.lower(), values, literal)

    def dictionary(self, node: ast.Dict) -> Value:
        box = Box(node, "dict", [], len(node.keys))
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                box.items += self.items_of(self.eval(value))
                box.literal = None
            else:
                box.keys.append(self.eval(key))
                box.items.append(self.eval(value))
        box.compact()
        return box

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
        saved = dict(self.path.env)
        loops = self.loops
        for generator in node.generators:
            self.store(generator.target, self.element(self.eval(generator.iter)), None, "loop")
            self.loops = loops + 1
            for test in generator.ifs:
                self.eval(test)
        if isinstance(node, ast.DictComp):
            self.eval(node.key)
            box = Box(node, "dict", [self.eval(node.value)])
        else:
            kind = (
                "generator"
                if isinstance(node, ast.GeneratorExp)
                else "set"
                if isinstance(node, ast.SetComp)
                else "list"
            )
            box = Box(node, kind, [self.eval(node.elt)])
            if isinstance(node.elt, (ast.Name, ast.Attribute)) and not _loops_over(node, node.elt):
                self.events.multiplied.append(Multiplied(node, box, self.place()))
        self.loops = loops
        self.path.env = saved
        return box

    def box_item(self, box: Box, index: Value, node: ast.Subscript) -> Value:
        if isinstance(node.slice, ast.Slice):
            return Box(node, box.kind, list(box.items))
        if isinstance(index, Const) and box.literal == len(box.items):
            if box.kind == "dict" and len(box.keys) == len(box.items):
                for key, item in zip(box.keys, box.items, strict=True):
                    if isinstance(key, Const) and key.value == index.value:
                        return item
            elif isinstance(index.value, int) and -len(box.items) <= index.value < len(box.items):
                return box.items[index.value]
        return join(box.items) if box.items else UNKNOWN


def _loops_over(node: ast.ListComp | ast.SetComp | ast.GeneratorExp, element: ast.expr) -> bool:
    """Whether the comprehension's element hangs on what it loops over."""
    targets = {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
    return any(isinstance(n, ast.Name) and n.id in targets for n in ast.walk(element))
