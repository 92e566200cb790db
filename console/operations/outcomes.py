"""What an answer to a sent operation means: applied, refused, or that nobody knows yet."""

from __future__ import annotations

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.operation import OperationState
from opsconsole.domain.text import SafeText
from opsconsole.operations.control import Executed

Outcome = tuple[OperationState, SafeText]

_REFUSALS = frozenset(
    {
        ErrorKind.REFUSED_WRITE,
        ErrorKind.CONFIGURATION,
        ErrorKind.SIGN_IN,
        ErrorKind.UNAUTHORIZED,
        ErrorKind.FORBIDDEN,
        ErrorKind.NOT_FOUND,
        ErrorKind.CONFLICT,
        ErrorKind.UNPROCESSABLE,
        ErrorKind.THROTTLED,
        ErrorKind.BAD_QUERY,
        ErrorKind.UNSUPPORTED,
    }
)
"""Answers by which a server says that it did nothing. A 5xx is none: the API server gives 500 and 504 for
changes that its store may yet have taken."""

_LAST_EXIT_CODE = 127
"""Above it a shell reports a signal (128 + its number), which is how a command ends that killed its own container."""


def of_error(error: SourceError) -> Outcome:
    """REFUSED when it is certain that nothing was changed, else UNKNOWN."""
    if error.kind is ErrorKind.CONFLICT:
        words = SafeText("refused: it was changed in between, by someone else or by a controller; look again")
        return OperationState.REFUSED, words
    if error.kind in _REFUSALS:
        return OperationState.REFUSED, SafeText(f"refused, nothing was changed: {error.sentence}")
    if not error.sent:
        return OperationState.REFUSED, SafeText(f"not sent, nothing was changed: {error.sentence}")
    return OperationState.UNKNOWN, SafeText(f"sent, and nobody knows yet whether it took effect: {error.sentence}")


def of_execution(executed: Executed) -> Outcome:
    """As `Command` says: 0 applied, 1 to 127 refused, anything else unknown."""
    said = executed.message or executed.output
    said = SafeText(f": {said}") if said else SafeText("")
    if not executed.ran:
        return OperationState.REFUSED, SafeText(f"it could not be run in the container{said}")
    code = executed.exit_code
    if code is None or code > _LAST_EXIT_CODE:
        return OperationState.UNKNOWN, SafeText(f"the connection ended before the container said how it went{said}")
    if code == 0:
        return OperationState.APPLIED, SafeText("the command was run")
    return OperationState.REFUSED, SafeText(f"the command failed with exit code {code}{said}")
