"""`opsconsole config`: what is in force, and where the file is."""

from __future__ import annotations

import os
from pathlib import Path

import click

from opsconsole.cli.flags import Flags, file_flags, invocation_of, screen_flags
from opsconsole.safe_text import safe_text

SCHEMA = "opsconsole.config/1"


@click.group()
def command() -> None:
    """Show, find or start the configuration.

    Layers, low to high: default, configuration file, .env in the working folder,
    OPSCONSOLE_... variables, flags.
    """


@command.command(
    epilog="""\b
Examples:
  opsconsole config show
  opsconsole config show --cluster prod --since 3h
  opsconsole config show --json | jq -r '.values[] | select(.layer == "environment") | .key'
"""
)
@screen_flags
@click.option("--json", "as_json", is_flag=True, help="Print JSON with a schema version; durations are seconds.")
@click.pass_context
def show(ctx: click.Context, flags: Flags, *, as_json: bool) -> int:
    """Print every value in force, and the layer it came from.

    Of a secret only the place is shown where it is read.
    """
    from opsconsole.cli.columns import in_columns  # noqa: PLC0415
    from opsconsole.config.inventory import values_in_force  # noqa: PLC0415

    configuration = invocation_of(ctx, flags).configuration()
    values = values_in_force(configuration)
    if as_json:
        import msgspec  # noqa: PLC0415

        body = {"schema": SCHEMA, "file": configuration.file.shown, "file_exists": configuration.file_exists,
                "values": values}  # fmt: skip
        click.echo(msgspec.json.format(msgspec.json.encode(body), indent=2).decode())
    else:
        rows = [(one.key, one.shown, one.layer, one.place) for one in values]
        click.echo(in_columns([("key", "value", "layer", "place"), *rows]))
        if not configuration.file_exists:
            click.echo(f"opsconsole: {configuration.file.shown} does not exist; `opsconsole config init` writes it",
                       err=True)  # fmt: skip
    return 0


@command.command(
    epilog="""\b
Examples:
  opsconsole config path
  $EDITOR "$(opsconsole config path)"
"""
)
@file_flags
@click.pass_context
def path(ctx: click.Context, flags: Flags) -> int:
    """Print which file is read, whether it exists or not."""
    click.echo(_file(ctx, flags))
    return 0


@command.command(
    epilog="""\b
Examples:
  opsconsole config init
  opsconsole config init --config ./clusters.toml
"""
)
@file_flags
@click.pass_context
def init(ctx: click.Context, flags: Flags) -> int:
    """Write a commented file to fill in. A file that is there already is left as it is."""
    from opsconsole.config.starter import write_starter  # noqa: PLC0415

    file = _file(ctx, flags)
    write_starter(file)
    click.echo(f"wrote {safe_text(file)}; fill it in, then run `opsconsole check --cluster prod`")
    return 0


@command.command(
    epilog="""\b
Examples:
  opsconsole config reference
  opsconsole config reference | less
"""
)
def reference() -> int:
    """Print every key there is, with its meaning and default."""
    from opsconsole.config.reference import PLACES, keys_of, plain  # noqa: PLC0415

    page = click.HelpFormatter(width=100)
    for table, place in PLACES.items():
        with page.section(place):
            page.write_dl([(key.name, f"{plain(key.words)}  [{plain(key.default)}]") for key in keys_of(table)])
    click.echo(page.getvalue(), nl=False)
    return 0


def _file(ctx: click.Context, flags: Flags) -> Path:
    from opsconsole.config.files import config_file  # noqa: PLC0415

    return config_file(os.environ, Path.cwd(), invocation_of(ctx, flags).flags.config).path
