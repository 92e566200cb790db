"""The shapes of Elasticsearch's answers, and whether they are whole."""

from __future__ import annotations

import msgspec

from opsconsole.domain.snapshot import Completeness
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text

FAILURES_SHOWN = 3


class Cause(msgspec.Struct, frozen=True):
    """Why something failed, in the server's words."""

    type: str = ""
    reason: str | None = None


class ShardFailure(msgspec.Struct, frozen=True):
    """One shard that did not answer."""

    index: str | None = None
    reason: Cause = Cause()


class Shards(msgspec.Struct, frozen=True):
    """How many shards took part. `failed` ones leave holes in an answer that says 200."""

    total: int
    failed: int = 0
    failures: list[ShardFailure] = []


class Clusters(msgspec.Struct, frozen=True):
    """Remote clusters of a cross-cluster search."""

    total: int = 0
    skipped: int = 0
    partial: int = 0
    failed: int = 0


class Total(msgspec.Struct, frozen=True):
    """Matches. `relation` is `eq`, or `gte` when the server stopped counting."""

    value: int
    relation: str = "eq"


class Hits(msgspec.Struct, frozen=True):
    """The page, each hit still as it came, so that one broken line can't cost the others."""

    hits: list[msgspec.Raw]
    total: Total | None = None


class LevelCount(msgspec.Struct, frozen=True):
    """One bucket of a `terms` aggregation; numeric fields have numbers as keys."""

    key: str | int | float
    doc_count: int


class LevelCounts(msgspec.Struct, frozen=True):
    """A `terms` aggregation."""

    buckets: list[LevelCount] = []


class Bars(msgspec.Struct, frozen=True):
    """A `date_histogram` with a variable number of sub-aggregations in each bucket."""

    buckets: list[dict[str, msgspec.Raw]]


class Aggregations(msgspec.Struct, frozen=True):
    """What `histogram_body` asked for."""

    bars: Bars | None = None


class SearchAnswer(msgspec.Struct, frozen=True):
    """The answer of `_search`. What is required here tells it from any other JSON."""

    shards: Shards = msgspec.field(name="_shards")
    hits: Hits
    timed_out: bool = False
    clusters: Clusters | None = msgspec.field(name="_clusters", default=None)
    aggregations: Aggregations | None = None

    def completeness(self, notes: tuple[SafeText, ...] = ()) -> Completeness:
        """Shards that answered of those asked, with the server's reasons and our own `notes`."""
        said = list(notes)
        if self.timed_out:
            said.append(SafeText("the search ran out of time: there may be more"))
        reasons = dict.fromkeys(
            failure.reason.reason or failure.reason.type for failure in self.shards.failures if failure.reason.type
        )
        said.extend(safe_text(reason, 200) for reason in list(reasons)[:FAILURES_SHOWN])
        clusters = self.clusters
        if clusters is not None and (absent := clusters.skipped + clusters.failed + clusters.partial):
            said.append(SafeText(f"{absent} of {clusters.total} remote clusters gave no whole answer"))
        total = max(1, self.shards.total)
        return Completeness(max(0, total - self.shards.failed), total, tuple(said))


class Version(msgspec.Struct, frozen=True):
    """Of the server."""

    number: str = ""


class Root(msgspec.Struct, frozen=True):
    """The answer of `GET /`, where it is allowed."""

    cluster_name: str = ""
    version: Version = Version()
