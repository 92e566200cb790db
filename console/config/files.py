"""The configuration file and the `.env` file: where they are, and whether they can be trusted."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from opsconsole.config.environment import CONFIG_VARIABLE
from opsconsole.domain.errors import ConfigError
from opsconsole.safe_text import safe_text

SIZE_LIMIT = 1_048_576
"""Bytes of a configuration file; more is another file."""


class ConfigFile(msgspec.Struct, frozen=True):
    """The file in force. `named` tells that a flag or a variable asked for it, so it must be there."""

    path: Path
    named: str = ""

    @property
    def shown(self) -> str:
        """Its path for messages, `~` for the home folder."""
        return shown_path(self.path)


def shown_path(path: Path) -> str:
    """`path` made safe, with `~` for the home folder."""
    home = Path("~").expanduser()
    return safe_text(f"~/{path.relative_to(home)}" if path.is_relative_to(home) else path)


def config_file(environ: Mapping[str, str], folder: Path, flag: Path | None = None) -> ConfigFile:
    """The file that `--config` names, else `OPSCONSOLE_CONFIG`, else the one of this user (platformdirs)."""
    if flag is not None:
        return ConfigFile(folder / flag.expanduser(), "--config")
    if named := environ.get(CONFIG_VARIABLE, "").strip():
        return ConfigFile(folder / Path(named).expanduser(), CONFIG_VARIABLE)
    import platformdirs  # noqa: PLC0415  - 10 ms that a named file saves

    return ConfigFile(platformdirs.user_config_path("opsconsole") / "config.toml")


def read_config(file: ConfigFile) -> dict[str, Any]:
    """The file's tree; empty when there is none and nobody named one.

    Raises `ConfigError` for a file that is missing, can't be read, is no TOML, or that others may change.
    """
    try:
        text = _read_trusted(file.path, file.shown)
    except FileNotFoundError:
        if not file.named:
            return {}
        raise ConfigError(
            f"{file.shown} does not exist, and {file.named} names it; correct that, or run `opsconsole config init`"
        ) from None
    return parse_toml(text, file.shown)


def parse_toml(text: str, place: str) -> dict[str, Any]:
    """The tree in `text`. Raises `ConfigError` naming `place` and the line when it is no TOML."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "a value is too large or too deep"
        raise ConfigError(safe_text(f"{place} is no valid TOML: {why}; correct it there", 500)) from None


def read_dotenv(path: Path) -> dict[str, str]:
    """Our variables of a `.env` file, as they are written; empty when there is none that can be read.

    Most such files are another program's and say nothing to us, so only one that does is held to account:
    `ConfigError` when others may change it or a line of ours is malformed.
    """
    try:
        if not path.is_file():  # a folder of that name is a virtual environment
            return {}
        with path.open("rb") as file:
            status, raw = os.fstat(file.fileno()), file.read(SIZE_LIMIT + 1)
    except OSError:
        return {}
    if b"OPSCONSOLE_" not in raw:
        return {}
    text = _trusted(status, raw, shown_path(path))
    import io  # noqa: PLC0415

    from dotenv.parser import parse_stream  # noqa: PLC0415  - 20 ms, only where there is such a file

    found: dict[str, str] = {}
    for line in parse_stream(io.StringIO(text)):
        if line.error and "OPSCONSOLE_" in line.original.string:
            raise ConfigError(f"{shown_path(path)} line {line.original.line} is not NAME=value; correct it there")
        if line.key is not None and line.key.startswith("OPSCONSOLE_"):
            found[line.key] = line.value or ""
    return found


def _read_trusted(path: Path, shown: str) -> str:
    """The text of `path`. `FileNotFoundError` passes; every other fault is a `ConfigError`."""
    try:
        with path.open("rb") as file:
            status, raw = os.fstat(file.fileno()), file.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ConfigError(f"can't read {shown} ({error.strerror}); check its path and permissions") from None
    return _trusted(status, raw, shown)


def _trusted(status: os.stat_result, raw: bytes, shown: str) -> str:
    """`raw` as text. Raises `ConfigError` when others may have written it, or it is no text of a sensible size."""
    if status.st_uid not in (0, os.geteuid()):
        raise ConfigError(f"{shown} belongs to another user; copy it to a file of your own")
    if status.st_mode & stat.S_IWOTH:
        raise ConfigError(f"everybody may change {shown}; run chmod o-w on it")
    if len(raw) > SIZE_LIMIT:
        raise ConfigError(f"{shown} is over 1 MB, which no configuration is; name another file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{shown} is not UTF-8 at byte {error.start}; save it as UTF-8") from None
