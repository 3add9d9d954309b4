"""One file per rule; see `modlint/rule.py` for what a rule is."""
