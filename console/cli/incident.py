"""`opsconsole incident`: what went wrong, as it was recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from opsconsole.cli import incident_export, incident_notify, incident_sync, incident_upkeep
from opsconsole.cli.flags import Flags, cluster_flags
from opsconsole.cli.incident_record import JSON, asked, either_record, record_path
from opsconsole.domain.text import SafeText

if TYPE_CHECKING:
    from opsconsole.domain.incident import Incident
    from opsconsole.domain.incident_event import IncidentEvent
    from opsconsole.incidents.protocols import IncidentQuery, IncidentStore

SCHEMA = "opsconsole.incident/1"


@click.group()
def command() -> None:
    """Show, export, share and back up incidents, or tell of them.

    It is one file in the state folder, unless `store` under [incidents] names another.
    """


for _below in (
    incident_export.export,
    incident_notify.notify,
    incident_sync.sync,
    incident_upkeep.backup,
    incident_upkeep.restore,
    incident_upkeep.restore_notes,
    incident_upkeep.verify,
):
    command.add_command(_below)


@command.command(
    "list",
    epilog="""\b
Examples:
  opsconsole incident list --open
  opsconsole incident list --cluster prod --severity P1 --json | jq .incident.title
""",
)
@cluster_flags
@either_record
@click.option("--open", "open_only", is_flag=True, help="Only those that somebody works on.")
@click.option("--severity", type=click.Choice(["P1", "P2", "P3", "P4"]), help="Only those of this severity.")
@click.option("--service", metavar="S", help="Only those of this service.")
@click.option("--drills", is_flag=True, help="Drills, which are left out else.")
@click.option("--last", type=click.IntRange(1), default=200, show_default=True, metavar="N", help="At most N.")
@JSON
@click.pass_context
def list_(ctx: click.Context, /, flags: Flags, file: Path | None, *, as_json: bool, **wanted: Any) -> int:
    """Print incidents, the worst open one first.

    Those that are over follow, the newest first.
    """
    path = record_path(ctx, flags, file)
    found = _found(path, _query(flags, **wanted), untouched=file is not None)
    return _print_incidents(found, as_json=as_json, none=SafeText("no incident is recorded that fits"))


@command.command(
    epilog="""\b
Examples:
  opsconsole incident search pool timeout
  opsconsole incident search 连接池 --json | jq -r .incident.id
"""
)
@cluster_flags
@either_record
@click.argument("words", nargs=-1, required=True)
@click.option("--drills", is_flag=True, help="Drills, which are left out else.")
@click.option("--last", type=click.IntRange(1), default=200, show_default=True, metavar="N", help="At most N.")
@JSON
@click.pass_context
def search(
    ctx: click.Context, /, flags: Flags, file: Path | None, words: tuple[str, ...], *, as_json: bool, **wanted: Any
) -> int:
    """Print incidents in whose records all words are.

    WORDS may be parts of longer ones, in any case and in any language.
    """
    path = record_path(ctx, flags, file)
    found = _found(path, _query(flags, words=" ".join(words), **wanted), untouched=file is not None)
    return _print_incidents(found, as_json=as_json, none=SafeText("no record has all these words"))


@command.command(
    epilog="""\b
Examples:
  opsconsole incident show INC-7kq4
  opsconsole incident show inc-20261128-7kq4 --json | jq -c 'select(.event) | .event.what'
"""
)
@cluster_flags
@either_record
@click.argument("incident")
@JSON
@click.pass_context
def show(ctx: click.Context, flags: Flags, file: Path | None, incident: str, *, as_json: bool) -> int:
    """Print one incident and its timeline, oldest first.

    INCIDENT is its id, its name, or the end of it.
    """

    async def told(store: IncidentStore) -> tuple[Incident, tuple[IncidentEvent, ...]]:
        found = await store.incident(incident)
        return found, await store.events(found.id)

    found, events = asked(record_path(ctx, flags, file), told, untouched=file is not None)
    if as_json:
        _print_json({"incident": found}, *({"event": event} for event in events))
    else:
        from opsconsole.cli.incident_report import report  # noqa: PLC0415

        click.echo(report(found, events))
    return 0


def _found(path: Path, query: IncidentQuery, *, untouched: bool) -> tuple[Incident, ...]:
    return asked(path, lambda store: store.incidents(query), untouched=untouched) if path.exists() else ()


def _query(
    flags: Flags,
    *,
    last: int,
    drills: bool,
    words: str = "",
    open_only: bool = False,
    severity: str | None = None,
) -> IncidentQuery:
    from opsconsole.domain.incident import IncidentSeverity  # noqa: PLC0415
    from opsconsole.incidents.protocols import IncidentQuery  # noqa: PLC0415
    from opsconsole.safe_text import safe_text  # noqa: PLC0415

    return IncidentQuery(
        words=safe_text(words),
        open_only=open_only,
        severity=IncidentSeverity(severity) if severity else None,
        service=safe_text(flags.service) if flags.service else None,
        cluster=safe_text(flags.cluster) if flags.cluster else None,
        drills=drills,
        limit=last,
    )


def _print_incidents(found: Sequence[Incident], *, as_json: bool, none: SafeText) -> int:
    if as_json:
        _print_json(*({"incident": one} for one in found))
    elif found:
        from opsconsole.cli.incident_report import table  # noqa: PLC0415

        click.echo(table(found))
    else:
        click.echo(f"opsconsole: {none}", err=True)
    return 0


def _print_json(*bodies: Mapping[str, object]) -> None:
    import msgspec  # noqa: PLC0415

    for body in bodies:
        click.echo(msgspec.json.encode({"schema": SCHEMA, **body}).decode())
