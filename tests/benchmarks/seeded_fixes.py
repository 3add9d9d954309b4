"""Bugs seeded into real classes and fixed again: does the fixed file say what the original said?

    python tests/benchmarks/seeded_fixes.py FOLDER [FOLDER ...] [--seeds 20] [--show-missed]

For each kind of bug with a fix: how many seeds were fixed (the finding is gone, no new one came) and how many of the fixed
files have the original's syntax tree, but for what a fix can't know: a buffer's ``persistent``, the declaration above it, the
name of an unused loop variable, the arguments of an activation, how far from the start ``super().__init__()`` stood, and the seeded line itself where the fix mends it.
"""

from __future__ import annotations

import argparse
import ast
import difflib
from pathlib import Path

from seeded_bugs import candidates
from seeding import SEEDERS

from modlint.analysis import Analyser
from modlint.catalogue import all_rules
from modlint.diagnostics import Diagnostic
from modlint.fixing import mend
from modlint.source import Source

WITHOUT_FIX = frozenset(
    {
        "conditional super", "layer in forward", "dropout in forward", "repeated super", "second forward", "called list",
        "overwritten parameter", "dotted name", "class attribute", "replaced layer", "hidden method", "layer default",
        "moved in forward", "registered self",
    }
)  # fmt: skip
"""Kinds whose rules have no fix: the code does not tell what was meant."""
OTHERWISE_SAID = frozenset({"gradient tensor", "functional dropout", "integer parameter", "high momentum"})
"""Kinds whose seed loses what the original said (a size, a rate): fixed, but not comparable."""
ACTIVATIONS = ("ReLU", "GELU", "SiLU", "LeakyReLU")


class Plain(ast.NodeTransformer):
    """A tree without what a fix can't know."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Calls in one form."""
        self.generic_visit(node)
        name = ast.unparse(node.func).rpartition(".")[2]
        if name == "super":
            node.args = []
        elif name == "register_buffer":
            node.args, node.keywords = node.args[:2], []
        elif name in ACTIVATIONS:
            node.args, node.keywords = [], []
            if isinstance(node.func, ast.Attribute):
                node.func.attr = "ReLU" if name == "LeakyReLU" else name
        elif name == "cuda" and isinstance(node.func, ast.Attribute) and not node.args:
            return node.func.value
        return node

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        """Unused loop variables have one name."""
        self.generic_visit(node)
        for generator in node.generators:
            used = {n.id for n in ast.walk(node.elt) if isinstance(n, ast.Name)}
            if isinstance(generator.target, ast.Name) and generator.target.id not in used:
                generator.target.id = "_"
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        """Declarations without a value say nothing when the code runs."""
        return None if node.value is None and isinstance(node.target, ast.Attribute) else self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        """What was seeded beside the original's code."""
        return None if ast.unparse(node.targets[0]) == "self.seeded" else self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """A layer that was frozen by the seed is frozen by the fix."""
        return None if ast.unparse(node.value).endswith(".requires_grad_(False)") else self.generic_visit(node)

    def visit_Pass(self, node: ast.Pass) -> None:
        """What the seed left in the place of a statement."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST | None:
        """A result that is returned at once, a ``return`` that says nothing, a right ``train`` that was added."""
        self.generic_visit(node)
        text = ast.unparse(node)
        if text == "def train(self, mode=True):\n    super().train(mode)\n    return self":
            return None
        if len(node.body) > 1:
            *_, before, last = node.body
            at_once = (
                isinstance(last, ast.Return) and isinstance(last.value, ast.Name) and isinstance(before, ast.Assign)
            )
            if at_once and ast.unparse(before.targets[0]) == last.value.id == "x":  # type: ignore[attr-defined]
                node.body[-2:] = [ast.Return(before.value)]  # type: ignore[attr-defined]
            elif isinstance(last, ast.Return) and last.value is None:
                node.body.pop()
        started = [s for s in node.body if ast.unparse(s) == "super().__init__()"]
        node.body = started + [s for s in node.body if s not in started]
        return node


def plain(text: str) -> str:
    """A text's tree without what a fix can't know, as text."""
    return ast.unparse(Plain().visit(ast.parse(text)))


def difference(one: str, other: str) -> list[str]:
    """The lines in which two texts differ."""
    lines = difflib.unified_diff(one.splitlines(), other.splitlines(), lineterm="", n=0)
    return [f"        {line}" for line in list(lines)[2:8]]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--show-missed", action="store_true")
    parser.add_argument("--kind", action="append")
    options = parser.parse_args()
    print(f"{'kind':24} found  fixed  same tree")
    sums = [0, 0, 0, 0]
    for kind, (_, codes) in SEEDERS.items():
        if kind in WITHOUT_FIX or (options.kind and kind not in options.kind):
            continue
        analyser = Analyser([r for r in all_rules() if r.default or r.code in codes], options.folders[0].parent)
        found = fixed = same = 0
        notes = []
        for path, text, seed in candidates(options.folders, kind, options.seeds):
            done, result, note = fix(analyser, str(path), text, seed.text, codes)
            found += done != "not found"
            fixed += done == "fixed"
            wanted = plain(mended(analyser, str(path), text))
            same += done == "fixed" and (equal := plain(result) == wanted)
            if done != "fixed" or not equal:
                notes.append(f"    {path}:{seed.line} {seed.owner}: {note or done}")
                notes += difference(wanted, plain(result)) if done == "fixed" else []
        print(f"{kind:24} {found:5}  {fixed:5}  {'not comparable' if kind in OTHERWISE_SAID else same}")
        comparable = kind not in OTHERWISE_SAID
        sums = [sums[0] + found, sums[1] + fixed, sums[2] + fixed * comparable, sums[3] + same * comparable]
        if options.show_missed:
            print("\n".join(notes[:30]))
    print(
        f"{sums[0]} found, {sums[1]} fixed; of {sums[2]} comparable ones {sums[3]} as the original ({sums[3] / max(sums[2], 1):.1%})"
    )


def mended(analyser: Analyser, path: str, text: str) -> str:
    """A text after all fixes: the original may have findings of its own."""

    def check(source: Source) -> list[Diagnostic]:
        analyser.forget(path)
        return sorted(analyser.check(source), key=lambda diagnostic: diagnostic.order)

    return mend(Source(path, text), check(Source(path, text)), check, unsafe=True).source.text


def fix(analyser: Analyser, path: str, original: str, seeded: str, codes: tuple[str, ...]) -> tuple[str, str, str]:
    """What became of a seeded text: ``not found``, ``left out`` or ``fixed``, the result and why it was left out."""

    def check(source: Source) -> list[Diagnostic]:
        analyser.forget(path)
        return sorted(analyser.check(source), key=lambda diagnostic: diagnostic.order)

    known = {(d.code, d.message) for d in check(Source(path, original))}
    source = Source(path, seeded)
    found = [d for d in check(source) if (d.code, d.message) not in known]
    if not any(d.code in codes for d in found):
        return "not found", seeded, ""
    mended = mend(source, check(source), check, unsafe=True)
    if any(d.code in codes and (d.code, d.message) not in known for d in mended.remaining):
        reasons = [left.reason for left in mended.left_out]
        return "left out", mended.source.text, "; ".join(reasons) or "no fix"
    return "fixed", mended.source.text, ""


if __name__ == "__main__":
    main()
