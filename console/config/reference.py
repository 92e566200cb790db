"""Every key of the configuration with its meaning and default, made of the tables and the settings.

`opsconsole config reference` prints it; `python -m opsconsole.config.reference FILE` writes the tables of
`docs/configuration.md` anew, and a test holds that page against this module.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

import msgspec

from opsconsole.config import settings
from opsconsole.config.reference_words import REQUIRED, WORDS
from opsconsole.config.tables import (
    AuthTable,
    ClusterTable,
    ElasticsearchTable,
    FieldsTable,
    FileTable,
    IncidentsTable,
    KubernetesTable,
    LogLevelsTable,
    NotificationTable,
    PanelTable,
    SharedIncidentsTable,
    SourceTable,
    Table,
    ThresholdTable,
    YAxisTable,
)
from opsconsole.domain import series
from opsconsole.domain.time_range import format_duration


class Key(msgspec.Struct, frozen=True):
    """One key: what it is for and what holds without it, as Markdown of one line."""

    name: str
    words: str
    default: str


PLACES: Mapping[type[Table], str] = {
    FileTable: "the file",
    ClusterTable: "[clusters.NAME]",
    SourceTable: "each source of a cluster",
    ElasticsearchTable: "[clusters.NAME.elasticsearch]",
    KubernetesTable: "[clusters.NAME.kubernetes]",
    FieldsTable: "[clusters.NAME.elasticsearch.fields]",
    AuthTable: "auth of a source",
    PanelTable: "[[panels]] and [[clusters.NAME.panels]]",
    ThresholdTable: "thresholds of a panel",
    YAxisTable: "y_axis of a panel",
    LogLevelsTable: "[clusters.NAME.log_levels]",
    IncidentsTable: "[incidents]",
    SharedIncidentsTable: "[clusters.NAME.incidents]",
    NotificationTable: "[[incidents.notifications]]",
}
"""Where each table stands in the file, in the order of the reference."""

_SETTINGS: Mapping[type[Table], type[msgspec.Struct]] = {
    FileTable: settings.Settings,
    ClusterTable: settings.ClusterSettings,
    SourceTable: settings.SourceSettings,
    ElasticsearchTable: settings.ElasticsearchSettings,
    KubernetesTable: settings.KubernetesSettings,
    PanelTable: series.Panel,
    ThresholdTable: series.Threshold,
    YAxisTable: series.YAxis,
    LogLevelsTable: settings.LogLevelSettings,
    IncidentsTable: settings.IncidentSettings,
    SharedIncidentsTable: settings.SharedIncidentSettings,
    NotificationTable: settings.NotificationSettings,
}
_OTHER_NAMES = {"ascii": "ascii_only"}
_DURATIONS = frozenset(("since", "refresh", "timeout"))
_MARK = re.compile(r"(<!-- keys: (\w+) -->\n)(?:\|.*\n)*")
_LINK = re.compile(r"\[([^]]+)\]\([^)]+\)")


def keys_of(table: type[Table]) -> tuple[Key, ...]:
    """The keys of `table` that the table it extends does not have, in their order."""
    inherited = {field.name for base in table.__mro__[1:] if base in PLACES for field in _fields(base)}
    return tuple(
        Key(field.name, words.replace("{choices}", _choices(field.type)), _default(table, field.name) or otherwise)
        for field in _fields(table)
        if field.name not in inherited
        for words, otherwise in (WORDS[table][field.name],)
    )


def plain(markdown: str) -> str:
    """`markdown` as it reads in a terminal, without links and code marks."""
    return _LINK.sub(r"\1", markdown).replace("`", "")


def page_with_tables(page: str) -> str:
    """`page` with the table below each mark `<!-- keys: NAME -->` made anew."""
    tables = {table.__name__: table for table in PLACES}
    return _MARK.sub(lambda found: found[1] + "".join(f"{line}\n" for line in _rows(tables[found[2]])), page)


def _rows(table: type[Table]) -> Iterator[str]:
    yield "| key | value | default |"
    yield "|---|---|---|"
    for key in keys_of(table):
        yield f"| `{key.name}` | {key.words} | {key.default} |"


def _fields(table: type) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(table)


def _choices(annotation: Any) -> str:
    """The values of an enumeration that `annotation` allows, as `a`, `b` or `c`."""
    found = next((one for one in _inside(annotation) if isinstance(one, type) and issubclass(one, enum.Enum)), None)
    if found is None:
        return ""
    *others, last = [f"`{one.value}`" for one in found]
    return f"{', '.join(others)} or {last}"


def _inside(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _inside(part)


def _default(table: type[Table], key: str) -> str:
    """The default that the settings have; empty where they have none, or one that says nothing."""
    if WORDS[table][key][1] == REQUIRED or table not in _SETTINGS:
        return ""
    name = _OTHER_NAMES.get(key, key)
    value = next((one.default for one in _fields(_SETTINGS[table]) if one.name == name), None)
    if key in _DURATIONS and isinstance(value, float):
        return f"`{format_duration(value).removesuffix('00m')}`"
    return _written(value)


def _written(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return f"`{value}`"
        case enum.Enum():
            return f"`{value.value}`"
        case str() if value:
            return f"`{value}`"
    return ""


if __name__ == "__main__":
    import sys
    from pathlib import Path

    for name in sys.argv[1:]:
        file = Path(name)
        file.write_text(page_with_tables(file.read_text(encoding="utf-8")), encoding="utf-8")
