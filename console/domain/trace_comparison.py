"""Two traces side by side. `opsconsole.traces.comparison` puts them there."""

from __future__ import annotations

import msgspec

from opsconsole.domain.trace_shape import SpanNode, TraceShape

GRAIN = 2e-6
"""Seconds by which times may differ without meaning: stores keep microseconds."""


class SpanPair(msgspec.Struct, frozen=True):
    """The same step of two requests, or one that only one of them took. Differences are right less left, in seconds."""

    depth: int
    left: SpanNode | None
    right: SpanNode | None

    @property
    def node(self) -> SpanNode:
        """One of the two, the right one where there are both."""
        node = self.right or self.left
        if node is None:
            raise ValueError("a pair holds at least one span")
        return node

    @property
    def missing(self) -> bool:
        """Whether only the left trace has it."""
        return self.right is None

    @property
    def added(self) -> bool:
        """Whether only the right trace has it."""
        return self.left is None

    @property
    def duration(self) -> float:
        """Of the durations; a span that is not there lasts 0."""
        return (self.right.span.duration if self.right else 0.0) - (self.left.span.duration if self.left else 0.0)

    @property
    def own(self) -> float:
        """Of the self times."""
        return (self.right.own if self.right else 0.0) - (self.left.own if self.left else 0.0)

    @property
    def share(self) -> float:
        """Of the time on the critical path: what this step has to do with the difference of the whole."""
        return (self.right.critical_time if self.right else 0.0) - (self.left.critical_time if self.left else 0.0)

    @property
    def differs(self) -> bool:
        """Whether anything is to be told: only one trace has it, it took another time, or failed in one alone."""
        if self.left is None or self.right is None:
            return True
        times = max(abs(self.duration), abs(self.own), abs(self.share))
        return times > GRAIN or self.left.span.error != self.right.span.error


class TraceComparison(msgspec.Struct, frozen=True):
    """`pairs` are in the order of the tree, each before what is below it; every span of both is in one of them."""

    left: TraceShape
    right: TraceShape
    pairs: tuple[SpanPair, ...]

    @property
    def total(self) -> float:
        """By how many seconds the right request took longer; the shares of the pairs add up to it."""
        return self.right.critical_time - self.left.critical_time

    @property
    def differences(self) -> tuple[SpanPair, ...]:
        """Pairs that differ, those that made the right request slower first."""
        return tuple(sorted((one for one in self.pairs if one.differs), key=lambda one: (-one.share, -one.own)))

    @property
    def missing(self) -> int:
        """Spans that only the left trace has."""
        return sum(one.missing for one in self.pairs)

    @property
    def added(self) -> int:
        """Spans that only the right trace has."""
        return sum(one.added for one in self.pairs)
