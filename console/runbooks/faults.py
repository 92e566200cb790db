"""What is wrong with a runbook's file, collected with the line and what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.runbook import Lint
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text

FAULTS_KEPT = 100
"""So that a file that is no runbook at all is not answered with another one."""


class Faults:
    """Collects the faults of one file. What they quote from it is shortened and made safe."""

    def __init__(self, path: str) -> None:
        """`path` is named in every fault."""
        self._path = str(safe_text(path, 1000))
        self._found: list[Lint] = []

    def add(self, line: int, words: str, *, grave: bool = True) -> None:
        """One more, at `line` (from 1)."""
        if len(self._found) < FAULTS_KEPT:
            self._found.append(Lint(self._path, max(1, line), safe_text(words, 500), grave))

    @property
    def all(self) -> tuple[Lint, ...]:
        """In the order of the lines."""
        return tuple(sorted(self._found, key=lambda fault: fault.line))

    @property
    def grave(self) -> bool:
        """Whether the runbook can't be walked."""
        return any(fault.grave for fault in self._found)


def quoted(text: str) -> str:
    """A text of the file as it stands in a sentence: short, and in quotes."""
    return f"`{safe_text(text, 60)}`"


def unknown(word: str, known: Iterable[str]) -> str:
    """`word` is not among `known`: the nearest of them, else all, as the end of a sentence."""
    names = tuple(known)
    near = names if len(names) == 1 else difflib.get_close_matches(word[:80], names, n=1)
    if near:
        return f"write {quoted(near[0])}"
    return f"write one of {', '.join(names)}" if names else "leave it out"


class RunbookError(OpsConsoleError):
    """A file can't be walked; `faults` say why, each with its line."""

    def __init__(self, faults: tuple[Lint, ...]) -> None:
        """At least one."""
        self.faults = faults
        super().__init__("; ".join(in_words(fault) for fault in faults))


def in_words(fault: Lint) -> SafeText:
    """`path:line: words`, as editors read it."""
    return SafeText(f"{fault.path}:{fault.line}: {fault.words}")
