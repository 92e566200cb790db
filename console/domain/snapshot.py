"""What a feed knows at one moment, and how far that may be trusted."""

from __future__ import annotations

import enum
from typing import Generic, TypeVar

import msgspec

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.text import SafeText

T = TypeVar("T")


class SourceName(enum.Enum):
    """The backends, in the order the freshness line shows them."""

    KUBERNETES = "kubernetes"
    PROMETHEUS = "prometheus"
    ALERTMANAGER = "alertmanager"
    ELASTICSEARCH = "elasticsearch"
    JAEGER = "jaeger"

    @property
    def short(self) -> SafeText:
        """The name on the freshness line."""
        return SafeText(
            {"kubernetes": "k8s", "prometheus": "prom", "alertmanager": "am", "elasticsearch": "es"}.get(
                self.value, self.value
            )
        )


class Completeness(msgspec.Struct, frozen=True):
    """Whether an answer is whole. `got` of `wanted` parts arrived; `notes` are the backend's words.

    Parts are shards, stores or namespaces, whatever the backend splits its answer into.
    """

    got: int = 1
    wanted: int = 1
    notes: tuple[SafeText, ...] = ()
    arriving: bool = False
    """The rest is on its way: the first pages of a long list."""

    @property
    def whole(self) -> bool:
        """Whether nothing is missing and nothing was warned of."""
        return self.got >= self.wanted and not self.notes and not self.arriving


WHOLE = Completeness()


class Problem(msgspec.Struct, frozen=True):
    """A `SourceError` as a value."""

    kind: ErrorKind
    sentence: SafeText

    @classmethod
    def of(cls, error: SourceError) -> Problem:
        """The problem that `error` describes."""
        return cls(error.kind, error.sentence)


class Reading(msgspec.Struct, Generic[T], frozen=True):
    """A source's answer: the value and whether it is whole.

    A source that keeps its answer by watching says how far it can be trusted: `as_of` is when the backend was
    last heard (unix seconds; None: just now), `problem` why it no longer is, `next_try` when it is tried again.
    """

    value: T
    completeness: Completeness = WHOLE
    as_of: float | None = None
    problem: Problem | None = None
    next_try: float | None = None


class FeedState(enum.Enum):
    """How a feed stands with its backend. DOWN has never had, or keeps, old data dimmed."""

    CONNECTING = "connecting"
    LIVE = "live"
    PARTIAL = "partial"
    STALE = "stale"
    DOWN = "down"
    NO_ACCESS = "no_access"
    THROTTLED = "throttled"
    PAUSED = "paused"
    NOT_CONFIGURED = "not_configured"


class Snapshot(msgspec.Struct, Generic[T], frozen=True):
    """The last good value of a feed and its truth.

    `as_of` is when the value was complete (unix seconds), None when there never was one;
    `next_try` when the feed asks again; `asked` how many requests went to the source in the minute before it failed.
    """

    state: FeedState
    value: T | None = None
    as_of: float | None = None
    completeness: Completeness = WHOLE
    problem: Problem | None = None
    next_try: float | None = None
    asked: int = 0

    def age(self, now: float) -> float | None:
        """Seconds since `as_of`, or None without a value."""
        return None if self.as_of is None else max(0.0, now - self.as_of)


class SourceFreshness(msgspec.Struct, frozen=True):
    """One source on the freshness line: the worst of its feeds. `asked` are the requests to it in the last minute."""

    source: SourceName
    state: FeedState
    as_of: float | None = None
    completeness: Completeness = WHOLE
    problem: Problem | None = None
    asked: int = 0
