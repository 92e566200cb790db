"""Silences: kept, changed and expired the way Alertmanager does (silence/silence.go)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from opsconsole.practice.alertmanager.matching import all_match
from opsconsole.practice.promql.store import LabelMatcher


class SilenceError(Exception):
    """A silence that can't be made or changed; `str()` is Alertmanager's sentence, `status` the HTTP status."""

    def __init__(self, message: str, status: int = 400) -> None:
        """Hold both."""
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Silence:
    """One silence; moments are unix seconds."""

    id: str
    matchers: tuple[LabelMatcher, ...]
    starts_at: float
    ends_at: float
    created_by: str
    comment: str
    updated_at: float = 0.0

    def state(self, now: float) -> str:
        """`pending`, `active` or `expired`."""
        if now >= self.ends_at:
            return "expired"
        return "pending" if now < self.starts_at else "active"


def random_id() -> str:
    """A fresh id."""
    return str(uuid.uuid4())


class Silences:
    """All silences by id."""

    def __init__(self, seeded: tuple[Silence, ...] = (), new_id: Callable[[], str] = random_id) -> None:
        """Begin with `seeded`."""
        self._by_id = {silence.id: silence for silence in seeded}
        self._new_id = new_id

    def listed(self, now: float) -> list[Silence]:
        """Active ones by their end, then pending by their start, then expired, newest first."""
        ranks = {"active": 0, "pending": 1, "expired": 2}

        def order(silence: Silence) -> tuple[int, float]:
            state = silence.state(now)
            times = {"active": silence.ends_at, "pending": silence.starts_at, "expired": -silence.ends_at}
            return ranks[state], times[state]

        return sorted(self._by_id.values(), key=order)

    def get(self, silence_id: str) -> Silence | None:
        """The one with this id."""
        return self._by_id.get(silence_id)

    def matching(self, labels: Mapping[str, str], now: float) -> list[str]:
        """Ids of the active ones that `labels` fulfil, sorted."""
        return sorted(
            silence.id
            for silence in self._by_id.values()
            if silence.state(now) == "active" and all_match(silence.matchers, labels)
        )

    def put(self, silence: Silence, now: float) -> str:
        """Make `silence`, or change the one with its id; returns the id, a new one if it had to be replaced.

        Raises SilenceError.
        """
        if not any(not one.matches({}) for one in silence.matchers):
            raise SilenceError("silence invalid: at least one matcher must not match the empty string")
        if not silence.id:
            return self._store(replace(silence, id=self._new_id(), starts_at=max(now, silence.starts_at)), now)
        before = self._by_id.get(silence.id)
        if before is None:
            raise SilenceError("silence not found", 404)
        if _changeable(before, silence, now):
            return self._store(silence, now)
        if before.state(now) != "expired":
            self.expire(before.id, now)
        return self._store(replace(silence, id=self._new_id(), starts_at=max(now, silence.starts_at)), now)

    def expire(self, silence_id: str, now: float) -> None:
        """End it now; an expired one stays as it is. Raises SilenceError."""
        silence = self._by_id.get(silence_id)
        if silence is None:
            raise SilenceError("silence not found", 500)
        if silence.state(now) != "expired":
            starts_at = min(silence.starts_at, now)
            self._by_id[silence_id] = replace(silence, starts_at=starts_at, ends_at=now, updated_at=now)

    def _store(self, silence: Silence, now: float) -> str:
        self._by_id[silence.id] = replace(silence, updated_at=now)
        return silence.id


def _changeable(before: Silence, after: Silence, now: float) -> bool:
    """Whether the change may be made in place."""
    if before.matchers != after.matchers:
        return False
    state = before.state(now)
    if state == "active":
        return before.starts_at == after.starts_at and after.ends_at >= now
    return state == "pending" and after.starts_at >= now
