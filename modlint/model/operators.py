"""Operators: list algebra, tensor arithmetic, comparisons, conditional expressions."""

from __future__ import annotations

import ast

from modlint.model.effects import Effects
from modlint.model.events import Condition, Multiplied
from modlint.model.values import UNKNOWN, Box, Computed, Const, Parameter, Tensor, Value, alternatives, join


class Operators(Effects):
    """The part of the interpreter that computes."""

    def binary(self, node: ast.BinOp) -> Value:
        return self.operate(node, self.eval(node.left), self.eval(node.right), node.op)

    def operate(self, node: Computed, left: Value, right: Value, operator: ast.operator) -> Value:
        """``left operator right``: list algebra, tensor arithmetic, a Parameter that stops being a leaf."""
        if left is UNKNOWN and right is UNKNOWN:
            return UNKNOWN
        if isinstance(left, Box) or isinstance(right, Box):
            return self.box_algebra(node, left, right, operator)
        for one, other in ((left, right), (right, left)):
            for candidate in alternatives(one):
                if isinstance(candidate, Parameter):
                    return UNKNOWN if candidate.registered else Parameter(node, candidate.trainable, "arithmetic")
                if isinstance(candidate, Tensor):
                    return self.tensor_arithmetic(node, candidate, other, isinstance(operator, ast.MatMult))
        return UNKNOWN

    def tensor_arithmetic(self, node: Computed, tensor: Tensor, other: Value, product: bool) -> Value:
        if isinstance(other, (Const, Tensor)) or self.in_init:
            if isinstance(other, Tensor):
                other.uses.update(tensor.uses)
            return tensor.derived(node)
        tensor.uses.add("operand")
        if product:
            tensor.uses.add("weight")
        return UNKNOWN

    def box_algebra(self, node: Computed, left: Value, right: Value, operator: ast.operator) -> Value:
        if isinstance(operator, ast.Mult):
            box = left if isinstance(left, Box) else right
            if isinstance(box, Box):
                result = Box(node, box.kind, list(box.items))
                self.events.multiplied.append(Multiplied(node, result, self.place()))
                return result
        if isinstance(operator, (ast.Add, ast.BitOr)):
            kind = left.kind if isinstance(left, Box) else right.kind if isinstance(right, Box) else "list"
            return Box(node, kind, [*self.items_of(left), *self.items_of(right)])
        return UNKNOWN

    def unary(self, node: ast.UnaryOp) -> Value:
        value = self.eval(node.operand)
        if isinstance(node.op, ast.USub):
            if isinstance(value, Const) and isinstance(value.value, (int, float)):
                return Const(-value.value)
            if isinstance(value, Tensor):
                return value.derived(node)
            if isinstance(value, Parameter) and not value.registered:
                return Parameter(node, value.trainable, "arithmetic")
        return UNKNOWN

    def compare(self, node: ast.Compare) -> Value:
        values = [self.eval(compared) for compared in (node.left, *node.comparators)]
        if self.in_init or not any(isinstance(v, Tensor) for v in values):
            return UNKNOWN
        if not all(isinstance(v, (Tensor, Const)) for v in values):
            identity = all(isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for op in node.ops)
            for value in values:
                if isinstance(value, Tensor) and not identity:
                    value.uses.add("operand")
        return UNKNOWN

    def boolean(self, node: ast.BoolOp) -> Value:
        return join([self.eval(value) for value in node.values])

    def test(self, node: ast.expr) -> None:
        """Evaluate what a branch hangs on; each part of the condition is noted with its value."""
        if isinstance(node, ast.BoolOp):
            for part in node.values:
                self.test(part)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self.test(node.operand)
        else:
            value = self.eval(node)
            if isinstance(node, (ast.Attribute, ast.Call, ast.Name)):
                self.events.conditions.append(Condition(node, value, self.place()))

    def conditional(self, node: ast.IfExp) -> Value:
        self.test(node.test)
        self.guards.append((node.test, True))
        body = self.eval(node.body)
        self.guards[-1] = (node.test, False)
        orelse = self.eval(node.orelse)
        self.guards.pop()
        return join((body, orelse))

    def walrus(self, node: ast.NamedExpr) -> Value:
        value = self.eval(node.value)
        self.store(node.target, value, node.value)
        return value
