"""A trace as a tree, with what its times say. `opsconsole.traces` works it out."""

from __future__ import annotations

import msgspec

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Span, Trace

Section = tuple[float, float]
"""From when to when, unix seconds."""


class SpanNode(msgspec.Struct, frozen=True):
    """A span at its place in the tree. Indices are places in `TraceShape.nodes`.

    `own` is its self time in seconds, `critical` are the parts of it on the critical path, the earliest first.
    `early` and `late` are the seconds by which it lies before its parent's start and after its parent's end; 0.0 for
    one that its parent does not wait for (`unwaited`). `below` and `errors_below` count all spans under it.
    """

    span: Span
    depth: int
    parent: int | None
    last: bool
    """Whether it is its parent's last child, or the last root."""
    below: int = 0
    errors_below: int = 0
    own: float = 0.0
    critical: tuple[Section, ...] = ()
    early: float = 0.0
    late: float = 0.0
    unwaited: bool = False
    orphan: bool = False
    """Whether it names a parent that the trace lacks."""
    looped: bool = False
    """Whether it stands at the top only because it and its ancestors name each other as parents."""

    @property
    def key(self) -> SafeText:
        """What tells it from the others of its trace."""
        return SafeText(f"{self.span.span_id} {self.span.service} {self.span.kind}")

    @property
    def critical_time(self) -> float:
        """Seconds of it on the critical path."""
        return sum(end - start for start, end in self.critical)


class ServiceShare(msgspec.Struct, frozen=True):
    """What one service has to do with a trace; `own` is the self time of its spans in seconds."""

    service: SafeText
    spans: int
    errors: int
    own: float


class TraceShape(msgspec.Struct, frozen=True):
    """The spans of `trace` as a tree, each before its children, children by start.

    `start` (unix seconds) and `duration` (seconds) span everything. `services` are in the order the request
    reached them. `critical_time` is the length of the critical path.
    """

    trace: Trace
    nodes: tuple[SpanNode, ...]
    start: float
    duration: float
    services: tuple[ServiceShare, ...]
    roots: int
    """Spans that name no parent."""
    missing_parents: int
    """Parents that are named and not there."""
    critical_time: float

    @property
    def end(self) -> float:
        """Unix seconds."""
        return self.start + self.duration

    @property
    def orphans(self) -> int:
        """Spans whose parent is missing."""
        return sum(node.orphan for node in self.nodes)

    @property
    def errors(self) -> int:
        """Spans that failed."""
        return sum(share.errors for share in self.services)
