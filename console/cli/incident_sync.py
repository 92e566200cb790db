"""`opsconsole incident sync`: exchange a cluster's record with the team's store, once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from opsconsole.cli.flags import Flags, cluster_flags, invocation_of
from opsconsole.cli.incident_record import FILE, JSON, asked, record_path
from opsconsole.domain.errors import ConfigError

if TYPE_CHECKING:
    from opsconsole.config.settings import ClusterSettings
    from opsconsole.domain.sharing import SharingState
    from opsconsole.incidents.protocols import IncidentStore
    from opsconsole.incidents.sharing import Outcome

SCHEMA = "opsconsole.incident-sync/1"


@click.command(
    epilog="""\b
Examples:
  opsconsole incident sync --cluster prod
  opsconsole incident sync --cluster prod --json | jq .waiting
"""
)
@cluster_flags
@FILE
@JSON
@click.pass_context
def sync(ctx: click.Context, flags: Flags, file: Path | None, *, as_json: bool) -> int:
    """Send what the team does not have yet, and read what it wrote.

    A console does so by itself; this is for when none is open. Nothing is ever deleted.
    """
    cluster = invocation_of(ctx, flags).configuration().settings().cluster
    if cluster.incidents is None:
        table = f"[clusters.{cluster.name}.incidents]"
        raise ConfigError(f"incidents of {cluster.name} are not shared; set `index` in {table}")

    outcome, state = asked(record_path(ctx, flags, file), lambda store: exchange_once(store, cluster))
    if as_json:
        click.echo(json.dumps(_as_json(cluster.name, outcome, state), ensure_ascii=False))
    else:
        click.echo(f"{cluster.name}: {_events(outcome.sent)} sent, {_events(outcome.received)} received")
        if state.problem:
            click.echo(f"opsconsole: {state.problem}", err=True)
    return 0 if not state.waiting else 1


async def exchange_once(store: IncidentStore, cluster: ClusterSettings) -> tuple[Outcome, SharingState]:
    """What went either way, and how sharing stands then. Raises `SourceError`, `StoreError` and `ConfigError`."""
    from opsconsole.clock import SystemClock  # noqa: PLC0415
    from opsconsole.incident_sharing import sharing_of  # noqa: PLC0415 - brings a client

    sharing = sharing_of(cluster, store, SystemClock())
    if sharing is None:
        raise TypeError(cluster.name)
    try:
        return await sharing.exchange(), sharing.state
    finally:
        await sharing.close()


def _as_json(cluster: str, outcome: Outcome, state: SharingState) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "cluster": cluster,
        "sent": outcome.sent,
        "received": outcome.received,
        "skipped": outcome.skipped,
        "waiting": state.waiting,
        "problem": state.problem,
    }


def _events(count: int) -> str:
    return "1 event" if count == 1 else f"{count} events"
