"""Lays the installed package out as one tree of links, for tools that can't see the mapping.

`python tests/typing_tree.py` makes `.typing/opsconsole`, in which `widgets` and `themes` stand
inside the package as they do once installed. mypy, import-linter and editors read that tree.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def lay_out(root: Path = ROOT) -> Path:
    """Bring the tree up to date and return its folder. What is right already stays: others may be reading it."""
    tree = root / ".typing"
    package = tree / "opsconsole"
    package.mkdir(parents=True, exist_ok=True)
    wanted = {
        entry.name: entry
        for entry in (*(root / "console").iterdir(), root / "widgets", root / "themes")
        if entry.name != "__pycache__"
    }
    for link in package.iterdir():
        if link.name not in wanted and not link.name.startswith("."):
            link.unlink(missing_ok=True)
    for name, entry in wanted.items():
        _link(package / name, entry)
    return tree


def _link(link: Path, entry: Path) -> None:
    if link.is_symlink() and link.readlink() == entry:
        return
    part = link.with_name(f".{link.name}.{os.getpid()}")
    part.symlink_to(entry)
    part.replace(link)


if __name__ == "__main__":
    lay_out()
