"""Programs in Go: built once per source state, with the toolchain of the machine."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

BUILD_TIMEOUT = 1800.0


class BuildError(Exception):
    """A program could not be built; the message says why."""


def go() -> Path:
    """The Go toolchain's command, from PATH or its usual place. Raises BuildError."""
    found = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if found is None:
        raise BuildError("no Go toolchain on PATH or in /usr/local/go")
    return Path(found)


def run_go(folder: Path, *arguments: str | Path, environment: Mapping[str, str] | None = None) -> None:
    """Run `go` with `arguments` in `folder`, without C. Raises BuildError with what it printed."""
    settings = {**os.environ, "CGO_ENABLED": "0", **(environment or {})}
    done = subprocess.run(
        [go(), *arguments], cwd=folder, env=settings, capture_output=True, text=True, timeout=BUILD_TIMEOUT, check=False
    )
    if done.returncode:
        raise BuildError(f"go {arguments[0]} failed in {folder.name}:\n{done.stdout}{done.stderr}")


def source_state(folder: Path) -> str:
    """A short digest of the module in `folder`: its Go files, go.mod and go.sum."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix in {".go", ".mod", ".sum"}:
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
