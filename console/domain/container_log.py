"""Lines of a container as the kubelet keeps them."""

from __future__ import annotations

import enum

import msgspec

from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.text import SafeText

_LINE_BYTES = 250
"""What a line takes beside its characters."""


class LogRequest(msgspec.Struct, frozen=True):
    """Whose lines, and how far back.

    At most one of `tail` (lines from the end), `since` (seconds back from now) and `head` (lines from the
    beginning) bounds them; with none of them all lines are asked for. `follow` goes on with new ones.
    """

    namespace: SafeText
    pod: SafeText
    container: SafeText
    previous: bool = False
    """The container before the last restart."""
    follow: bool = True
    tail: int | None = None
    since: int | None = None
    head: int | None = None


class ContainerLine(msgspec.Struct, frozen=True, gc=False):
    """One line. `time` is when the runtime read it, unix seconds; None when it did not say.

    `level`, `message` and `rest` (the other fields as `key=value`) are read out of a line of JSON; of any
    other line `message` is the line itself.
    """

    time: float | None
    container: SafeText
    level: LogLevel
    message: SafeText
    rest: SafeText = SafeText("")
    raw: SafeText = SafeText("")
    """The line as it was written, where it was JSON; else empty."""

    @property
    def whole(self) -> SafeText:
        """The line as it was written."""
        return self.raw or self.message

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return _LINE_BYTES + len(self.message) + len(self.rest) + len(self.raw)


class LogState(enum.Enum):
    """How the reading of one container stands."""

    OPENING = "opening"
    FOLLOWING = "following"
    WAITING = "waiting"
    """No stream now, but it will be tried again: the container waits to start, or the connection broke."""
    ENDED = "ended"


class LogBatch(msgspec.Struct, frozen=True):
    """What came at once: `lines` oldest first, and how the reading stands, in `words` where that needs any."""

    container: SafeText
    state: LogState
    lines: tuple[ContainerLine, ...] = ()
    words: SafeText = SafeText("")
