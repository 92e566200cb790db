"""`opsconsole snapshot`: the same screen once, without a terminal."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click

from opsconsole.cli import completion
from opsconsole.cli.flags import Flags, invocation_of, picture_flags
from opsconsole.domain.errors import ConfigError

FORMATS = ("text", "svg", "json")

_EXAMPLES = """\b
Examples:
  opsconsole snapshot --cluster prod
  opsconsole snapshot --cluster prod --service checkout --full metrics --size 160x50
  opsconsole snapshot --cluster prod --format json | jq .freshness
  opsconsole snapshot --cluster prod --format svg --output incident.svg
"""


@click.command(epilog=_EXAMPLES)
@picture_flags
@click.option("--size", default="120x40", show_default=True, metavar="COLUMNSxROWS", help="Size of the screen.")
@click.option(
    "--wait",
    default="10s",
    show_default=True,
    metavar="DURATION",
    help="How long to wait at most until every pane is filled.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="JSON is the data behind the screen, with a schema version.",
)
@click.option("--full", metavar="PANE", shell_complete=completion.panes, help="Give this pane the whole screen.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write here instead of stdout.")
@click.pass_context
def command(
    ctx: click.Context, flags: Flags, size: str, wait: str, form: str, full: str | None, output: Path | None
) -> int:
    """Print the console's screen once.

    It is the same screen from the same code, as it stands when all sources have answered.
    """
    from opsconsole.cli.parts import PictureOrder  # noqa: PLC0415

    order = PictureOrder(_size(size), _wait(wait), form, _pane(full))
    invocation = invocation_of(ctx, flags)
    picture = invocation.parts.take_picture(invocation.configuration().settings(), order)
    if output is None:
        click.echo(picture, nl=not picture.endswith("\n"))
    else:
        _write(output, picture)
    return 0


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,4})[xX×](\d{1,4})", text.strip())
    width, height = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (20 <= width <= 1000 and 5 <= height <= 500):
        raise ConfigError("--size: write columns and rows such as 120x40, from 20x5 to 1000x500")
    return width, height


def _wait(text: str) -> float:
    from opsconsole.config.values import seconds  # noqa: PLC0415

    try:
        wait = seconds(text)
    except ValueError as error:
        raise ConfigError(f"--wait: {error}") from None
    if wait > 600:
        raise ConfigError("--wait: is out of bounds; write a duration up to 10m")
    return wait


def _pane(name: str | None) -> str | None:
    from opsconsole.actions import LIVE_PANES  # noqa: PLC0415
    from opsconsole.config.values import one_of  # noqa: PLC0415

    panes = [pane.value for pane in LIVE_PANES]
    if name is not None and name not in panes:
        raise ConfigError(f"--full: {one_of(name, panes, 'pane')}")
    return name


def _write(path: Path, text: str) -> None:
    """Logs and names of a cluster are nobody else's business: the file is its owner's alone."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(f"--output: can't write {path} ({error.strerror}); name another file") from None
