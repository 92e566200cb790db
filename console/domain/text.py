"""The type of text that may be shown."""

from typing import NewType

SafeText = NewType("SafeText", str)
"""Text that passed `opsconsole.safe_text.safe_text`, or a literal of our own.

Widgets accept no other kind of string, so a byte from a cluster cannot reach the terminal
as a command without a type error on the way.
"""
