"""A fault of the console's own: a file with what a developer needs, and one sentence for the operator.

The file holds the places the error passed through, without local variables, and its message with
every secret taken out: the configured ones, those of the environment, and what looks like one (the rules are those of
every other text that leaves, `opsconsole.domain.secret_shapes`). It is readable by its owner alone.
"""

from __future__ import annotations

import os
import platform
import sys
import time
import traceback
from collections.abc import Iterable
from pathlib import Path

import opsconsole as package
from opsconsole.domain.secret_shapes import secret_variables, without_secrets
from opsconsole.file_writing import open_new, private_folder


def report(error: BaseException, folder: Path | None = None, configured: Iterable[object] = ()) -> str:
    """Write the crash file below `folder` (this user's state folder when None); the sentence for stderr.

    The secrets that `configured` refers to, configurations or settings, are hidden in it.
    """
    what = f"{type(error).__name__} in the console itself"
    try:
        path = _write(_account(error, configured), folder or _usual_folder())
    except OSError as failure:
        return f"{what}, and no crash file could be written ({failure.strerror}); please report it"
    return f"{what}, which is a bug; please report it with {path}"


def _usual_folder() -> Path:
    import platformdirs  # noqa: PLC0415

    return platformdirs.user_state_path("opsconsole") / "crashes"


def _account(error: BaseException, configured: Iterable[object]) -> str:
    from opsconsole.config.secrets_in_use import secrets_in_use  # noqa: PLC0415

    known = secrets_in_use(*configured).with_further(secret_variables(os.environ))
    lines = [
        f"opsconsole {package.__version__}, Python {platform.python_version()}, {platform.platform()}",
        # Names of flags alone: a value may be anything.
        "arguments: " + " ".join(one.split("=")[0] if one.startswith("-") else "…" for one in sys.argv[1:]),
        "",
        *traceback.TracebackException.from_exception(error, capture_locals=False).format(),
    ]
    return without_secrets("\n".join(lines), known)


def _write(text: str, folder: Path) -> Path:
    private_folder(folder)
    path = folder / f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{os.getpid()}.txt"
    descriptor = open_new(path)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return path
