"""Forms of code by which text from outside could become a command, found by the syntax tree.

What ruff knows (shells, pickles, `eval`, unsafe YAML …) is ruff's; this is what only this house knows.
"""
