"""Every rule has the form that tests, pages and reports count on."""

from __future__ import annotations

import ast
import inspect
import re
from collections import Counter
from pathlib import Path

import pytest

from modlint import rules
from modlint.catalogue import all_rules
from modlint.rule import CONFIDENCES, SEVERITIES, Example, Rule

FOLDER = Path(rules.__path__[0])
FILES = sorted(path for path in FOLDER.glob("*.py") if path.name != "__init__.py")
ALLOWED = ("modlint.diagnostics.", "modlint.model.", "modlint.rule.")
"""What a rule may import of modlint's; it asks the model and nothing else."""
NO_RULE = ("libcst", "torch", "tokenize", "symtable", "inspect", "importlib")
SECTIONS = ["## What torch does", "## When to ignore"]
SENTENCE_END = re.compile(r"\.(?=\s|$)")
each_rule = pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def docstring(rule: type[Rule]) -> str:
    return inspect.cleandoc(rule.__dict__.get("__doc__") or "")


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> list[str]:
    """The dotted names of the modules that a file imports, at any place in it."""
    names: list[str] = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append("." * node.level + (node.module or ""))
    return names


def marked(example: Example, code: str) -> list[str]:
    """The lines of an example that ask for a finding with this code."""
    return [line for line in example.code.split("\n") if re.search(rf"  # (MOD\d{{3}}, )*{code}\b", line)]


def test_every_file_is_a_rule() -> None:
    assert FILES, "no rules at all"
    assert sorted(inspect.getfile(rule) for rule in all_rules()) == [str(path) for path in FILES]


@each_rule
def test_file_is_named_as_the_class(rule: type[Rule]) -> None:
    assert Path(inspect.getfile(rule)).stem == rule.name().replace("-", "_")
    assert rule.__bases__ == (Rule,)


@each_file
def test_file_holds_one_class_and_no_rule_of_another_name(path: Path) -> None:
    classes = [node.name for node in tree(path).body if isinstance(node, ast.ClassDef)]
    assert len(classes) == 1


def test_codes_and_names_are_unique() -> None:
    codes = Counter(rule.code for rule in all_rules())
    names = Counter(name for rule in all_rules() for name in (rule.name(), *rule.aliases))
    assert codes.most_common(1)[0][1] == 1, codes.most_common(1)
    assert names.most_common(1)[0][1] == 1, names.most_common(1)


@each_rule
def test_code(rule: type[Rule]) -> None:
    assert re.fullmatch(r"MOD[1-7]\d\d", rule.code), "0xx is modlint's own, 8xx is free, 9xx is the verifier's"


@each_rule
def test_settings(rule: type[Rule]) -> None:
    assert rule.severity in SEVERITIES
    assert rule.confidence in CONFIDENCES
    assert not (rule.default and rule.confidence == "low"), "what a stranger gets without asking is sure"
    assert rule.asks in ("class", "file")
    assert isinstance(rule.default, bool)
    assert "check" in rule.__dict__


@each_rule
def test_docstring_begins_with_what_is_wrong_in_a_sentence_or_two(rule: type[Rule]) -> None:
    assert str(rule.__doc__)[0].strip(), "the first paragraph starts on the line of the quotes"
    first = docstring(rule).partition("\n\n")[0]
    assert first.endswith(".")
    assert 1 <= len(SENTENCE_END.findall(first)) <= 2


@each_rule
def test_docstring_has_its_sections_and_both_say_something(rule: type[Rule]) -> None:
    parts = re.split(r"^(## .+)$", docstring(rule), flags=re.MULTILINE)
    assert parts[1::2] == SECTIONS
    assert all(text.strip().endswith((".", "`")) for text in parts[2::2]), "a section ends with a sentence"


@each_rule
def test_message_names_the_code_of_the_user(rule: type[Rule]) -> None:
    placeholders = re.findall(r"\{(\w*)\}", rule.message)
    assert placeholders
    assert all(name.isidentifier() for name in placeholders)
    assert not rule.message.endswith("."), "a message goes on in the reports"
    assert "\n" not in rule.message


@each_rule
def test_there_are_bad_and_good_examples(rule: type[Rule]) -> None:
    assert rule.invalid
    assert rule.valid
    codes = [example.code for example in (*rule.invalid, *rule.valid)]
    assert len(set(codes)) == len(codes)


@each_rule
def test_every_invalid_example_marks_its_lines(rule: type[Rule]) -> None:
    for example in rule.invalid:
        assert marked(example, rule.code), example.code


@each_rule
def test_no_valid_example_marks_a_line(rule: type[Rule]) -> None:
    for example in rule.valid:
        assert not re.search(r"# MOD\d", example.code), example.code
        assert (example.raises, example.symptom) == (None, None), "a valid example does no damage"


@each_rule
def test_examples_are_python(rule: type[Rule]) -> None:
    for example in (*rule.invalid, *rule.valid):
        assert ast.parse(example.code).body
        assert example.code.endswith("\n")
        assert max(map(len, example.code.split("\n"))) <= 110


@each_file
def test_rule_imports_neither_a_rule_nor_what_lies_above_it(path: Path) -> None:
    own = [name for name in imported(path) if name.startswith(("modlint", "."))]
    assert [name for name in own if not f"{name}.".startswith(ALLOWED)] == []
    assert "modlint.rule" in own


@each_file
def test_rule_reads_no_code_itself(path: Path) -> None:
    """No second parser, no torch: what a rule knows, it knows from the model."""
    foreign = [name for name in imported(path) if name.partition(".")[0] in NO_RULE]
    assert foreign == []
    calls = [ast.unparse(node.func) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    assert not {"ast.parse", "open", "eval", "exec", "compile", "__import__"} & set(calls)


@each_file
def test_rule_walks_no_file(path: Path) -> None:
    """``ast.walk`` is for a function or an expression that the model has handed over, never for a file or a class."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "ast.walk":
            assert not re.search(r"\b(file|tree|facts|source|cls)\b", ast.unparse(node.args[0])), node.lineno
        assert not (isinstance(node, ast.ClassDef) and any("Visitor" in ast.unparse(b) for b in node.bases))
