"""How far a machine's incidents are shared with the team."""

from __future__ import annotations

import msgspec

from opsconsole.domain.text import SafeText


class SharingState(msgspec.Struct, frozen=True):
    """How sharing stands. Times in unix seconds.

    `waiting` events are on this machine alone as yet; `waiting_exactly` False: at least so many. `as_of` is when the
    team's store last answered; `down_since` None while it does. `problem` says what is wrong, if anything.
    """

    waiting: int = 0
    waiting_exactly: bool = True
    as_of: float | None = None
    down_since: float | None = None
    problem: SafeText = SafeText("")

    @property
    def live(self) -> bool:
        """Whether the team's store answered, and nothing has gone wrong since."""
        return self.as_of is not None and self.down_since is None

    @property
    def words(self) -> SafeText:
        """In a few words, without times: `live`, `live, 3 events wait`, `down, 1 event waits`, `connecting`."""
        standing = "live" if self.live else "connecting" if self.down_since is None else "down"
        if not self.waiting:
            return SafeText(standing)
        count = f"{self.waiting}" if self.waiting_exactly else f"{self.waiting} or more"
        waits = "1 event waits" if count == "1" else f"{count} events wait"
        return SafeText(f"{standing}, {waits}")
