"""`opsconsole` itself, and the commands below it, each loaded when it is asked for."""

from __future__ import annotations

from importlib import import_module

import click

import opsconsole as package
from opsconsole.cli.flags import Flags, invocation_of, screen_flags

_COMMANDS = {
    "audit": "opsconsole.cli.audit",
    "check": "opsconsole.cli.check",
    "config": "opsconsole.cli.config",
    "cordon": "opsconsole.cli.operate:cordon",
    "delete": "opsconsole.cli.operate:delete",
    "demo": "opsconsole.cli.demo",
    "drill": "opsconsole.cli.drill",
    "incident": "opsconsole.cli.incident",
    "log-level": "opsconsole.cli.log_level",
    "login": "opsconsole.cli.login",
    "pause": "opsconsole.cli.operate:pause",
    "practice": "opsconsole.cli.practice",
    "restart": "opsconsole.cli.operate:restart",
    "resume": "opsconsole.cli.operate:resume",
    "rollback": "opsconsole.cli.operate:rollback",
    "runbook": "opsconsole.cli.runbook",
    "scale": "opsconsole.cli.operate:scale",
    "snapshot": "opsconsole.cli.snapshot",
    "uncordon": "opsconsole.cli.operate:uncordon",
}
"""Name of a command to the module that holds it as `command`, or as the name after a colon."""

_EXAMPLES = """\b
Examples:
  opsconsole demo                           a practice cluster in trouble, nothing to set up
  opsconsole config init                    write a configuration file to fill in
  opsconsole check --cluster prod           are all sources there?
  opsconsole --cluster prod                 open the console
  opsconsole --cluster prod -n shop -s checkout --since 3h
  opsconsole rollback deployment/checkout -n shop --cluster prod --dry-run

\b
Shell completion (bash; zsh and fish alike):
  eval "$(_OPSCONSOLE_COMPLETE=bash_source opsconsole)"
"""


class CommandGroup(click.Group):
    """A group that imports a command's module only when that command, or the help page, is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  - click's signature
        """Names of all commands, sorted."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command called `cmd_name`, or None."""
        module, _, name = _COMMANDS.get(cmd_name, "").partition(":")
        command = getattr(import_module(module), name or "command") if module else None
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest command named when there is none of that name."""
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            import difflib  # noqa: PLC0415

            near = difflib.get_close_matches(args[0], _COMMANDS, 1, 0.6)
            meant = f', did you mean "{near[0]}"?' if near else ""
            ctx.fail(f"no command {args[0]!r}{meant}")
        return super().resolve_command(ctx, args)


@click.group(cls=CommandGroup, invoke_without_command=True, epilog=_EXAMPLES)
@screen_flags
@click.version_option(package.__version__, prog_name="opsconsole", message="%(prog)s %(version)s")
@click.pass_context
def opsconsole(ctx: click.Context, flags: Flags) -> int:
    """Open the incident console on a cluster: what is wrong, since when, where, and what changed.

    Without --cluster: the file's `default_cluster`, or its only one. Read-only unless --write is given.
    """
    invocation = invocation_of(ctx, flags)
    if ctx.invoked_subcommand is not None:
        return 0
    settings = invocation.configuration().settings()
    invocation.parts.prepare_screen()
    return invocation.parts.open_console(settings)
