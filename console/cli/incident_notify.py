"""`opsconsole incident notify`: tell somebody of an incident, once they who typed it have seen what is sent."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from opsconsole.cli import exit_codes
from opsconsole.cli.flags import Flags, cluster_flags, invocation_of
from opsconsole.cli.incident_record import FILE, asked, record_path
from opsconsole.domain.errors import ConfigError

if TYPE_CHECKING:
    from opsconsole.config.settings import IncidentSettings
    from opsconsole.domain.incident import Incident
    from opsconsole.domain.incident_event import Notified
    from opsconsole.domain.notification import Address
    from opsconsole.domain.text import SafeText
    from opsconsole.incidents.notifying import Notifier
    from opsconsole.incidents.protocols import IncidentStore

_NOBODY = "nobody to tell is configured; write [[incidents.notifications]], see docs/configuration.md"


@click.command(
    epilog="""\b
Examples:
  opsconsole incident notify INC-7kq4
  opsconsole incident notify 7kq4 --to on-call --yes
"""
)
@cluster_flags
@FILE
@click.argument("incident")
@click.option("--to", "name", metavar="NAME", help="Whom: a name of [[incidents.notifications]]; the only one else.")
@click.option("--yes", is_flag=True, help="Send it without asking; what is sent is printed all the same.")
@click.pass_context
def notify(ctx: click.Context, flags: Flags, file: Path | None, incident: str, name: str | None, *, yes: bool) -> int:
    """Tell somebody how an incident stands.

    Prints whom and exactly what, and asks. Then it sends, up to five times, and says how that came out; the timeline
    says so, too.
    """
    invocation = invocation_of(ctx, flags)
    settings = invocation.configuration().incidents
    if not settings.notifications:
        raise ConfigError(_NOBODY)
    if not yes and not invocation.parts.attended():
        raise ConfigError("stdin is no terminal: add --yes")
    path = record_path(ctx, flags, file)
    found, address, lines = asked(path, lambda store: _preview(store, path, settings, incident, name))
    click.echo("\n".join((f"{address.words}:", *(f"  {line}" for line in lines))))
    if not yes and not click.confirm("Send it?", default=False, err=True):
        click.echo("opsconsole: nothing was sent", err=True)
        return exit_codes.NOT_WELL
    told = asked(path, lambda store: _sent(store, path, settings, found, address, lines))
    said = f": {told.words}" if told.words else ""
    click.echo(f"{'delivered' if told.delivered else 'not delivered'}{said}")
    return exit_codes.WELL if told.delivered else exit_codes.NOT_WELL


async def _preview(
    store: IncidentStore, path: Path, settings: IncidentSettings, incident: str, name: str | None
) -> tuple[Incident, Address, tuple[SafeText, ...]]:
    found = await store.incident(incident)
    notifier = await _notifier(store, path, settings, found)
    return found, _address(notifier, found, name), notifier.text(found)


async def _sent(
    store: IncidentStore,
    path: Path,
    settings: IncidentSettings,
    incident: Incident,
    address: Address,
    lines: tuple[SafeText, ...],
) -> Notified:
    """How it came out. What was interrupted is sent by the next console."""
    notifier = await _notifier(store, path, settings, incident)
    try:
        return await notifier.outcome(await notifier.send(incident.id, address, lines))
    finally:
        await notifier.close()


async def _notifier(store: IncidentStore, path: Path, settings: IncidentSettings, incident: Incident) -> Notifier:
    from opsconsole.clock import SystemClock  # noqa: PLC0415
    from opsconsole.config.secrets_in_use import secrets_in_use  # noqa: PLC0415
    from opsconsole.incidents.attachment import attachment_of  # noqa: PLC0415
    from opsconsole.incidents.book import Book  # noqa: PLC0415
    from opsconsole.incidents.records import Records  # noqa: PLC0415
    from opsconsole.machine_user import operator  # noqa: PLC0415
    from opsconsole.record_keeping import notifier_of  # noqa: PLC0415
    from opsconsole.sources.notifying.connecting import messenger  # noqa: PLC0415 - brings httpx

    clock = SystemClock()
    user = await asyncio.to_thread(operator)
    attachment = attachment_of(path.parent, incident.cluster)
    known = await asyncio.to_thread(secrets_in_use, settings)
    book = Book(store, clock, cluster=incident.cluster, operator=user, attachment=attachment, known=known)
    return notifier_of(settings, Records(store, book), clock, path, messenger)


def _address(notifier: Notifier, incident: Incident, name: str | None) -> Address:
    """Whom to tell. Raises `ConfigError` where that is not clear."""
    offered = notifier.addresses_for(incident)
    known = ", ".join(one.name for one in offered)
    if name is None and len(offered) > 1:
        raise ConfigError(f"say whom to tell by --to: {known}")
    found = next((one for one in offered if name in (None, one.name)), None)
    if found is None:
        raise ConfigError(f"--to: there is none of that name; known are {known}")
    return found
