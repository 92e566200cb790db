"""A process that has imported the console once and forks one for each order, since importing costs a second each.

`python nursery_process.py` reads an order in JSON on each line of stdin and answers each with a line: `start` with the
id of a console that it forked into a terminal of its own, `ended` with null while that one runs, else with its exit
code (negative: the signal that killed it) and the processor seconds it and its children used.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from links.own_disk import become_nobody, mount_disk
from opsconsole.cli.entry import main
from opsconsole.cli.parts import Parts
from opsconsole.config.settings import Settings
from opsconsole.sources.protocols import Sources

IMPORTED_ONCE = ("opsconsole.app", "opsconsole.incidents.store.sqlite_incidents", "opsconsole.sources.connect")


def broken(settings: Settings) -> int:
    """A console that fails once its screen is open, with a secret of its environment in a local variable."""
    from opsconsole.app import OpsConsole  # noqa: PLC0415 - has to wait for the size of the terminal

    def connect() -> Sources:
        secret = os.environ["CANARY_TOKEN"]
        raise RuntimeError(f"it broke with {secret}", len(secret))

    app = OpsConsole(settings, connect)
    app.run()
    app.raise_fault()
    return 0


PARTS = {"usual": None, "broken": Parts(open_console=broken)}


def take_terminal(order: dict[str, Any]) -> None:
    """Have the terminal of `order` as stdin, stdout and stderr; unless it is borrowed, be hung up with it."""
    if not order["borrowed"]:
        os.setsid()
    terminal = os.open(order["terminal"], os.O_RDWR | (os.O_NOCTTY if order["borrowed"] else 0))
    for descriptor in (0, 1, 2):
        os.dup2(terminal, descriptor)
    os.close(terminal)


def live(order: dict[str, Any]) -> int:
    """What the console makes of its arguments."""
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    if order["nameless"]:
        become_nobody()
    if order["disk"] is not None:
        mount_disk(Path(order["disk"]["place"]), order["disk"]["room"], writable=order["disk"]["writable"])
    if order["file_bytes"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["file_bytes"],) * 2)
    code = main(order["arguments"], PARTS[order["part"]])
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def live_in_a_shell(order: dict[str, Any]) -> int:
    """A shell with job control and one job, the console. A line that is typed while it is stopped brings it back."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os._exit(live(order))
    while True:
        _, status = os.waitpid(job, os.WUNTRACED)
        os.tcsetpgrp(0, os.getpgrp())
        if not os.WIFSTOPPED(status):
            return os.waitstatus_to_exitcode(status)
        os.write(1, b"the shell is back\r\n")
        os.read(0, 100)
        os.tcsetpgrp(0, job)
        os.killpg(job, signal.SIGCONT)


def answer(order: dict[str, Any]) -> object:
    """Carry out `order`."""
    if order["do"] == "start":
        child = os.fork()
        if child == 0:
            take_terminal(order)
            os._exit(live_in_a_shell(order) if order["shell"] else live(order))
        return child
    child, status, used = os.wait4(order["process"], os.WNOHANG)
    if child == 0:
        return None
    return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime


if __name__ == "__main__":
    for module in IMPORTED_ONCE:
        import_module(module)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()
