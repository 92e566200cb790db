"""Log lines as text and as JSON lines, for the clipboard and for a file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import msgspec

from opsconsole.domain.log_record import LogRecord
from opsconsole.file_writing import open_new, private_folder
from opsconsole.widgets.log_levels import level_word
from opsconsole.widgets.problem_note import clock_text

_TRIES = 100
"""Names tried for one second's files."""


def text_line(record: LogRecord, zone: tzinfo) -> str:
    """`2026-03-02T14:11:59.877000+0000 ERROR checkout pool wait timeout key=value …`, all of it on one line."""
    time = clock_text(record.time, zone, "%Y-%m-%dT%H:%M:%S.%f%z").replace("no time", "-")
    fields = " ".join(f"{name}={_quoted(value)}" for name, value in record.fields)
    return " ".join(part for part in (time, level_word(record.level), record.service, record.message, fields) if part)


def _quoted(value: str) -> str:
    return value if value and not set(value) & set(' "=') else '"' + value.replace('"', '\\"') + '"'


def json_line(record: LogRecord) -> str:
    """The record as one JSON object: its own names, `time` in RFC 3339 (UTC) or null, `fields` as an object."""
    time = clock_text(record.time, UTC, "%Y-%m-%dT%H:%M:%S.%fZ")
    whole = {
        **{name: value for name in record.__struct_fields__ if isinstance(value := getattr(record, name), str)},
        "time": None if time == "no time" else time,
        "level": record.level.value,
        "fields": dict(record.fields),
    }
    return msgspec.json.encode(whole).decode()


def usual_folder() -> Path:
    """Where this user's saved lines are."""
    import platformdirs  # noqa: PLC0415

    return platformdirs.user_state_path("opsconsole") / "logs"


def write_lines(folder: Path, lines: Sequence[str], now: float, suffix: str) -> Path:
    """Write `lines` into a new file of `folder` that its owner alone can read; the name tells the time (`now`).

    Raises `OSError`; a link that stands in the way is never followed.
    """
    private_folder(folder)
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    for number in range(_TRIES):
        path = folder / f"logs-{stamp}{f'-{number}' if number else ''}.{suffix}"
        try:
            descriptor = open_new(path)
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(f"{line}\n" for line in lines)
        return path
    raise FileExistsError(17, "every name of this second is taken", str(folder))
