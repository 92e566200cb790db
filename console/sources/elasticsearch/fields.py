"""Where a log store keeps what: ECS, OpenTelemetry and plain Zap fields.

One search may span indices of all three shapes, so each concept is a list of fields, asked of the server once
(`_field_caps`) and searched with an "or" over those that exist.
"""

from __future__ import annotations

import enum

import msgspec

from opsconsole.domain.text import SafeText

TIMESTAMP = "@timestamp"


class Concept(enum.Enum):
    """What the console wants to know of a line."""

    SERVICE = "service"
    NAMESPACE = "namespace"
    POD = "pod"
    LEVEL = "level"
    MESSAGE = "message"
    TRACE = "trace"
    SPAN = "span"


CANDIDATES: dict[Concept, tuple[str, ...]] = {
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
    Concept.LEVEL: ("log.level", "severity_text", "level", "severity", "severity_number"),
    Concept.MESSAGE: ("message", "body.text", "body", "msg"),
    Concept.TRACE: ("trace.id", "trace_id", "traceId", "traceID"),
    Concept.SPAN: ("span.id", "span_id", "spanId", "spanID"),
}  # fmt: skip
"""Fields by concept, the most telling first: ECS and Beats, OpenTelemetry's own, then what loggers write plainly."""

_CONTAINERS = frozenset({"object", "nested", "unmapped"})
_ANALYSED = frozenset({"text", "match_only_text", "annotated_text", "semantic_text"})


class Capability(msgspec.Struct, frozen=True):
    """One type of a field as `_field_caps` tells it."""

    type: str = ""
    searchable: bool = True
    aggregatable: bool = False


class FieldCaps(msgspec.Struct, frozen=True):
    """The answer of `_field_caps`."""

    indices: list[str]
    fields: dict[str, dict[str, Capability]]


class Field(msgspec.Struct, frozen=True):
    """One field that exists. `exact` are the names a `term` may use; empty means it is analysed text only."""

    name: str
    exact: tuple[str, ...]
    aggregatable: tuple[str, ...] = ()


class FieldMap(msgspec.Struct, frozen=True):
    """The fields a set of indices has. `dated` tells whether any index has `@timestamp`."""

    by_concept: dict[Concept, tuple[Field, ...]]
    dated: bool
    index_count: int
    nanoseconds: bool = False
    """Whether `@timestamp` is a date in one index and date_nanos in another."""

    def names(self, concept: Concept) -> tuple[str, ...]:
        """Names of the concept's fields, best first."""
        return tuple(field.name for field in self.by_concept.get(concept, ()))

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


def asked_fields() -> tuple[str, ...]:
    """Names to ask `_field_caps` for: every candidate and its keyword sub-field."""
    names = [name for candidates in CANDIDATES.values() for name in candidates]
    return (TIMESTAMP, *names, *(f"{name}.keyword" for name in names))


def field_map(caps: FieldCaps) -> FieldMap:
    """The map that the server's answer gives."""
    by_concept = {
        concept: tuple(field for name in candidates if (field := _field(name, caps)) is not None)
        for concept, candidates in CANDIDATES.items()
    }
    dates = set(caps.fields.get(TIMESTAMP, {})) - _CONTAINERS
    return FieldMap(by_concept, bool(dates), len(caps.indices), nanoseconds=len(dates) > 1)


def _field(name: str, caps: FieldCaps) -> Field | None:
    types = {kind: cap for kind, cap in caps.fields.get(name, {}).items() if kind not in _CONTAINERS}
    if not any(capability.searchable for capability in types.values()):
        return None
    keyword = f"{name}.keyword"
    exact = [name] if set(types) - _ANALYSED else []
    countable = [name] if types and all(capability.aggregatable for capability in types.values()) else []
    sub_field = caps.fields.get(keyword, {})
    if sub_field and set(types) & _ANALYSED:
        exact.append(keyword)
        countable.append(keyword)
    return Field(name, tuple(exact), tuple(countable))
