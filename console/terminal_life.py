"""The console's terminal from its first byte to its last: slow, stopped, taken again, gone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from textual.app import App

from opsconsole.hang_up import leave_on_hang_up
from opsconsole.terminal_output import TerminalOutput

SLOW = 0.1
"""Seconds after which a terminal that has not taken what was painted is painted no further until it has."""

_Handler = Callable[[int, FrameType | None], Any] | int | None


class TerminalLife:
    """What becomes of `app` by what becomes of its terminal.

    *Slow*: nothing is painted while the terminal still takes the last picture; then the newest one is. So what it is
    behind by is one picture, whatever happens meanwhile, and keys, signals and answers are handled all along.
    *Stopped*: Textual gives the terminal back on SIGTSTP and takes it again on SIGCONT. Where a SIGCONT comes without
    (SIGSTOP, a debugger, a hang-up) it takes the terminal a second time, and would leave it so; here it is given back
    first.
    *Gone*: the console is left in order, also where nobody sends a SIGHUP.
    """

    def __init__(self, app: App[int], output: TerminalOutput) -> None:
        """Nothing is watched before `begin`."""
        self._app = app
        self._output = output
        self._held: contextlib.ExitStack | None = None
        self._missed = False
        self._looking = False
        self._given_back = False
        self._leaving = False
        self._begun = False

    @property
    def draws_lines(self) -> bool:
        """Whether the terminal's encoding has more than letters."""
        return self._output.draws_lines

    def begin(self, patience: Callable[[], float]) -> None:
        """From now on; the event loop runs and the terminal is taken. `patience`: seconds that leaving may take."""
        self._begun = True
        loop = asyncio.get_running_loop()

        def in_loop(what: Callable[[], object]) -> Callable[[], None]:
            def hand_over() -> None:
                with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                    loop.call_soon_threadsafe(what)

            return hand_over

        self._output.on_level = in_loop(self._level)
        self._output.on_gone = in_loop(self._leave)
        leave_on_hang_up(self._leave, patience)
        stop, go_on = signal.getsignal(signal.SIGTSTP), signal.getsignal(signal.SIGCONT)
        loop.add_signal_handler(signal.SIGTSTP, self._stopped, stop)
        loop.add_signal_handler(signal.SIGCONT, self._continued, go_on)

    def say(self, words: str) -> None:
        """Write a line on the terminal that was given back; nothing where there is none."""
        if self._begun:
            self._output.write(f"opsconsole: {words}\n")

    # -- leaving ---------------------------------------------------------------------------------

    def _leave(self) -> None:
        if not self._leaving:
            self._leaving = True
            self._app.exit(0)

    # -- slow ------------------------------------------------------------------------------------

    def painted(self) -> None:
        """Textual has painted something, or would have."""
        if self._held is not None:
            self._missed = True
        elif self._begun and not self._looking and self._output.pending:
            self._looking = True
            asyncio.get_running_loop().call_later(SLOW, self._look)

    def _look(self) -> None:
        self._looking = False
        if self._held is None and self._output.pending:
            self._held = contextlib.ExitStack()
            self._held.enter_context(self._app.batch_update())
            if not self._output.pending:  # taken in between, and told already
                self._level()

    def _level(self) -> None:
        if self._held is None:
            return
        self._held.close()
        self._held = None
        missed, self._missed = self._missed, False
        if missed:
            self._repaint()
        elif self._app.is_running and self._app.screen_stack:
            # It has been idle meanwhile, and would look for what to paint only after its next message.
            self._app.screen.check_idle()

    def _repaint(self) -> None:
        if self._app.is_running and self._app.screen_stack:
            self._app.screen.refresh()

    # -- stopped ---------------------------------------------------------------------------------

    def stop(self) -> str:
        """Give the terminal back to the shell that started the console, until that lets it go on.

        Returns why not where no shell would: nothing could bring such a console back. All of its process group is
        stopped, as by a shell's own Ctrl+Z, so a console without a terminal must not: that would be its caller.
        """
        if not self._begun or not _has_shell():
            return "no shell has started this console that would bring it back; q leaves it"
        os.killpg(os.getpgrp(), signal.SIGTSTP)
        return ""

    def _stopped(self, give_back: _Handler) -> None:
        if self._leaving or not callable(give_back):
            return
        self._given_back = True
        give_back(signal.SIGTSTP, None)

    def _continued(self, take: _Handler) -> None:
        if self._leaving or not callable(take):
            return
        if self._given_back:
            take(signal.SIGCONT, None)
            # Continued in the background, Textual stops again at once.
            self._given_back = not _in_foreground()
        else:
            with self._app.suspend():
                pass
        self._repaint()


def output_of_this_process() -> TerminalOutput:
    """The terminal that stderr is, as with Textual's own driver, or else stdout."""
    stream = sys.__stderr__ if sys.__stderr__ is not None and sys.__stderr__.isatty() else sys.__stdout__
    if stream is None:
        return TerminalOutput(1)
    return TerminalOutput(stream.fileno(), stream.encoding)


def _in_foreground() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def _has_shell() -> bool:
    """Whether the parent of this process group is in its session: "orphaned" groups of POSIX have none."""
    process = os.getpid()
    try:
        while os.getpgid(process) == os.getpgrp():
            process = _parent(process)
        return process > 0 and os.getsid(process) == os.getsid(0)
    except (OSError, ValueError):
        return False


def _parent(process: int) -> int:
    if process == os.getpid():
        return os.getppid()
    with open(f"/proc/{process}/stat", encoding="ascii", errors="replace") as file:  # noqa: PTH123 - no path, a question
        return int(file.read().rpartition(")")[2].split()[1])
