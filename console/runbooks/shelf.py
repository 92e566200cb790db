"""Where runbooks stand: the team's folders first, then those that come with the console."""

from __future__ import annotations

import importlib.resources
from collections.abc import Sequence
from pathlib import Path

import msgspec

from opsconsole.domain.runbook import Lint, Runbook
from opsconsole.runbooks.faults import Faults, RunbookError
from opsconsole.runbooks.parsing import examine
from opsconsole.safe_text import safe_text

MOST_FILES = 500


class Shelf(msgspec.Struct, frozen=True):
    """Runbooks in the order of their folders, then by name, and what is wrong with those that can't be walked."""

    runbooks: tuple[Runbook, ...] = ()
    faults: tuple[Lint, ...] = ()

    def named(self, name: str) -> Runbook:
        """The runbook of that name. Raises `RunbookError` with the faults of the file called so, if one has any."""
        for runbook in self.runbooks:
            if runbook.name == name:
                return runbook
        found = tuple(fault for fault in self.faults if Path(fault.path).stem == name)
        if not found:
            faults = Faults(name)
            known = ", ".join(runbook.name for runbook in self.runbooks) or "there is none"
            faults.add(1, f"no runbook is called so; known: {known}")
            found = faults.all
        raise RunbookError(found)


def shipped_folder() -> Path:
    """Where the console's own runbooks are."""
    return Path(str(importlib.resources.files("opsconsole.runbooks") / "library"))


def read_shelf(folders: Sequence[Path], *, shipped: bool = True) -> Shelf:
    """The runbooks of `folders` and, after them, the console's own; of one name the first counts.

    Reads files: not to be called where keys are waited for. Never raises.
    """
    found: dict[str, Runbook] = {}
    faults: list[Lint] = []
    for folder in (*folders, *([shipped_folder()] if shipped else [])):
        for path in _files_of(folder, faults):
            parsed = examine(path)
            faults.extend(parsed.faults)
            if parsed.runbook is not None:
                found.setdefault(str(parsed.runbook.name), parsed.runbook)
    return Shelf(tuple(found.values()), tuple(faults))


def _files_of(folder: Path, faults: list[Lint]) -> list[Path]:
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".md" and path.name != "README.md")
    except OSError as error:
        faults.append(Lint(str(folder), 1, safe_text(f"the folder can't be read: {error.strerror}", 300)))
        return []
    if len(paths) > MOST_FILES:
        words = safe_text(f"more than {MOST_FILES} runbooks; only the first are read")
        faults.append(Lint(str(folder), 1, words, grave=False))
    return paths[:MOST_FILES]
