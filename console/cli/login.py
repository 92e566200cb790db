"""`opsconsole login`: the credential program of a cluster's context, with the terminal handed to it."""

from __future__ import annotations

import click

from opsconsole.cli.flags import Flags, cluster_flags, invocation_of

_EXAMPLES = """\b
Examples:
  opsconsole login --cluster prod
  opsconsole login --cluster prod && opsconsole --cluster prod

Exit code: 0 signed in, 2 the configuration is wrong or there is no program to sign in with, 5 it failed.
"""


@click.command(epilog=_EXAMPLES)
@cluster_flags
@click.pass_context
def command(ctx: click.Context, flags: Flags) -> int:
    """Sign in to the Kubernetes of a cluster.

    Runs the credential program of the kubeconfig's context with this terminal, so that it can ask you. The
    command keeps nothing itself: most programs keep a session of their own, which the console then uses.
    """
    invocation = invocation_of(ctx, flags)
    cluster = invocation.configuration().chosen()
    done = invocation.parts.log_in(cluster)
    from opsconsole.cli.operation_report import moment  # noqa: PLC0415

    until = "" if done.expires_at is None else f"; it is good until {moment(done.expires_at, date=True)}"
    click.echo(f"{done.program} gave a credential for {cluster.name}{until}")
    click.echo("opsconsole: nothing of it is kept here; the console asks the same program when it needs it", err=True)
    return 0
