"""Which incident is worked on, remembered until the next start: one small file for each cluster."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from urllib.parse import quote

from opsconsole.file_writing import private_folder
from opsconsole.incidents.protocols import StoreError
from opsconsole.safe_text import safe_text

_LONGEST_NAME = 150
_LONGEST_ID = 100


class Attachment:
    """Remembers the id of one incident. Methods block, and raise `StoreError`."""

    def __init__(self, path: Path) -> None:
        """Nothing is created before something is remembered."""
        self._path = path

    def read(self) -> str | None:
        """The incident that was worked on last; None when there is none."""
        try:
            with self._path.open("rb") as file:
                return file.read(_LONGEST_ID).decode("ascii", "replace").strip() or None
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"{self._path} can't be read ({_reason(error)}); free it first") from error

    def write(self, incident: str | None) -> None:
        """Remember `incident`, or that there is none."""
        try:
            if incident is None:
                self._path.unlink(missing_ok=True)
                return
            private_folder(self._path.parent)
            fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}")
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                os.write(descriptor, f"{incident}\n".encode())
            finally:
                os.close(descriptor)
            fresh.replace(self._path)
        except OSError as error:
            raise StoreError(f"{self._path} can't be written ({_reason(error)}); free it first") from error


def attachment_of(folder: Path, cluster: str) -> Attachment:
    """That of `cluster`, whatever characters its name has, below `folder`, where the store is."""
    name = quote(cluster, safe="")
    if not name.strip("."):  # `.` and `..` are folders
        name = name.replace(".", "%2E")
    if len(name) > _LONGEST_NAME:
        name = f"{name[:_LONGEST_NAME]}-{hashlib.sha256(cluster.encode()).hexdigest()[:16]}"
    return Attachment(folder / "attached" / name)


def _reason(error: OSError) -> str:
    return str(safe_text(error.strerror or error, 200))
