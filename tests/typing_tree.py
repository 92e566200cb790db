"""Lays the installed package out as one tree of links, for tools that can't see the mapping.

`python tests/typing_tree.py` makes `.typing/opsconsole`, in which `widgets` and `themes` stand
inside the package as they do once installed. mypy, import-linter and editors read that tree.
"""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def lay_out(root: Path = ROOT) -> Path:
    """Make the tree afresh and return its folder."""
    tree = root / ".typing"
    shutil.rmtree(tree, ignore_errors=True)
    package = tree / "opsconsole"
    package.mkdir(parents=True)
    for entry in (*(root / "console").iterdir(), root / "widgets", root / "themes"):
        if entry.name != "__pycache__":
            (package / entry.name).symlink_to(entry)
    return tree


if __name__ == "__main__":
    lay_out()
