"""The outermost frame: runs a command, and puts every failure into words and an exit code.

The codes stand in `exit_codes.py`.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from opsconsole.cli.exit_codes import INTERRUPTED, NOT_WELL, WRONG_USE, of_source_error
from opsconsole.domain.errors import ConfigError, OpsConsoleError, SourceError

if TYPE_CHECKING:
    from opsconsole.cli.flags import Invocation
    from opsconsole.cli.parts import Parts


def main(arguments: Sequence[str] | None = None, parts: Parts | None = None) -> int:
    """Run the command in `arguments` (those of the process when None) and return its exit code.

    `parts` replaces what the commands start: the screen, the sources, the practice cluster.
    """
    # A number that no one has, as containers run under, and no HOME.
    if not os.path.isabs(os.path.expanduser("~")):  # noqa: PTH111, PTH117 - pathlib raises where there is none
        return _told("this user has no home folder; set HOME to one, where settings and records are kept", WRONG_USE)
    from opsconsole.cli.commands import opsconsole  # noqa: PLC0415  - its failure is put into words here too
    from opsconsole.cli.flags import Flags, Invocation  # noqa: PLC0415
    from opsconsole.cli.parts import Parts  # noqa: PLC0415

    _leave_no_core()
    invocation = Invocation(parts or Parts(), Flags())
    try:
        result = opsconsole.main(
            None if arguments is None else list(arguments), "opsconsole", standalone_mode=False, obj=invocation
        )
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  - nothing above this frame could report it without a traceback
        return _told(*_failure(error, invocation))
    return result if isinstance(result, int) else 0


def _leave_no_core() -> None:
    """Let the system write no image of this process' memory, nor of its children's: every secret is in it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _failure(error: Exception, invocation: Invocation) -> tuple[str, int]:
    """What to say of `error`, and the exit code."""
    match error:
        case click.UsageError():
            return _usage(error), WRONG_USE
        case click.ClickException():
            return error.format_message(), WRONG_USE
        case ConfigError():
            return str(error), WRONG_USE
        case SourceError():
            return error.sentence, of_source_error(error)
        case OpsConsoleError():
            return str(error), NOT_WELL
    from opsconsole.cli.crash import report  # noqa: PLC0415

    return report(error, configured=invocation.loaded), NOT_WELL


def _usage(error: click.UsageError) -> str:
    command = error.ctx.command_path if error.ctx is not None else "opsconsole"
    return f"{error.format_message().rstrip('.')}; see `{command} --help`"


def _told(sentence: str, code: int) -> int:
    from opsconsole.safe_text import safe_text  # noqa: PLC0415

    sys.stdout.flush()
    click.echo(f"opsconsole: {safe_text(sentence, 2000)}", err=True)
    return code
