"""The semantic model: what names, classes, values and attributes of the checked code are."""
