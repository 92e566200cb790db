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
C = TypeVar("C", bound=Callable[..., Any])

_PRACTICE = f"{__name__}.practice"
"""Where the context remembers that the demo's record is meant."""


def _remember(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    ctx.meta[_PRACTICE] = value


FILE = click.option(
    "--file", type=click.Path(path_type=Path), metavar="FILE", help="This record instead of the usual one."
)


def either_record(command: C) -> C:
    """Options for `record_path`: `FILE`, and the demo's record."""
    practice = click.option(
        "--practice", is_flag=True, expose_value=False, callback=_remember, help="The record of `opsconsole demo`."
    )
    return FILE(practice(command))


JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, with a schema version.")


def record_path(ctx: click.Context, flags: Flags, file: Path | None) -> Path:
    """The file: the one that was named, else the configured one, else the user's own.

    With --practice it is the demo's beside that. Raises `ConfigError` when the one that was named is not there.
    """
    practice = bool(ctx.meta.get(_PRACTICE))
    if file is not None and practice:
        raise ConfigError("--practice: it is another record than --file; leave one of them out")
    if file is not None:
        if not file.is_file():
            raise ConfigError(f"--file: there is no {file}")
        return file
    configured = invocation_of(ctx, flags).configuration().value("incidents", "store")
    from opsconsole.incidents.store.place import practice_path, usual_path  # noqa: PLC0415

    path = usual_path() if configured is None else Path(str(configured))
    return practice_path(path) if practice else path


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
