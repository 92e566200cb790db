"""The shapes of Elasticsearch's answers, and whether they are whole."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from opsconsole.domain.snapshot import Completeness, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.lenient_json import decode_body

T = TypeVar("T")

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


class ClusterDetail(msgspec.Struct, frozen=True):
    """One cluster of a cross-cluster search. `status` is `successful` when it gave all it has."""

    status: str = ""


class Clusters(msgspec.Struct, frozen=True):
    """Remote clusters of a cross-cluster search."""

    total: int = 0
    skipped: int = 0
    partial: int = 0
    failed: int = 0
    details: dict[str, ClusterDetail] = {}

    def words(self) -> SafeText | None:
        """Which of them did not give all they have; None when all did."""
        absent = self.skipped + self.failed + self.partial
        if not absent:
            return None
        named = [
            f"{name or 'the local one'} {detail.status}"
            for name, detail in self.details.items()
            if detail.status not in ("", "successful")
        ]
        which = f": {', '.join(named)}" if named else ""
        return safe_text(f"{absent} of {self.total} remote clusters gave no whole answer{which}", 200)


class Total(msgspec.Struct, frozen=True):
    """Matches. `relation` is `eq`, or `gte` when the server stopped counting."""

    value: int
    relation: str = "eq"


class Hit(msgspec.Struct, frozen=True):
    """Which document a hit is, and where in the order it stands."""

    index: str = msgspec.field(name="_index", default="")
    id: str = msgspec.field(name="_id", default="")
    sort: list[str | int | float | None] = []

    @property
    def key(self) -> tuple[str, str]:
        """What no other document has."""
        return self.index, self.id

    @property
    def time(self) -> str:
        """The event's time as the server wrote it, by which hits are sorted first."""
        return str(self.sort[0]) if self.sort else ""


class Hits(msgspec.Struct, frozen=True):
    """The page, each hit still as it came, so that one broken line can't cost the others."""

    hits: list[msgspec.Raw]
    total: Total | None = None

    def places(self) -> list[Hit]:
        """Which documents they are, in their order. Raises `SourceError` (MALFORMED) for a hit without a place."""
        return [decode_body(bytes(raw), _HITS, SourceName.ELASTICSEARCH.value) for raw in self.hits]


_HITS = msgspec.json.Decoder(Hit)


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


class DateBar(msgspec.Struct, frozen=True):
    """Lines from `key` (unix milliseconds) on."""

    key: int
    doc_count: int


class DateBars(msgspec.Struct, frozen=True):
    """A `date_histogram` without sub-aggregations."""

    buckets: list[DateBar]


class Counted(msgspec.Struct, frozen=True):
    """One bucket of a `terms` aggregation asked with `show_term_doc_count_error`."""

    key: str | int | float | bool
    doc_count: int
    key_as_string: str | None = None
    error: int = msgspec.field(name="doc_count_error_upper_bound", default=0)


class Counts(msgspec.Struct, frozen=True):
    """A `terms` aggregation. `others` lines have values that are not in `buckets`."""

    buckets: list[Counted] = []
    others: int = msgspec.field(name="sum_other_doc_count", default=0)


class OpenedPit(msgspec.Struct, frozen=True):
    """The answer to opening a point in time."""

    id: str


class SearchAnswer(msgspec.Struct, frozen=True):
    """The answer of `_search`. What is required here tells it from any other JSON."""

    shards: Shards = msgspec.field(name="_shards")
    hits: Hits
    timed_out: bool = False
    clusters: Clusters | None = msgspec.field(name="_clusters", default=None)
    aggregations: dict[str, msgspec.Raw] = {}
    pit_id: str | None = None

    @property
    def forgotten(self) -> bool:
        """Whether some shard no longer knows the point in time that was searched."""
        return any(failure.reason.type == "search_context_missing_exception" for failure in self.shards.failures)

    @property
    def whole(self) -> bool:
        """Whether every shard of every cluster answered in time."""
        return self.completeness().whole

    def part(self, name: str, kind: type[T], source: str) -> T:
        """The aggregation called `name`. Raises `SourceError` of kind MALFORMED when there is none of that kind."""
        return decode_body(bytes(self.aggregations.get(name, b"null")), msgspec.json.Decoder(kind), source)

    def completeness(self, notes: tuple[SafeText, ...] = ()) -> Completeness:
        """Shards that answered of those asked, with the server's reasons and our own `notes`."""
        said = list(notes)
        if self.timed_out:
            said.append(SafeText("the search ran out of time: there may be more"))
        reasons = dict.fromkeys(
            failure.reason.reason or failure.reason.type for failure in self.shards.failures if failure.reason.type
        )
        said.extend(safe_text(reason, 200) for reason in list(reasons)[:FAILURES_SHOWN])
        if self.clusters is not None and (words := self.clusters.words()):
            said.append(words)
        total = max(1, self.shards.total)
        return Completeness(max(0, total - self.shards.failed), total, tuple(said))


class Version(msgspec.Struct, frozen=True):
    """Of the server."""

    number: str = ""


class Root(msgspec.Struct, frozen=True):
    """The answer of `GET /`, where it is allowed."""

    cluster_name: str = ""
    version: Version = Version()
