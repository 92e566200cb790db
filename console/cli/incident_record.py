"""Which file the commands of `opsconsole incident` read."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from opsconsole.cli.flags import Flags, invocation_of
from opsconsole.domain.errors import ConfigError

if TYPE_CHECKING:
    from opsconsole.incidents.protocols import IncidentStore

T = TypeVar("T")

FILE = click.option(
    "--file", type=click.Path(path_type=Path), metavar="FILE", help="This record instead of the usual one."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, with a schema version.")


def record_path(ctx: click.Context, flags: Flags, file: Path | None) -> Path:
    """The file: the one that was named, else the configured one, else the user's own.

    Raises `ConfigError` when the one that was named is not there.
    """
    if file is not None:
        if not file.is_file():
            raise ConfigError(f"--file: there is no {file}")
        return file
    configured = invocation_of(ctx, flags).configuration().value("incidents", "store")
    if configured is not None:
        return Path(str(configured))
    from opsconsole.incidents.store.place import usual_path  # noqa: PLC0415 - brings SQLite

    return usual_path()


def asked(path: Path, question: Callable[[IncidentStore], Coroutine[Any, Any, T]], *, untouched: bool = False) -> T:
    """What the record at `path` answers; with `untouched` a copy in memory does, and the file stays as it is.

    Raises `StoreError`.
    """
    import asyncio  # noqa: PLC0415

    from opsconsole.incidents.store.opening import open_copy  # noqa: PLC0415 - brings SQLite
    from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents  # noqa: PLC0415

    async def ask() -> T:
        store = SqliteIncidents(path, opener=open_copy if untouched else None)
        try:
            return await question(store)
        finally:
            await store.close()

    return asyncio.run(ask())
