"""modlint finds bugs in PyTorch `nn.Module` code before training does."""

__version__ = "0.1.0"
