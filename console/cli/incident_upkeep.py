"""`opsconsole incident backup|restore|verify`: the record as a file that must not be lost."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from opsconsole.cli.flags import Flags, cluster_flags
from opsconsole.cli.incident_record import JSON, either_record, record_path
from opsconsole.safe_text import safe_text

if TYPE_CHECKING:
    from opsconsole.incidents.store.bringing_back import BroughtBack

SCHEMA = "opsconsole.incident-record/1"


@click.command(
    epilog="""\b
Examples:
  opsconsole incident backup incidents-monday.db
"""
)
@cluster_flags
@either_record
@click.argument("target", type=click.Path(path_type=Path))
@click.pass_context
def backup(ctx: click.Context, flags: Flags, file: Path | None, target: Path) -> int:
    """Copy the record to a new file.

    Consoles may write to it meanwhile. The copy is checked before it counts; where TARGET is there
    already it is left as it is.
    """
    from opsconsole.incidents.store.copying import copy_to  # noqa: PLC0415
    from opsconsole.incidents.store.failure import told  # noqa: PLC0415

    path = record_path(ctx, flags, file)
    with told(path, doing="copied"):
        copy_to(path, target)
    shown = safe_text(target)
    click.echo(f"{shown}: a copy of {safe_text(path)}; `opsconsole incident restore {shown}` puts it back")
    return 0


@click.command(
    epilog="""\b
Examples:
  opsconsole incident restore incidents-monday.db
"""
)
@cluster_flags
@either_record
@click.argument("source", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_context
def restore(ctx: click.Context, flags: Flags, file: Path | None, source: Path) -> int:
    """Put a backup in the place of the record.

    SOURCE is verified first, and the record of before is kept beside the new one. Consoles that
    have it open go on with what was put back.
    """
    from opsconsole.incidents.store.failure import told  # noqa: PLC0415
    from opsconsole.incidents.store.restoring import restore as put_back  # noqa: PLC0415

    path = record_path(ctx, flags, file)
    with told(path, doing="restored"):
        done = put_back(source, path, time.time)
    kept = f"; what was there before is kept in {safe_text(done.before)}" if done.before else ""
    click.echo(f"{safe_text(path)}: {done.found.incidents} incidents with {done.found.events} events put back{kept}")
    return 0


@click.command(
    "restore-notes",
    epilog="""\b
Examples:
  opsconsole incident restore-notes

Exit code: 0 nothing is left outside, 1 something is, and named.
""",
)
@cluster_flags
@either_record
@click.pass_context
def restore_notes(ctx: click.Context, flags: Flags, file: Path | None) -> int:
    """Bring back the notes that could not be written.

    When the record can't be written, notes are kept in unwritten-notes.jsonl. Each console brings them back when it
    starts; this does it now.
    """
    import asyncio  # noqa: PLC0415

    from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents  # noqa: PLC0415 - brings SQLite

    path = record_path(ctx, flags, file)

    async def brought() -> BroughtBack | None:
        store = SqliteIncidents(path)
        try:
            return await store.bring_back()
        finally:
            await store.close()

    done = asyncio.run(brought())
    if done is None:
        click.echo("there are no notes that could not be written")
        return 0
    again = f"; {done.known} were there, or written again since" if done.known else ""
    click.echo(f"{done.words}{again}")
    for sentence in done.broken:
        click.echo(f"opsconsole: {sentence}", err=True)
    if done.foreign:
        click.echo(
            f"opsconsole: {done.foreign} are of incidents that {safe_text(path)} does not have, and stay", err=True
        )
    return 1 if done.broken or done.foreign else 0


@click.command(
    epilog="""\b
Examples:
  opsconsole incident verify
  opsconsole incident verify --file incidents-monday.db --json | jq .fine

Exit code: 0 everything fits, 1 something is damaged, 2 there is no such file.
"""
)
@cluster_flags
@either_record
@JSON
@click.pass_context
def verify(ctx: click.Context, flags: Flags, file: Path | None, *, as_json: bool) -> int:
    """Check that nothing in the record is damaged.

    The file is checked, each event is read, and each incident worked out anew. The first row that does not fit
    is named.
    """
    import msgspec  # noqa: PLC0415

    from opsconsole.incidents.store.failure import told  # noqa: PLC0415
    from opsconsole.incidents.store.verifying import verify as look_through  # noqa: PLC0415

    path = record_path(ctx, flags, file)
    with told(path, doing="read"):
        found = look_through(path)
    if as_json:
        body = {"schema": SCHEMA, "file": str(path), "fine": found.fine, **msgspec.to_builtins(found)}
        click.echo(msgspec.json.encode(body).decode())
    elif found.fine:
        newer = f", {found.newer} of them by a newer console" if found.newer else ""
        click.echo(f"{safe_text(path)}: {found.incidents} incidents with {found.events} events fit{newer}")
    else:
        click.echo(f"{safe_text(path)}: {found.problem}; `opsconsole incident restore FILE` puts a backup in its place")
    return 0 if found.fine else 1
