"""`opsconsole check`: is every source there, and is it what it should be?"""

from __future__ import annotations

import asyncio

import click

from opsconsole.cli.flags import Flags, cluster_flags, invocation_of

_EXAMPLES = """\b
Examples:
  opsconsole check --cluster prod
  opsconsole check --cluster prod --json | jq '.sources[] | select(.state != "ok")'

Exit code: 0 all well, 1 something is not well, 2 the configuration is wrong.
"""


@click.command(epilog=_EXAMPLES)
@cluster_flags
@click.option("--json", "as_json", is_flag=True, help="Print JSON with a schema version.")
@click.pass_context
def command(ctx: click.Context, flags: Flags, *, as_json: bool) -> int:
    """Ask every source of a cluster who it is.

    Says for each whether it answers, its version, who it takes us for, how long it took, how far its
    clock is off, and what is missing.
    """
    from opsconsole.cli import health  # noqa: PLC0415  - brings asyncio's and the sources' modules
    from opsconsole.config.secrets_in_use import files_of_others_eyes  # noqa: PLC0415
    from opsconsole.safe_text import safe_text  # noqa: PLC0415

    invocation = invocation_of(ctx, flags)
    cluster = invocation.configuration().chosen()
    verdict = asyncio.run(health.ask(cluster, invocation.parts.connect))
    click.echo(verdict.json() if as_json else verdict.table())
    for path in files_of_others_eyes(cluster):
        click.echo(f"opsconsole: others can read {safe_text(path, 300)}, which may hold secrets; run chmod 600 on it",
                   err=True)  # fmt: skip
    return verdict.exit_code
