from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Finding, Fix
from modlint.model.checkpoints import aliased_states, receiver
from modlint.model.index import FileModel
from modlint.rule import Example, Rule


class AliasedStateDict(Rule):
    """A `state_dict` is kept for later without a copy while training goes on.

    Write `copy.deepcopy(model.state_dict())`.

    ## What torch does
    Nothing is said. The dictionary holds the model's own tensors, which the optimizer changes in place, so the kept "best"
    state is always the last one. `.copy()` and `dict(...)` copy the dictionary and not the tensors.

    ## When to ignore
    When the state is copied before the next step.
    """

    code = "MOD603"
    message = "`{name}` holds the tensors of {model} itself, and training changes them: by the time it is read it is the last state; use `copy.deepcopy({source}())`"
    asks = "file"
    fixable = "safe"
    invalid = (
        Example(
            """
import torch
from torch import nn

def train(model, steps=3):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    best_state = None
    for step in range(steps):
        loss = model(torch.ones(1, 4)).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step == 0:
            best_state = model.state_dict()  # MOD603
    return best_state

model = nn.Linear(4, 2)
best = train(model)
""",
            symptom="torch.equal(best['weight'], model.weight)",
        ),
        Example(
            """
import torch
from torch import nn

class Trainer:
    def __init__(self, model):
        self.model = model
        self.best_state = None

    def step(self, improved):
        with torch.no_grad():
            self.model.weight += 1
        if improved:
            self.best_state = self.model.state_dict()  # MOD603

    def finish(self):
        self.model.load_state_dict(self.best_state)

trainer = Trainer(nn.Linear(4, 2))
trainer.step(True)
wanted = trainer.model.weight.clone()
trainer.step(False)
trainer.finish()
""",
            symptom="not torch.equal(trainer.model.weight, wanted)",
        ),
    )
    valid = (
        Example(
            """
import copy

import torch
from torch import nn

def train(model, file, steps=3):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    best_state = None
    for step in range(steps):
        model(torch.ones(1, 4)).sum().backward()
        optimizer.step()
        if step == 0:
            best_state = copy.deepcopy(model.state_dict())
            best = {k: v.clone() for k, v in model.state_dict().items()}
            best_now = model.state_dict()
            torch.save(best_now, file)
    model.load_state_dict(best_state)
    return best

def fill(model, state):
    original = model.state_dict()
    return {name: state.get(name, value) for name, value in original.items()}

def swap(model, other):
    init_state = model.state_dict()
    other.load_state_dict(init_state)
    other(torch.ones(1, 4)).sum().backward()

import io
train(nn.Linear(4, 2), io.BytesIO())
fill(nn.Linear(4, 2), {})
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for statement, name, call in aliased_states(file):
            model = f"`{owner}`" if (owner := receiver(call)) else "the model"
            message = self.message.format(name=name, model=model, source=ast.unparse(call.node.func))
            yield file.finding(statement, message, name.rpartition(".")[2], fix=self.fix(file, statement))

    def fix(self, file: FileModel, statement: ast.stmt) -> Fix | None:
        named = file.edits.name("copy.deepcopy", statement)
        if named is None or not isinstance(statement, ast.Assign):
            return None
        return Fix("Copy the state", (*named.imports, *file.edits.wrap(statement.value, named.text)))
