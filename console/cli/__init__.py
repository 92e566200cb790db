"""Commands and flags; importing this package imports nothing slow."""

from opsconsole.cli.entry import main

__all__ = ["main"]
