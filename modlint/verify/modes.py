"""Switching a model's mode although its own ``train`` may be broken: that is for a check to say."""

from __future__ import annotations

from torch import nn


def switch(module: nn.Module, training: bool) -> None:
    """Put a model into training or evaluation mode."""
    try:
        module.train(training)
    except Exception:  # noqa: BLE001  the class's own ``train`` may raise anything
        for part in module.modules():
            part.training = training
