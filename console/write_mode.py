"""Write mode: whether this console may change its cluster, and until when.

The wire asks it for every request that could change something. A request needs a `Permit`, which only
write mode hands out, for one method and one path, once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from opsconsole.clock import Clock

WRITE_MODE_SECONDS = 900.0
"""How long write mode lasts once it is opened: an engineer who walks away leaves a read-only console."""


class ReadOnlyError(Exception):
    """A permit was asked for while the console is read-only."""


@dataclass
class Permit:
    """Leave to send one request: `method` and `path` (below the base path, percent-encoded), once.

    `operation` is the id under which the intent was recorded before. `body`, where it is not None, is the one JSON
    value that may be sent. `putting_back`: what an earlier operation set for a while is set back to what was there.
    """

    method: str
    path: str
    operation: str
    body: object = None
    putting_back: bool = False
    spent: bool = field(default=False, init=False)


class WriteMode:
    """Closed at first. `until` is monotonic seconds at which it closes by itself, None while closed."""

    def __init__(self, clock: Clock) -> None:
        """Read-only."""
        self._clock = clock
        self._until: float | None = None
        self._permits: list[Permit] = []
        self._put_back: list[Permit] = []

    def open(self, seconds: float = WRITE_MODE_SECONDS) -> None:
        """Allow changes for `seconds` from now; again lengthens it."""
        self._until = self._clock.monotonic() + seconds

    def close(self) -> None:
        """Read-only at once; permits not yet used are void."""
        self._until = None
        self._permits.clear()

    @property
    def remaining(self) -> float:
        """Seconds of write mode left, 0 when the console is read-only."""
        if self._until is None:
            return 0.0
        return max(0.0, self._until - self._clock.monotonic())

    @property
    def is_open(self) -> bool:
        """Whether a change may be sent now."""
        return self.remaining > 0

    def permit(self, method: str, path: str, operation: str, body: object = None) -> Permit:
        """Leave for one request. Raises `ReadOnlyError` while closed."""
        if not self.is_open:
            raise ReadOnlyError
        permit = Permit(method.upper(), path, operation, body)
        self._permits.append(permit)
        return permit

    def permit_putting_back(self, method: str, path: str, operation: str, body: object) -> Permit:
        """Leave to set one thing back to `body`, whether write mode is open or not.

        Putting back is part of the operation that was confirmed. The wire lets nothing but a log level pass by it.
        """
        permit = Permit(method.upper(), path, operation, body, putting_back=True)
        self._put_back.append(permit)
        return permit

    def spend(self, permit: Permit | None, method: str, path: str, body: object = None) -> bool:
        """Whether `permit` covers this request now; it covers none after that."""
        if permit is None or permit.spent or not (self.is_open or permit.putting_back):
            return False
        if not any(known is permit for known in (*self._permits, *self._put_back)):
            return False
        if (permit.method, permit.path) != (method.upper(), path):
            return False
        if permit.body is not None and permit.body != body:
            return False
        permit.spent = True
        self._permits = [known for known in self._permits if known is not permit]
        self._put_back = [known for known in self._put_back if known is not permit]
        return True
