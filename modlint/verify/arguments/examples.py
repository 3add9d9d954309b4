"""Examples in docstrings: what stands behind ``>>>`` (or in a code block) builds and calls the class."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from typing import Any

from modlint.verify.arguments.spec import Plan

FENCED = re.compile(r"```(?:python|py)?\n(.*?)```", re.DOTALL)
PROMPT = re.compile(r"^\s*(>>>|\.\.\.)\s?(.*)$")


def examples(cls: type, target: str) -> Iterator[Plan]:
    """Plans from the docstrings of a class, its methods and its module."""
    for text in _texts(cls):
        for block in _blocks(text):
            yield from _plans(block, cls.__name__, target)


def _texts(cls: type) -> Iterator[str]:
    sources: list[Any] = [
        cls,
        vars(cls).get("__init__"),
        getattr(cls, "forward", None),
        sys.modules.get(cls.__module__),
    ]
    for source in sources:
        text = getattr(source, "__doc__", None)
        if isinstance(text, str) and cls.__name__ in text:
            yield inspect.cleandoc(text)


def _blocks(text: str) -> Iterator[str]:
    """The code of each example: lines with a prompt that follow each other, fenced blocks, indented blocks."""
    lines: list[str] = []
    for line in text.splitlines():
        prompt = PROMPT.match(line)
        if prompt:
            lines.append(prompt[2])
    if lines:
        yield "\n".join(lines)
    yield from FENCED.findall(text)
    for literal in re.findall(r"::\n\n((?:[ \t]+\S.*\n?|\n)+)", text):
        yield inspect.cleandoc(literal)


def _plans(code: str, name: str, target: str) -> Iterator[Plan]:
    statements = _parsed(code)
    setup: list[str] = []
    instances: dict[str, str] = {}
    for statement in statements:
        for node in ast.walk(statement):
            if not isinstance(node, ast.Call):
                continue
            if _is_name(node.func, name):
                constructor = _renamed(node, target)
                variable = _variable(statement, node)
                if variable:
                    instances[variable] = constructor
                yield Plan(target, setup="\n".join(setup), constructor=constructor, origin="docstring")
            elif isinstance(node.func, ast.Call) and _is_name(node.func.func, name):
                yield Plan(
                    target,
                    setup="\n".join(setup),
                    constructor=_renamed(node.func, target),
                    call=_arguments(node),
                    origin="docstring",
                )
            elif isinstance(node.func, ast.Name) and node.func.id in instances:
                yield Plan(
                    target,
                    setup="\n".join(setup),
                    constructor=instances[node.func.id],
                    call=_arguments(node),
                    origin="docstring",
                )
        if not _uses(statement, {name, *instances}):
            setup.append(ast.unparse(statement))


def _parsed(code: str) -> list[ast.stmt]:
    """The statements of an example, without those from the first that isn't Python on."""
    lines = code.splitlines()
    for end in range(len(lines), 0, -1):
        try:
            return ast.parse("\n".join(lines[:end])).body
        except (SyntaxError, ValueError):
            continue
    return []


def _is_name(node: ast.expr, name: str) -> bool:
    return (isinstance(node, ast.Name) and node.id == name) or (isinstance(node, ast.Attribute) and node.attr == name)


def _renamed(node: ast.Call, target: str) -> str:
    return f"{target}({_arguments(node)})"


def _arguments(node: ast.Call) -> str:
    parts = [ast.unparse(a) for a in node.args]
    parts += [f"{k.arg}={ast.unparse(k.value)}" if k.arg else f"**{ast.unparse(k.value)}" for k in node.keywords]
    return ", ".join(parts)


def _variable(statement: ast.stmt, node: ast.Call) -> str:
    if isinstance(statement, ast.Assign) and statement.value is node and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return ""


def _uses(statement: ast.stmt, names: set[str]) -> bool:
    return any(
        (isinstance(n, ast.Name) and n.id in names) or (isinstance(n, ast.Attribute) and n.attr in names)
        for n in ast.walk(statement)
    )
