"""Every value in force and where it came from, for `opsconsole config show`."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from pathlib import Path

import msgspec

from opsconsole.config.configuration import Configuration
from opsconsole.config.files import shown_path
from opsconsole.config.layers import SOURCES, Entry, KeyPath, Layer, Origin, dotted
from opsconsole.config.settings import (
    ClusterSettings,
    ElasticsearchSettings,
    SecretRef,
    Settings,
    SourceSettings,
)
from opsconsole.config.shapes import Inner, Leaf, shapes_of
from opsconsole.config.tables import ClusterTable, FileTable, IncidentsTable, Table
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text

JsonValue = str | float | bool | list[str] | None

HIDDEN = "(set, not shown)"
"""Stands for a header's plain value, which could be a secret all the same."""


class InForce(msgspec.Struct, frozen=True):
    """One key, its value in JSON's types (durations in seconds, None for "not set"), and its origin."""

    key: SafeText
    value: JsonValue
    layer: str
    place: SafeText

    @property
    def shown(self) -> SafeText:
        """The value as one word or line; every number here is a duration."""
        match self.value:
            case None:
                return SafeText("–")
            case bool():
                return SafeText("true" if self.value else "false")
            case float():
                return SafeText(f"{self.value:g} s")
            case list():
                return safe_text(", ".join(self.value) or "–")
        return safe_text(self.value)


_DEFAULT = Origin(Layer.DEFAULT)


def values_in_force(configuration: Configuration) -> tuple[InForce, ...]:
    """One item a key, general ones first; keys of sources only for sources that are configured."""
    return tuple(_general(configuration)) + tuple(
        row for cluster in configuration.clusters.values() for row in _cluster(configuration, cluster)
    )


def _general(configuration: Configuration) -> Iterator[InForce]:
    usual = Settings(cluster=ClusterSettings(name=""))
    defaults: dict[str, object] = {
        "since": usual.since,
        "theme": usual.theme,
        "ascii": usual.ascii_only,
        "refresh": usual.refresh,
        "time_zone": usual.time_zone,
    }
    if len(configuration.clusters) == 1:
        defaults["default_cluster"] = next(iter(configuration.clusters))
    yield from _leaves(configuration, FileTable, (), defaults)
    yield _row(
        ("write",), Entry(configuration.write, Origin(Layer.FLAG, "--write") if configuration.write else _DEFAULT)
    )
    yield from _below(configuration, ("keys",))
    yield from _leaves(configuration, IncidentsTable, ("incidents",), {})
    yield from _listed(configuration, ("incidents", "notifications"), "name")
    yield from _listed(configuration, ("panels",), "title")


def _cluster(configuration: Configuration, cluster: ClusterSettings) -> Iterator[InForce]:
    path: KeyPath = ("clusters", cluster.name)
    yield from _leaves(configuration, ClusterTable, path, {})
    for key in SOURCES:
        source: SourceSettings | None = getattr(cluster, key)
        if source is None:
            yield _row((*path, key), Entry("not configured", _DEFAULT))
            continue
        defaults: dict[str, object] = {"timeout": SourceSettings(url="").timeout}
        if isinstance(source, ElasticsearchSettings):
            defaults["index"] = ElasticsearchSettings(url="").index
        shape = shapes_of(ClusterTable)[key]
        if isinstance(shape, Inner):
            yield from _leaves(configuration, shape.table, (*path, key), defaults, only_set=True)
        yield from _below(configuration, (*path, key, "auth"))
        yield from _below(configuration, (*path, key, "headers"))
        yield from _below(configuration, (*path, key, "fields"))
    yield from _below(configuration, (*path, "log_levels"))
    yield from _below(configuration, (*path, "incidents"))
    yield from _listed(configuration, (*path, "panels"), "title")


def _leaves(
    configuration: Configuration,
    table: type[Table],
    path: KeyPath,
    defaults: dict[str, object],
    *,
    only_set: bool = False,
) -> Iterator[InForce]:
    for key, shape in shapes_of(table).items():
        if isinstance(shape, Leaf):
            entry = configuration.entries.get((*path, key)) or Entry(defaults.get(key), _DEFAULT)
            if entry.value is not None or not only_set:
                yield _row((*path, key), entry)


def _below(configuration: Configuration, path: KeyPath) -> Iterator[InForce]:
    for key, entry in configuration.entries.items():
        if key[: len(path)] == path and len(key) > len(path):
            plain_header = key[-2:-1] == ("headers",) and not isinstance(entry.value, SecretRef)
            yield _row(key, Entry(HIDDEN, entry.origin) if plain_header else entry)


def _listed(configuration: Configuration, path: KeyPath, named_by: str) -> Iterator[InForce]:
    """An array of tables by the names of its items."""
    entry = configuration.entries.get(path)
    if entry is not None and isinstance(entry.value, tuple):
        yield _row(path, Entry(tuple(getattr(item, named_by) or "" for item in entry.value), entry.origin))


def _row(path: KeyPath, entry: Entry) -> InForce:
    return InForce(safe_text(dotted(path)), _json(entry.value), entry.origin.layer.title, safe_text(entry.origin.place))


def _json(value: object) -> JsonValue:
    match value:
        case None | bool():
            return value
        case int() | float():
            return float(value)
        case tuple():
            return [str(one) for one in value]
        case enum.Enum():
            return str(value.value)
        case Path():
            return shown_path(value)
    return str(value)
