"""`opsconsole incident export`: an incident written up, for people who were not there."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from opsconsole.cli.flags import Flags, cluster_flags, invocation_of
from opsconsole.cli.incident_record import asked, either_record, record_path
from opsconsole.domain.errors import ConfigError
from opsconsole.file_writing import open_new

if TYPE_CHECKING:
    from datetime import tzinfo

    from opsconsole.domain.incident import Incident
    from opsconsole.domain.incident_event import IncidentEvent
    from opsconsole.incidents.protocols import IncidentStore

FORMATS = ("md", "json", "html")
_STDOUT = "-"
_TRIES = 100
"""Names tried until one is free."""

_EXAMPLES = """\b
Examples:
  opsconsole incident export INC-7kq4
  opsconsole incident export INC-7kq4 --format html --output checkout.html
  opsconsole incident export 7kq4 --format json --output - | jq .figures
"""


@click.command(epilog=_EXAMPLES)
@cluster_flags
@either_record
@click.argument("incident")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="md",
    show_default=True,
    help="JSON has all values, with a schema version.",
)
@click.option(
    "--output",
    metavar="FILE",
    help="Write into this new file, - for stdout. Usually a file of the incident's name in the current folder.",
)
@click.option("--time-zone", metavar="ZONE", help="UTC, local or a name such as Europe/Berlin; usually as configured.")
@click.pass_context
def export(
    ctx: click.Context,
    /,
    flags: Flags,
    file: Path | None,
    incident: str,
    form: str,
    output: str | None,
    time_zone: str | None,
) -> int:
    """Write the post-mortem of an incident.

    Summary, impact, the numbers, causes, what was done, follow-ups, the timeline and the evidence with its charts.
    What looks like a secret is hidden. INCIDENT is its id, its name, or the end of it.
    """
    from opsconsole.config.secrets_in_use import secrets_in_use  # noqa: PLC0415
    from opsconsole.incidents.post_mortem.exporting import Form, exported  # noqa: PLC0415
    from opsconsole.incidents.post_mortem.post_mortem import write_up  # noqa: PLC0415

    configuration = invocation_of(ctx, flags).configuration()
    zone = _zone(time_zone or configuration.value("time_zone") or "local")
    known = secrets_in_use(configuration)

    async def told(store: IncidentStore) -> tuple[Incident, tuple[IncidentEvent, ...]]:
        found = await store.incident(incident)
        return found, await store.events(found.id)

    found, events = asked(record_path(ctx, flags, file), told, untouched=file is not None)
    text = exported(write_up(found, events, time.time(), known), Form(form), zone)
    if output == _STDOUT:
        click.echo(text, nl=False)
    else:
        click.echo(str(_write(Path(output), text) if output else _write_named(found.id, form, text)))
    return 0


def _zone(name: object) -> tzinfo:
    from datetime import UTC, datetime  # noqa: PLC0415
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    wanted = str(name)
    if wanted.lower() == "local":
        return datetime.now().astimezone().tzinfo or UTC
    if wanted.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(wanted)
    except (ValueError, OSError, KeyError):
        raise ConfigError(f"--time-zone: {wanted!r} is no time zone; write UTC, local or Europe/Berlin") from None


def _write_named(incident: str, form: str, text: str) -> Path:
    """A new file in the current folder; the name is made of the incident's id, whose letters others may have chosen."""
    plain = re.sub(r"[^A-Za-z0-9-]+", "-", incident)[:60].strip("-") or "incident"
    for number in range(1, _TRIES + 1):
        path = Path(f"{plain}{f'-{number}' if number > 1 else ''}.{form}")
        try:
            return _create(path, text)
        except FileExistsError:
            continue
        except OSError as error:
            raise _unwritable(path, error) from None
    raise ConfigError(f"--output: {plain}.{form} and {_TRIES - 1} like it are there already; name another file")


def _write(path: Path, text: str) -> Path:
    try:
        return _create(path, text)
    except FileExistsError:
        raise ConfigError(f"--output: {path} is there already; name another file") from None
    except OSError as error:
        raise _unwritable(path, error) from None


def _create(path: Path, text: str) -> Path:
    """Never through a link, never over a file; names and logs of a cluster are their owner's alone."""
    descriptor = open_new(path)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def _unwritable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(f"--output: can't write {path} ({error.strerror}); name another file")
