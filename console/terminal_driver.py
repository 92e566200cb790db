"""Textual's driver for terminals, on an output that never makes the program wait."""

from __future__ import annotations

from typing import ClassVar

from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

from opsconsole.terminal_output import TerminalOutput

LAST_BYTES = 2.0
"""Seconds that a terminal may take for the bytes that give it back as it was."""


class ConsoleDriver(LinuxDriver):
    """Reads and sets the terminal as Textual does, and writes by `output`."""

    output: ClassVar[TerminalOutput]

    def write(self, data: str) -> None:
        """Have `data` written; returns at once."""
        self.output.write(data)

    def stop_application_mode(self) -> None:
        """Give the terminal back. What it has not taken of the screen by now, it need not show any more."""
        self.output.drop()
        super().stop_application_mode()

    def close(self) -> None:
        """Let the terminal take the last bytes, if it takes any."""
        super().close()
        self.output.settle(LAST_BYTES)


def driver_on(terminal: TerminalOutput) -> type[Driver]:
    """The driver that writes to `terminal`; Textual makes one of it when the screen is opened."""

    class OnTerminal(ConsoleDriver):
        output = terminal

    return OnTerminal
