"""`opsconsole runbook`: which there are, whether one can be walked, and a walk in a plain terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from opsconsole.cli.columns import in_columns
from opsconsole.cli.flags import Flags, cluster_flags, file_flags, invocation_of, walk_flags
from opsconsole.domain.errors import ConfigError

if TYPE_CHECKING:
    from opsconsole.domain.alert import Alert
    from opsconsole.runbooks.shelf import Shelf


@click.group()
def command() -> None:
    """List runbooks, check them, or walk one.

    docs/runbooks.md says how to write one.
    """


@command.command(
    "list",
    epilog="""\b
Examples:
  opsconsole runbook list
  opsconsole runbook list --alert ErrorRateHigh --service checkout
""",
)
@file_flags
@click.option("--alert", metavar="NAME", help="Those for this alert, best first.")
@click.option("--service", metavar="S", help="The service that suffers.")
@click.pass_context
def list_(ctx: click.Context, flags: Flags, alert: str | None) -> int:
    """Print the runbooks there are, the team's and those that come with the console.

    Files that can't be walked are named on stderr.
    """
    from opsconsole.domain.selection import Selection  # noqa: PLC0415
    from opsconsole.runbooks.faults import in_words  # noqa: PLC0415
    from opsconsole.runbooks.matching import offers  # noqa: PLC0415
    from opsconsole.safe_text import safe_text  # noqa: PLC0415

    shelf, service = _shelf(ctx, flags), flags.service
    selection = Selection(safe_text(""), service=safe_text(service) if service else None)
    found = offers(shelf.runbooks, _alert(alert) if alert else None, selection)
    fitting = [one for one in found if one.score] if alert or service else list(found)
    head = ("name", "title", "why" if alert or service else "for alerts")
    rows = [
        (one.runbook.name, one.runbook.title, one.reason if alert or service else ", ".join(one.runbook.matches.alerts))
        for one in fitting
    ]
    click.echo(in_columns([head, *rows]) if rows else "no runbook fits")
    for fault in shelf.faults:
        click.echo(f"opsconsole: {in_words(fault)}", err=True)
    return 0


@command.command(
    epilog="""\b
Examples:
  opsconsole runbook check runbooks/*.md

\b
Exit code: 0 nothing is wrong, 1 a file can't be walked.
"""
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
def check(files: tuple[Path, ...]) -> int:
    """Say what is wrong with runbooks, as PATH:LINE: what, and what to write instead."""
    from opsconsole.runbooks.faults import in_words  # noqa: PLC0415
    from opsconsole.runbooks.parsing import examine  # noqa: PLC0415
    from opsconsole.safe_text import safe_text  # noqa: PLC0415

    code = 0
    for file in files:
        parsed = examine(file)
        for fault in parsed.faults:
            click.echo(in_words(fault))
        if parsed.runbook is None:
            code = 1
        elif not parsed.faults:
            click.echo(f"{safe_text(file, 1000)}: fine, {len(parsed.runbook.steps)} steps")
    return code


@command.command(
    epilog="""\b
Examples:
  opsconsole runbook walk bad-release --cluster prod --input service=checkout
  opsconsole runbook walk my-runbook.md --cluster prod --incident INC-7kq4 --write

\b
Exit code: 0 walked to its end, 1 left before, or the file was changed, 2 wrong use, 130 Ctrl+C.
"""
)
@walk_flags
@click.argument("runbook", metavar="FILE|NAME")
@click.option("--incident", metavar="ID", help="Record it in this incident.  [default: the one that is worked on]")
@click.option("--input", "inputs", multiple=True, metavar="NAME=VALUE", help="Answer an input; the others are asked.")
@click.pass_context
def walk(ctx: click.Context, flags: Flags, runbook: str, incident: str | None, inputs: tuple[str, ...]) -> int:
    """Walk a runbook, step by step, in a plain terminal.

    Checks run by themselves and change nothing. Without --write acts are shown and not done. What was done, and how it
    came out, goes to the open incident; a walk that was left is taken up where it was.
    """
    from opsconsole.cli.runbook_walk import walk_through  # noqa: PLC0415 - brings asyncio and the sources
    from opsconsole.runbooks.parsing import load  # noqa: PLC0415

    invocation = invocation_of(ctx, flags)
    if not invocation.parts.attended():
        raise ConfigError(
            "stdin is no terminal: a runbook is walked by a person; `opsconsole runbook check` is for programs"
        )
    answers = dict(_answer(one) for one in inputs)
    settings = invocation.configuration().settings()
    path = Path(runbook)
    named = "/" in runbook or path.suffix == ".md"
    chosen = load(path.absolute()) if named else _shelf(ctx, flags).named(runbook)
    return walk_through(invocation.parts, settings, chosen, answers, incident)


@command.command(
    "give-up",
    epilog="""\b
Examples:
  opsconsole runbook give-up --cluster prod --reason "it was the network"
  opsconsole runbook give-up bad-release --incident INC-7kq4 --reason "begun on the wrong service"
""",
)
@cluster_flags
@click.argument("runbook", metavar="[NAME]", required=False)
@click.option("--incident", metavar="ID", help="Of this incident.  [default: the one that is worked on]")
@click.option("--reason", required=True, metavar="WHY", help="Goes to the record.")
@click.pass_context
def give_up(ctx: click.Context, flags: Flags, runbook: str | None, incident: str | None, reason: str) -> int:
    """Say that nobody goes on with a walk that was left.

    It is written into its incident, and not offered again. NAME is its runbook, where several were left.
    """
    from opsconsole.cli.runbook_giving_up import give_up as written  # noqa: PLC0415 - brings asyncio

    walk = written(invocation_of(ctx, flags).configuration().settings(), runbook, incident, reason)
    click.echo(f"{walk.title} at step {walk.position} is given up, in {walk.incident}")
    return 0


def _answer(written: str) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not equals:
        raise ConfigError(f"--input: write NAME=VALUE, not {written!r}")
    return name, value


def _shelf(ctx: click.Context, flags: Flags) -> Shelf:
    from opsconsole.runbooks.shelf import read_shelf  # noqa: PLC0415

    folders = invocation_of(ctx, flags).configuration().value("runbooks")
    return read_shelf([Path(str(one)) for one in folders] if isinstance(folders, (list, tuple)) else [])


def _alert(name: str) -> Alert:
    """An alert of that name, of which nothing else is known."""
    from opsconsole.domain.alert import Alert, AlertState  # noqa: PLC0415
    from opsconsole.domain.series import Severity  # noqa: PLC0415
    from opsconsole.safe_text import safe_text  # noqa: PLC0415

    return Alert(safe_text(""), safe_text(name, 200), AlertState.FIRING, Severity.UNKNOWN, 0.0, {}, {})
