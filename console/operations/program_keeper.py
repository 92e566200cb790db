"""Starts a program in a session of its own and stays until it has ended, or until whoever ordered it is gone.

Run by its path, with nothing but the standard library: `program_keeper.py OUTPUT FILE ARGV…`. OUTPUT is the number of
the descriptor that the program writes to. Stdin is a pipe that only the console holds: however the console ends, the
pipe closes, and the program is ended with all that it left in its session. So nothing that a runbook began goes on
without anybody who would see how it ends.

Says on stdout how it went, in one line: `exit CODE`, `signal NUMBER`, or `never WHY` where it could not be started.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys

_ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)


def keep(output: int, file: str, argv: list[str]) -> str:
    """Run `file` with `argv` (its own name first) to its end; how it went."""
    awake = _wakes()
    if select.select([0], [], [], 0)[0]:
        return "never the console ended before"
    try:
        program = os.posix_spawn(
            file,
            argv,
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_DUP2, output, 2),
                (os.POSIX_SPAWN_CLOSE, output),
            ],
            setsid=True,
            setsigdef=_IGNORED_BY_PYTHON,
        )
    except OSError as error:
        return f"never {error.strerror}"
    os.close(output)
    _wait(program, awake)
    # Before its remains are taken away: until then nobody else can have its number.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(program, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
    return f"exit {code}" if code >= 0 else f"signal {-code}"


def _wakes() -> int:
    """What becomes readable when a child ends, or when this process is told to."""
    here, there = os.pipe()
    os.set_blocking(there, False)
    signal.set_wakeup_fd(there)
    for number in (*_ENDING, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    return here


def _wait(program: int, awake: int) -> None:
    """Returns once `program` has ended, or has to."""
    while True:
        ready, _, _ = select.select([0, awake], [], [])
        if 0 in ready or any(number in _ENDING for number in os.read(awake, 64)):
            return
        if os.waitid(os.P_PID, program, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return


if __name__ == "__main__":
    went = keep(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
    with contextlib.suppress(BrokenPipeError):
        os.write(1, went.encode())
