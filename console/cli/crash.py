"""A fault of the console's own: a file with what a developer needs, and one sentence for the operator.

The file holds the places the error passed through, without local variables, and its message with
every known secret taken out. It is readable by its owner alone.
"""

from __future__ import annotations

import base64
import os
import platform
import re
import sys
import time
import traceback
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import opsconsole as package
from opsconsole.file_writing import open_new

_SECRET_NAME = re.compile(r"TOKEN|SECRET|PASSW|KEY|AUTH|CREDENTIAL|COOKIE|DATABASE_URL|DSN", re.IGNORECASE)
_SECRET_FORM = re.compile(
    r"(?i)\b(bearer|basic|apikey)\s+[A-Za-z0-9+/=._~-]{6,}"
    r"|(?<=://)[^/\s@]+@"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)?"
    r"|-----BEGIN[^-]*PRIVATE KEY-----.*?(-----END[^-]*-----|\Z)",
    re.DOTALL,
)
HIDDEN = "***"


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """`text` with each of `secrets` (plain, base64, URL-encoded) and everything of a secret's form replaced."""
    for secret in sorted({one for one in secrets if len(one) >= 4}, key=len, reverse=True):
        coded = base64.b64encode(secret.encode("utf-8", "replace")).decode("ascii")
        for form in (secret, coded, coded.rstrip("="), quote(secret, safe="")):
            text = text.replace(form, HIDDEN)
    return _SECRET_FORM.sub(HIDDEN, text)


def report(error: BaseException, folder: Path | None = None) -> str:
    """Write the crash file below `folder` (this user's state folder when None); the sentence for stderr."""
    what = f"{type(error).__name__} in the console itself"
    try:
        path = _write(_account(error), folder or _usual_folder())
    except OSError as failure:
        return f"{what}, and no crash file could be written ({failure.strerror}); please report it"
    return f"{what}, which is a bug; please report it with {path}"


def _usual_folder() -> Path:
    import platformdirs  # noqa: PLC0415

    return platformdirs.user_state_path("opsconsole") / "crashes"


def _account(error: BaseException) -> str:
    secrets = [value for name, value in os.environ.items() if _SECRET_NAME.search(name)]
    lines = [
        f"opsconsole {package.__version__}, Python {platform.python_version()}, {platform.platform()}",
        # Names of flags alone: a value may be anything.
        "arguments: " + " ".join(one.split("=")[0] if one.startswith("-") else "…" for one in sys.argv[1:]),
        "",
        *traceback.TracebackException.from_exception(error, capture_locals=False).format(),
    ]
    return without_secrets("\n".join(lines), secrets)


def _write(text: str, folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{os.getpid()}.txt"
    descriptor = open_new(path)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return path
