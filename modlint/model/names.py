"""Expressions of names alone: bases, decorators, annotations, module-level aliases."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from modlint.model.facts import Assigned, Binder, ClassFacts, FileFacts, FunctionFacts, Holder, effective
from modlint.model.values import (
    UNKNOWN,
    ClassRef,
    Const,
    Dotted,
    FileRef,
    FolderRef,
    Value,
    alternatives,
    join,
)

if TYPE_CHECKING:
    from modlint.model.project import Project


def static_value(
    project: Project, file: FileFacts, node: ast.expr, holder: Holder = None, before: int | None = None
) -> Value:
    """What ``node`` stands for in ``holder``'s scope of ``file``, as far as names alone tell.

    ``before`` is the line of code that runs when the scope's body does: what is bound further down doesn't count.
    """
    if isinstance(node, ast.Name):
        return name_value(project, file, node.id, holder, before)
    if isinstance(node, ast.Attribute):
        owner = static_value(project, file, node.value, holder, before)
        return join([_attribute(project, candidate, node.attr) for candidate in alternatives(owner)])
    if isinstance(node, ast.Subscript):
        owner = static_value(project, file, node.value, holder, before)
        return owner if isinstance(owner, (ClassRef, Dotted)) else UNKNOWN
    if isinstance(node, ast.IfExp):
        return join([static_value(project, file, branch, holder, before) for branch in (node.body, node.orelse)])
    if isinstance(node, ast.BoolOp):
        return join([static_value(project, file, value, holder, before) for value in node.values])
    if isinstance(node, ast.Constant):
        return Const(node.value)
    return UNKNOWN


def name_value(project: Project, file: FileFacts, name: str, holder: Holder, before: int | None = None) -> Value:
    """The value of a bare name seen from inside ``holder``: its functions' scopes, its class body, the module."""
    place = holder
    first, deferred = True, False
    while place is not None:
        if first or isinstance(place, FunctionFacts):
            binders = place.scope.names.get(name)
            if binders:
                shown = effective(binders, before if first else None) or binders
                return join([_bound(project, file, binder, place, name) for binder in shown])
            if isinstance(place, FunctionFacts) and name in _arguments(place):
                return UNKNOWN
        first = False
        deferred |= isinstance(place, FunctionFacts)
        place = place.outer
    if before is None or deferred:
        value = project.global_value(file, name)
    else:
        value = project.global_before(file, name, before)
    if value is UNKNOWN and file.binders(name) == ([], []):
        value = Dotted(f"builtins.{name}")
        file.values[name].value = value
    return value


def _bound(project: Project, file: FileFacts, binder: Binder, place: ClassFacts | FunctionFacts, name: str) -> Value:
    if not isinstance(binder, Assigned):
        return project.bound(file, binder)
    value = binder.value
    if value is None or (isinstance(value, ast.Name) and value.id == name and place.outer is None):
        return project.global_value(file, name) if value is not None else UNKNOWN
    key = (id(place), name)
    if key in project.resolving:
        return UNKNOWN
    project.resolving.add(key)
    try:
        return static_value(project, file, value, place)
    finally:
        project.resolving.discard(key)


def _arguments(function: FunctionFacts) -> set[str]:
    args = function.node.args
    found = {a.arg for a in (*args.posonlyargs, *args.args, *args.kwonlyargs)}
    return found | {a.arg for a in (args.vararg, args.kwarg) if a is not None}


def _attribute(project: Project, owner: Value, name: str) -> Value:
    if isinstance(owner, (Dotted, FileRef, FolderRef)):
        return project.member(owner, name)
    if isinstance(owner, ClassRef) and isinstance(owner.cls, ClassFacts):
        binder = project.inherited(owner.cls, name)
        return UNKNOWN if binder is None else project.bound(owner.cls.file, binder)
    return UNKNOWN
