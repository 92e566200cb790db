"""Log searches an operator keeps by name: a small TOML file in the user's configuration folder.

The file is read again before each change and replaced as a whole, so two consoles lose nothing but what they changed
at the same instant.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from opsconsole.domain.errors import ConfigError
from opsconsole.domain.log_query import LogFilter, LogQuery, LogSyntax
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.text import SafeText
from opsconsole.file_writing import private_folder
from opsconsole.safe_text import safe_text

MOST = 200
"""Searches kept."""
_LARGEST = 1_000_000
"""Bytes of a file that is read."""


class SavedSearch(msgspec.Struct, frozen=True):
    """A query and what its owner calls it."""

    name: SafeText
    query: LogQuery


def usual_file() -> Path:
    """Where this user's searches are."""
    import platformdirs  # noqa: PLC0415

    return platformdirs.user_config_path("opsconsole") / "searches.toml"


def saved_searches(path: Path) -> tuple[SavedSearch, ...]:
    """The searches in the file at `path`, in its order; none when there is no file. Raises `ConfigError`."""
    try:
        with path.open("rb") as file:
            table = tomllib.loads(file.read(_LARGEST).decode())
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: saved searches can't be read: {error}") from error
    found = table.get("search", [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ConfigError(f"{path}: `search` is no list of tables")
    return tuple(_read(one, path) for one in found[:MOST])


def save_search(path: Path, saved: SavedSearch) -> None:
    """Keep `saved` in the file at `path`, in place of one of the same name. Raises `ConfigError`."""
    others = [one for one in saved_searches(path) if one.name != saved.name]
    if len(others) >= MOST:
        raise ConfigError(f"{MOST} searches are kept already; delete one first")
    _write(path, [*others, saved])


def delete_search(path: Path, name: SafeText) -> None:
    """Forget the search called `name`. Raises `ConfigError`."""
    _write(path, [one for one in saved_searches(path) if one.name != name])


def _read(table: dict[str, Any], path: Path) -> SavedSearch:
    try:
        level, pattern = table.get("level"), table.get("pattern")
        filters = tuple(
            LogFilter(_text(one["field"]), _text(one["value"]), one.get("exclude") is True)
            for one in table.get("filters", [])
        )
        query = LogQuery(
            _text(table.get("words", "")),
            LogSyntax(table.get("syntax", LogSyntax.PLAIN.value)),
            None if level is None else LogLevel(level),
            filters,
            None if pattern is None else _text(pattern),
        )
        return SavedSearch(_text(table["name"]), query)
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{path}: a saved search lacks something or has a wrong value: {error}") from error


def _text(raw: object) -> SafeText:
    if not isinstance(raw, str):
        raise TypeError(f"{raw!r} is no text")
    return safe_text(raw)


def _write(path: Path, searches: list[SavedSearch]) -> None:
    """Replace the file as a whole: a console that dies on the way leaves the old one."""
    try:
        private_folder(path.parent)
        descriptor, name = tempfile.mkstemp(prefix=".searches-", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write("".join(map(_table, searches)))
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise ConfigError(f"{path}: saved searches can't be written: {error.strerror}") from error


def _table(saved: SavedSearch) -> str:
    query = saved.query
    lines = ["[[search]]", f"name = {_quoted(saved.name)}"]
    if query.words:
        lines += [f"words = {_quoted(query.words)}", f"syntax = {_quoted(query.syntax.value)}"]
    if query.level is not None:
        lines.append(f"level = {_quoted(query.level.value)}")
    if query.pattern is not None:
        lines.append(f"pattern = {_quoted(query.pattern)}")
    for one in query.filters:
        lines += ["[[search.filters]]", f"field = {_quoted(one.field)}", f"value = {_quoted(one.value)}"]
        if one.exclude:
            lines.append("exclude = true")
    return "\n".join(lines) + "\n\n"


def _quoted(text: str) -> str:
    """A basic string of TOML 1.0; what is safe to show holds no control character that it would have to escape."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
