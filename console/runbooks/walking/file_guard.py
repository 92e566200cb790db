"""The file of a walk: whoever changes it in mid-walk ends the walk, for nobody has read what would come next."""

from __future__ import annotations

import asyncio
from pathlib import Path

from opsconsole.domain.text import SafeText
from opsconsole.runbooks.faults import RunbookError
from opsconsole.runbooks.file_reading import hash_of
from opsconsole.runbooks.protocols import RunbookChangedError
from opsconsole.safe_text import safe_text


class FileGuard:
    """`stopped` says why the walk can't go on; empty while it can."""

    def __init__(self, path: str, sha256: str) -> None:
        """`sha256` is of the bytes that the walk began with, in hex."""
        self.stopped = SafeText("")
        self._path = Path(path)
        self._sha256 = sha256

    def permit(self) -> None:
        """Raises `RunbookChangedError` once the file was found changed."""
        if self.stopped:
            raise RunbookChangedError(self.stopped)

    async def unchanged(self) -> None:
        """Look at the file now. Raises `RunbookChangedError`, and from then on always."""
        self.permit()
        try:
            now = await asyncio.to_thread(hash_of, self._path)
        except RunbookError as error:
            words = f"the runbook can't be read any more ({error.faults[0].words}); this walk ends here"
        else:
            if now == self._sha256:
                return
            words = "the runbook was changed since this walk began; this walk ends here, begin a new one"
        self.stopped = safe_text(words)
        raise RunbookChangedError(self.stopped)
