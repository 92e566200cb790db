"""Where a log store keeps what: ECS, OpenTelemetry and plain Zap fields, and those that somebody configured.

One search may span indices of all shapes, so each concept is a list of fields, asked of the server once
(`_field_caps`) and searched with an "or" over those that exist.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping

import msgspec

from opsconsole.domain.text import SafeText

TIMESTAMP = "@timestamp"


class Concept(enum.Enum):
    """What the console wants to know of a line."""

    SERVICE = "service"
    NAMESPACE = "namespace"
    POD = "pod"
    CONTAINER = "container"
    LEVEL = "level"
    MESSAGE = "message"
    TRACE = "trace"
    SPAN = "span"


Candidates = Mapping[Concept, tuple[str, ...]]

CANDIDATES: Candidates = {
    Concept.SERVICE: (
        "service.name", "resource.attributes.service.name", "service", "fields.service", "service_name",
        "kubernetes.labels.app_kubernetes_io/name", "kubernetes.labels.app",
    ),
    Concept.NAMESPACE: (
        "kubernetes.namespace", "resource.attributes.k8s.namespace.name", "kubernetes.namespace_name",
        "orchestrator.namespace", "namespace",
    ),
    Concept.POD: (
        "kubernetes.pod.name", "resource.attributes.k8s.pod.name", "kubernetes.pod_name",
        "orchestrator.resource.name", "pod",
    ),
    Concept.CONTAINER: (
        "kubernetes.container.name", "resource.attributes.k8s.container.name", "kubernetes.container_name",
        "container.name", "container",
    ),
    Concept.LEVEL: ("log.level", "severity_text", "level", "severity", "severity_number"),
    Concept.MESSAGE: ("message", "body.text", "body", "msg"),
    Concept.TRACE: ("trace.id", "trace_id", "traceId", "traceID"),
    Concept.SPAN: ("span.id", "span_id", "spanId", "spanID"),
}  # fmt: skip
"""Fields by concept, the most telling first: ECS and Beats, OpenTelemetry's own, then what loggers write plainly."""

OTEL_NUMBER = "severity_number"
"""OpenTelemetry's severity as a number; other numbers in a level's field are Bunyan's tens."""

_CONTAINERS = frozenset({"object", "nested", "unmapped"})
_ANALYSED = frozenset({"text", "match_only_text", "annotated_text", "semantic_text"})
_KEYWORDS = frozenset({"keyword", "constant_keyword", "wildcard", "flattened", "_index", "_id", "version"})
_NUMBERS = frozenset(
    {"long", "integer", "short", "byte", "double", "float", "half_float", "scaled_float", "unsigned_long"}
)


def candidates_with(configured: Mapping[str, tuple[str, ...]]) -> Candidates:
    """`CANDIDATES` with the names that are configured for a concept (by its value) before them."""
    return {
        concept: tuple(dict.fromkeys((*configured.get(concept.value, ()), *names)))
        for concept, names in CANDIDATES.items()
    }


class Capability(msgspec.Struct, frozen=True):
    """One type of a field as `_field_caps` tells it."""

    type: str = ""
    searchable: bool = True
    aggregatable: bool = False


class FieldCaps(msgspec.Struct, frozen=True):
    """The answer of `_field_caps`."""

    indices: list[str]
    fields: dict[str, dict[str, Capability]]
    failed_indices: int = 0
    """Indices that told nothing, such as those still recovering after a restart."""


class Field(msgspec.Struct, frozen=True):
    """One field that exists. `exact` are the names a `term` may use; empty means it is analysed text only.

    `kinds` are its types over all indices. `sub_field` is the keyword beside an analysed text, "" without one.
    """

    name: str
    exact: tuple[str, ...]
    aggregatable: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset({"keyword"})
    sub_field: str = ""

    @property
    def analysed(self) -> bool:
        """Whether it is taken apart into words in some index."""
        return bool(self.kinds & _ANALYSED)

    @property
    def textual(self) -> bool:
        """Whether its values are text in every index."""
        return self.kinds <= _ANALYSED | _KEYWORDS

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers in every index."""
        return self.kinds <= _NUMBERS

    @property
    def mixed(self) -> bool:
        """Whether indices hold it in ways in which their values can't be counted together."""
        return not _of_one_family(self.kinds)


class FieldMap(msgspec.Struct, frozen=True):
    """The fields a set of indices has. `dated` tells whether any index has `@timestamp`."""

    by_concept: dict[Concept, tuple[Field, ...]]
    dated: bool
    index_count: int
    nanoseconds: bool = False
    """Whether `@timestamp` is a date in one index and date_nanos in another."""
    candidates: Candidates = msgspec.field(default_factory=lambda: CANDIDATES)
    others: Mapping[str, Field | None] = {}
    """Further fields that were asked for by name; None for one that no index has."""

    def names(self, concept: Concept) -> tuple[str, ...]:
        """Names of the concept's fields, best first."""
        return tuple(field.name for field in self.by_concept.get(concept, ()))

    def named(self, name: str) -> tuple[Field, ...]:
        """The fields that a filter's `name` stands for: those of a concept, or the one of that name."""
        concept = FILTERED.get(name)
        if concept is not None:
            return self.by_concept.get(concept, ())
        every = (field for fields in self.by_concept.values() for field in fields)
        known = next((field for field in every if field.name == name), self.others.get(name))
        return () if known is None else (known,)

    def knows(self, name: str) -> bool:
        """Whether it has been asked for a filter's `name`."""
        return name in FILTERED or name in self.others or any(name in names for names in self.candidates.values())

    def missing(self) -> tuple[SafeText, ...]:
        """What the panes need and these indices lack, in words."""
        if not self.index_count:
            return (SafeText("no index matches"),)
        lacking = () if self.dated else (SafeText(TIMESTAMP),)
        wanted = (Concept.SERVICE, Concept.LEVEL, Concept.MESSAGE)
        return (
            *lacking,
            *(
                SafeText(f"a field for the {concept.value}, such as {CANDIDATES[concept][0]}")
                for concept in wanted
                if not self.by_concept.get(concept)
            ),
        )


FILTERED = {
    concept.value: concept
    for concept in (Concept.SERVICE, Concept.NAMESPACE, Concept.POD, Concept.CONTAINER, Concept.TRACE)
}
"""The names in a `LogFilter` that stand for a concept."""


def asked_fields(candidates: Candidates = CANDIDATES, others: Iterable[str] = ()) -> tuple[str, ...]:
    """Names to ask `_field_caps` for: every candidate and its keyword sub-field, and the same of `others`.

    Of `others` also what they may be inside of, as a `flattened` field tells nothing of what it holds.
    """
    names = [name for one in candidates.values() for name in one]
    further = [name for name in others if _askable(name)]
    around = [parent for name in further for parent in _parents(name)]
    every = (*names, *further)
    return tuple(dict.fromkeys((TIMESTAMP, *every, *(f"{name}.keyword" for name in every), *around)))


def _askable(name: str) -> bool:
    """Whether `_field_caps` takes `name` for that name alone."""
    return bool(name) and not any(char in name for char in "*,")


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def field_map(caps: FieldCaps, candidates: Candidates = CANDIDATES, others: Iterable[str] = ()) -> FieldMap:
    """The map that the server's answer gives."""
    by_concept = {
        concept: tuple(field for name in names if (field := _field(name, caps)) is not None)
        for concept, names in candidates.items()
    }
    dates = set(caps.fields.get(TIMESTAMP, {})) - _CONTAINERS
    named = {name: _field(name, caps) or _flattened(name, caps) for name in others}
    return FieldMap(by_concept, bool(dates), len(caps.indices), len(dates) > 1, candidates, named)


def _field(name: str, caps: FieldCaps) -> Field | None:
    types = {kind: cap for kind, cap in caps.fields.get(name, {}).items() if kind not in _CONTAINERS}
    if not any(capability.searchable for capability in types.values()):
        return None
    keyword = f"{name}.keyword"
    exact = [name] if set(types) - _ANALYSED else []
    # Counting a number here and a keyword there fails as a whole, or drops one of them without a word.
    counted = _of_one_family(types) and all(capability.aggregatable for capability in types.values())
    countable = [name] if counted else []
    sub_field = ""
    if caps.fields.get(keyword) and set(types) & _ANALYSED:
        sub_field = keyword
        exact.append(keyword)
        countable.append(keyword)
    return Field(name, tuple(exact), tuple(countable), frozenset(types), sub_field)


def _of_one_family(kinds: Collection[str]) -> bool:
    return len(kinds) == 1 or (set(kinds) <= _NUMBERS - {"unsigned_long"}) or set(kinds) <= _KEYWORDS


def _flattened(name: str, caps: FieldCaps) -> Field | None:
    if any("flattened" in caps.fields.get(parent, {}) for parent in _parents(name)):
        return Field(name, (name,), (name,), frozenset({"flattened"}))
    return None
