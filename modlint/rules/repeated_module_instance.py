from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.containers import repeated_modules
from modlint.model.events import Multiplied
from modlint.model.index import FileModel
from modlint.model.rewriting import comprehension_edits
from modlint.rule import Example, Rule


class RepeatedModuleInstance(Rule):
    """One layer object is put into a container several times.

    `[layer] * n` repeats the reference, not the layer. Make each one: `[make() for _ in range(n)]`.

    ## What torch does
    Nothing is said. The n entries are one layer with one set of weights: the model has fewer parameters than it seems, and what one
    entry learns changes all.

    ## When to ignore
    When the weights are to be shared. Names that say so (`shared`, `tied`) are not reported.
    """

    code = "MOD302"
    message = "`{layer}` is one object repeated: all entries share its weights and train as one layer; make each in a comprehension"
    asks = "file"
    fixable = "unsafe"
    invalid = (
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self, depth=4):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(8, 8)] * depth)  # MOD302
""",
            symptom="len(list(Net().parameters())) == 2 and len(Net().layers) == 4",
        ),
        Example(
            """
from torch import nn

class Net(nn.Module):
    def __init__(self, depth=4):
        super().__init__()
        layer = nn.Linear(8, 8)
        self.layers = nn.Sequential(*[layer for _ in range(depth)])  # MOD302
""",
            symptom="len(list(Net().parameters())) == 2",
        ),
    )
    valid = (
        Example(
            """
import copy
from torch import nn

class Net(nn.Module):
    def __init__(self, depth=4, norm: bool = True):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(8, 8) for _ in range(depth)])
        self.acts = nn.ModuleList([nn.ReLU()] * depth)
        self.norms = nn.ModuleList(norm * [nn.BatchNorm1d(8)])
        layer = nn.Linear(8, 8)
        self.copies = nn.ModuleList([copy.deepcopy(layer) for _ in range(depth)])
        shared_head = nn.Linear(8, 2)
        self.heads = nn.ModuleList([shared_head for _ in range(depth)])
        self.sizes = [8] * depth
        self.one = nn.ModuleList([nn.Linear(8, 8)] * 1)

Net()
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for repeated, instance in repeated_modules(file):
            message = self.message.format(layer=instance.cls.name)
            fix = self.fix(file, repeated)
            yield file.finding(repeated.node, message, statement=repeated.place.statement, fix=fix)

    def fix(self, file: FileModel, repeated: Multiplied) -> Fix | None:
        """`[made()] * n` as `[made() for _ in range(n)]`."""
        again = comprehension_edits(file, repeated)
        unsafe = "the layers get weights of their own, which checkpoints saved before do not have"
        return Fix("Make each layer in a comprehension", again, unsafe) if again else None
