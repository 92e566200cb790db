"""What a command's exit code says; `docs/commands.md` has the table."""

from __future__ import annotations

from opsconsole.domain.errors import ErrorKind, SourceError

WELL = 0
"""Well; an operation was applied and its effect was seen."""
NOT_WELL = 1
"""Something is not well; an operation was refused, blocked or declined, and nothing was changed."""
WRONG_USE = 2
"""A flag or the configuration is wrong."""
UNKNOWN_OUTCOME = 3
"""An operation was sent, and nobody can say whether it took effect."""
NOT_VERIFIED = 4
"""An operation was applied, but its effect was not seen."""
NO_ACCESS = 5
"""A right is missing, or there are no valid credentials; nothing was changed."""
INTERRUPTED = 130
"""Ctrl+C."""

_OF_KIND = {
    ErrorKind.FORBIDDEN: NO_ACCESS,
    ErrorKind.UNAUTHORIZED: NO_ACCESS,
    ErrorKind.SIGN_IN: NO_ACCESS,
    ErrorKind.CONFIGURATION: WRONG_USE,
}


def of_source_error(error: SourceError) -> int:
    """The exit code for a backend that did not give what was asked."""
    return _OF_KIND.get(error.kind, NOT_WELL)
