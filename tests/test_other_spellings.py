"""Every rule's own invalid examples, with what they say written another way: no rule fails, and no finding is unpinned.

A method is called under another name, through ``getattr`` or through a class; a class has a name of the file's own; the
target of an annotation stands in brackets; an attribute is set by a name that a variable holds. What a rule believes of the
form of the code is false there. It may then report the defect or be silent, but a MOD000 is a fault of modlint's.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from modlint.analysis import Analyser
from modlint.catalogue import all_rules
from modlint.diagnostics import Diagnostic
from modlint.edits import Text
from modlint.source import Source

EXAMPLES = [(rule, number) for rule in all_rules() for number in range(len(rule.invalid))]
NAMELESS = (ast.Constant, ast.JoinedStr)
SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Return, ast.Delete)
DEFERRED = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
"""What is in these can't move to a statement ahead."""


class Spelling(ast.NodeTransformer):
    """Rewrites calls and statements; ``before`` gathers what has to run ahead of the statement that is being rewritten."""

    def __init__(self) -> None:
        self.before: list[ast.stmt] = []
        self.names = 0

    def visit(self, node: ast.AST) -> ast.AST | list[ast.stmt]:
        if isinstance(node, DEFERRED):
            return node
        if not isinstance(node, SIMPLE):
            return super().visit(node)
        self.before = []
        written = super().visit(node)
        return [*self.before, written] if self.before else written

    def held(self, value: ast.expr) -> ast.Name:
        """A new variable that holds ``value`` from before the statement on."""
        self.names += 1
        name = f"held_{self.names}"
        self.before.append(ast.Assign([ast.Name(name, ast.Store())], value))
        return ast.Name(name, ast.Load())


class HeldMethod(Spelling):
    """``owner.method(x)`` as ``held = owner.method; held(x)``, for classes and functions of a namespace too."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and not isinstance(node.func.value, NAMELESS):
            node.func = self.held(node.func)
        return node


class HeldOwner(Spelling):
    """``owner.method(x)`` as ``held = owner; held.method(x)``."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and not isinstance(node.func.value, NAMELESS):
            node.func.value = self.held(node.func.value)
        return node


class HeldArguments(Spelling):
    """``f(x, y=z)`` with its arguments in variables."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        node.args = [a if isinstance(a, ast.Starred) else self.held(a) for a in node.args]
        for keyword in node.keywords:
            keyword.value = self.held(keyword.value)
        return node


class SpreadArguments(Spelling):
    """``f(x, y=z)`` as ``f(*(x,), **{"y": z})``."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "super":
            return node
        if node.args:
            node.args = [ast.Starred(ast.Tuple(node.args, ast.Load()), ast.Load())]
        named = [k for k in node.keywords if k.arg is not None]
        if named:
            keys: list[ast.expr | None] = [ast.Constant(k.arg) for k in named]
            spread = ast.keyword(None, ast.Dict(keys, [k.value for k in named]))
            node.keywords = [*(k for k in node.keywords if k.arg is None), spread]
        return node


class ByGetattr(Spelling):
    """``owner.method(x)`` as ``getattr(owner, "method")(x)``."""

    name: Callable[[str], ast.expr] = staticmethod(ast.Constant)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute):
            name = type(self).name(node.func.attr)
            node.func = ast.Call(ast.Name("getattr", ast.Load()), [node.func.value, name], [])
        return node


def halves(name: str) -> ast.expr:
    """A name as the sum of two strings."""
    return ast.BinOp(ast.Constant(name[:2]), ast.Add(), ast.Constant(name[2:]))


class BySplitName(ByGetattr):
    """``owner.method(x)`` as ``getattr(owner, "met" + "hod")(x)``."""

    name = staticmethod(halves)


class EitherCallee(Spelling):
    """``f(x)`` as ``(f if f else f)(x)``."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if not (isinstance(node.func, ast.Name) and node.func.id == "super"):
            node.func = ast.IfExp(node.func, node.func, node.func)
        return node


class Walrus(Spelling):
    """``f(x)`` as ``(held := f)(x)``."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if not (isinstance(node.func, ast.Name) and node.func.id == "super"):
            self.names += 1
            node.func = ast.NamedExpr(ast.Name(f"held_{self.names}", ast.Store()), node.func)
        return node


class AnnotatedInBrackets(Spelling):
    """``target = x`` and ``target: T = x`` as ``(target): T = x``."""

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        if len(node.targets) > 1 or not isinstance(node.targets[0], (ast.Name, ast.Attribute)):
            return node
        return ast.AnnAssign(node.targets[0], ast.Name("object", ast.Load()), node.value, 0)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        return ast.AnnAssign(node.target, node.annotation, node.value, 0)


class BySetattr(Spelling):
    """``owner.attribute = x`` as ``setattr(owner, name, x)``, where ``name`` holds the name."""

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        target = node.targets[0]
        if not isinstance(target, ast.Attribute) or len(node.targets) > 1:
            return node
        name = self.held(ast.Constant(target.attr))
        return ast.Expr(ast.Call(ast.Name("setattr", ast.Load()), [target.value, name, node.value], []))


class NamesInVariables(Spelling):
    """``f("name")`` as ``held = "name"; f(held)``."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        texts = [isinstance(a, ast.Constant) and isinstance(a.value, str) for a in node.args]
        node.args = [self.held(a) if text else a for a, text in zip(node.args, texts, strict=True)]
        return node


class ByHelper(Spelling):
    """``owner.attribute = x`` as ``helper(owner, "attribute", x)``, where ``helper`` is a function of the file."""

    def visit_Module(self, node: ast.Module) -> ast.AST:
        self.generic_visit(node)
        helper = "def helper(owner, name, value):\n    setattr(owner, name, value)\n"
        node.body.insert(0, ast.parse(helper).body[0])
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        target = node.targets[0]
        if not isinstance(target, ast.Attribute) or len(node.targets) > 1:
            return node
        given = [target.value, ast.Constant(target.attr), node.value]
        return ast.Expr(ast.Call(ast.Name("helper", ast.Load()), given, []))


class SeveralTargets(Spelling):
    """``target = x`` as ``(target, other) = x, 0``."""

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        both = ast.Tuple([node.targets[0], ast.Name("other", ast.Store())], ast.Store())
        return ast.Assign([both], ast.Tuple([node.value, ast.Constant(0)], ast.Load()))


class InLoop(Spelling):
    """``target = x`` as ``for target in [x]: pass``."""

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        return ast.For(node.targets[0], ast.List([node.value], ast.Load()), [ast.Pass()], [])


class UnderWith(Spelling):
    """``target = x`` as ``with x as target: pass``."""

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        return ast.With([ast.withitem(node.value, node.targets[0])], [ast.Pass()])


class OwnNames(ast.NodeTransformer):
    """``nn.Linear`` and the like, wherever they stand, as names that the file itself gives them."""

    def __init__(self) -> None:
        self.given: dict[str, str] = {}

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        roots = ("nn.", "F.", "torch.", "functional.", "init.", "optim.")
        if not isinstance(node.ctx, ast.Load) or not ast.unparse(node).startswith(roots):
            return self.generic_visit(node)
        return ast.Name(self.given.setdefault(ast.unparse(node), f"Own{len(self.given)}"), ast.Load())

    def visit_Module(self, node: ast.Module) -> ast.AST:
        self.generic_visit(node)
        imports = [s for s in node.body if isinstance(s, (ast.Import, ast.ImportFrom))]
        rest = [s for s in node.body if s not in imports]
        names = ast.parse("".join(f"{name} = {path}\n" for path, name in self.given.items())).body
        node.body = [*imports, *names, *rest]
        return node


SPELLINGS = (
    HeldMethod,
    HeldOwner,
    HeldArguments,
    SpreadArguments,
    ByGetattr,
    BySplitName,
    EitherCallee,
    Walrus,
    AnnotatedInBrackets,
    BySetattr,
    NamesInVariables,
    ByHelper,
    SeveralTargets,
    InLoop,
    UnderWith,
    OwnNames,
)


def respelt(code: str, spelling: type[ast.NodeTransformer]) -> str:
    """The code written another way; empty if there is nothing in it to write so."""
    tree = ast.parse(code)
    plain = ast.unparse(tree)
    text = ast.unparse(ast.fix_missing_locations(spelling().visit(tree)))
    return "" if text == plain else text + "\n"


@pytest.fixture(scope="module")
def analyser(tmp_path_factory: pytest.TempPathFactory) -> Analyser:
    return Analyser(all_rules(), tmp_path_factory.mktemp("project"))


def faults(diagnostic: Diagnostic, text: str) -> str:
    """What is wrong with a diagnostic: it is modlint's own failure, or its fix gives what Python can't parse."""
    if diagnostic.code == "MOD000":
        return diagnostic.message
    if diagnostic.fix is not None:
        try:
            ast.parse(Text(text).edited(diagnostic.fix.edits))
        except SyntaxError as error:
            return f"the fix of {diagnostic.code} gives {error}"
    return ""


@pytest.mark.parametrize("spelling", SPELLINGS, ids=lambda spelling: spelling.__name__)
def test_no_rule_fails_on_an_example_written_another_way(
    spelling: type[ast.NodeTransformer], analyser: Analyser, tmp_path: Path
) -> None:
    texts = [respelt(rule.invalid[number].code, spelling) for rule, number in EXAMPLES]
    changed = [text for text in texts if text]
    assert len(changed) > 20, "the spelling has to change something"
    found = [(d, text) for text in changed for d in analyser.check(Source(str(tmp_path / "example.py"), text))]
    failures = [f"{fault}\n{text}" for diagnostic, text in found if (fault := faults(diagnostic, text))]
    assert failures == []


HEAD = "import torch\nfrom torch import nn\nfrom torch.nn import functional as F\n\n"
NET = "class Net(nn.Module):\n    def __init__(self, keep=None):\n        super().__init__()\n"
ALIASED = [
    ("load = nn.Linear(2, 2).load_state_dict\nload('weights.pt')  # MOD602", True),
    ("load = nn.Linear(2, 2).load_state_dict\nnet = load(torch.load('a.pt'))  # MOD601\nnet.eval()", False),
    ("net = nn.Linear(2, 2)\nnet = getattr(net, 'load_state_dict')({})  # MOD601\nnet.eval()", True),
    ("Chain = nn.Sequential\nnet = Chain([nn.Linear(2, 2), nn.ReLU()])  # MOD303", True),
    ("net = nn.Linear(2, 2)\nmode = net.training\nif mode():  # MOD504\n    pass", True),
    ("net = nn.Linear(2, 2)\nswitch = net.train\nif switch:  # MOD504\n    pass", False),
    ("net = nn.Linear(2, 2)\nif getattr(net, 'train'):  # MOD504\n    pass", False),
    (NET + "        keep = self.register_buffer\n        keep('scale', nn.Parameter(torch.ones(2)))  # MOD214", False),
    (
        "class Net(nn.Module):\n    def __init__(self):\n        name = 'more'\n"
        "        setattr(self, name, nn.Linear(2, 2))  # MOD102\n        super().__init__()",
        True,
    ),
    (NET + "        (self.layers): list = [nn.Linear(2, 2)]  # MOD301", True),
    (NET + "        (self.layers): dict[\n            str, 'a: b = c'\n        ] = [nn.Linear(2, 2)]", True),
    ("class Net(nn.Module):\n    def __init__(self):\n        init = super.__init__\n        init()  # MOD103", False),
]


@pytest.mark.parametrize(("code", "fixed"), ALIASED)
def test_defect_is_told_through_another_name_and_mended_where_that_can_be(
    code: str, fixed: bool, analyser: Analyser, tmp_path: Path
) -> None:
    wanted = [(n, line[-6:]) for n, line in enumerate((HEAD + code).split("\n"), 1) if "# MOD" in line]
    found = analyser.check(Source(str(tmp_path / "example.py"), f"{HEAD}{code}\n"))
    assert [faults(d, f"{HEAD}{code}\n") for d in found] == [""] * len(found)
    told = [d for d in found if (d.span.line, d.code) in wanted] if wanted else [d for d in found if d.code == "MOD301"]
    assert len(told) == max(len(wanted), 1)
    assert [d.fix is not None for d in told] == [fixed]


def test_states_kept_under_another_name_are_told_with_what_the_code_calls(analyser: Analyser, tmp_path: Path) -> None:
    code = """
class Trainer:
    def __init__(self):
        self.net = nn.Linear(2, 2)
        self.best_state = None

    def step(self, x):
        state = self.net.state_dict
        self.best_state = state()  # MOD603

    def finish(self):
        self.net.load_state_dict(self.best_state)
"""
    found = analyser.check(Source(str(tmp_path / "example.py"), HEAD + code))
    assert [d.code for d in found] == ["MOD603"]
    assert "the tensors of the model itself" in found[0].message
    assert "`copy.deepcopy(state())`" in found[0].message
