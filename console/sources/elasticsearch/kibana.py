"""The same search in Kibana's Discover.

Discover reads its whole state from the fragment of its address: `_g` has the time, `_a` the query, the filters and
the data view (Kibana, `discover/public/application/main/state_management`). Its own query language filters otherwise
than `_search`; so whatever it can't say as a phrase stands as a filter in the Query DSL, the very clause that we send.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec

from opsconsole.domain.log_query import LogFilter, LogQuery, LogSearch, LogSyntax
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.elasticsearch.clauses import NOTHING, Json, level_clause, pattern_clauses, value_clause
from opsconsole.sources.elasticsearch.fields import FILTERED, OTEL_NUMBER, TIMESTAMP, Concept, Field, FieldMap
from opsconsole.sources.elasticsearch.rison import encoded

LINK_LIMIT = 8192
"""Characters of a link; browsers and proxies take longer ones no more surely."""

_OPERATORS = re.compile(r'[+|"*()~\\]|(?:^|\s)-')


class Kibana(msgspec.Struct, frozen=True):
    """Where Kibana is: its base URL, and the ids of a data view and of a space, each "" for the default one."""

    url: str
    data_view: str = ""
    space: str = ""


def discover_url(kibana: Kibana, search: LogSearch, fields: FieldMap) -> SafeText | None:
    """The address at which Discover shows `search` with absolute times; None when it would be too long."""
    fields = fields if fields.index_count else _assumed(fields)
    every = [*_of_selection(search.selection, fields), *_of_query(search.query, fields)]
    state: Json = {
        "columns": [],
        "filters": [_filter(one, kibana.data_view) for one in every],
        "interval": "auto",
        "query": _query_bar(search.query),
        "sort": [[TIMESTAMP, "desc"]],
    }
    if kibana.data_view:
        state["index"] = kibana.data_view
    time = {"from": _iso(search.span.start), "to": _iso(search.span.end)}
    shared: Json = {"filters": [], "refreshInterval": {"pause": True, "value": 60_000}, "time": time}
    space = f"/s/{quote(kibana.space, safe='')}" if kibana.space else ""
    link = f"{kibana.url.rstrip('/')}{space}/app/discover#/?_g={encoded(shared)}&_a={encoded(state)}"
    return safe_text(link, LINK_LIMIT) if len(link) <= LINK_LIMIT else None


class _Wanted(msgspec.Struct, frozen=True):
    """One filter: its name on the screen and its clause, or a field that holds a value."""

    alias: str
    clause: Json
    key: str = ""
    value: str = ""
    exclude: bool = False


def _filter(wanted: _Wanted, data_view: str) -> Json:
    meta: Json = {"alias": None if wanted.key else wanted.alias, "disabled": False}
    if data_view:
        meta["index"] = data_view
    meta |= {"key": wanted.key or "query", "negate": wanted.exclude}
    if wanted.key:
        meta |= {"params": {"query": wanted.value}, "type": "phrase"}
        return {
            "$state": {"store": "appState"},
            "meta": meta,
            "query": {"match_phrase": {wanted.key: wanted.value}},
        }
    return {"$state": {"store": "appState"}, "meta": {**meta, "type": "custom"}, "query": wanted.clause}


def _of_selection(selection: Selection, fields: FieldMap) -> list[_Wanted]:
    told = (
        (Concept.NAMESPACE, selection.namespace),
        (Concept.SERVICE, selection.service),
        (Concept.POD, selection.pod),
        (Concept.TRACE, selection.trace),
    )
    return [
        _equals(LogFilter(SafeText(concept.value), value), fields)
        for concept, value in told
        # As in the search itself, a namespace that no field tells is left out.
        if value is not None and (concept is not Concept.NAMESPACE or fields.by_concept.get(concept))
    ]


def _of_query(query: LogQuery, fields: FieldMap) -> list[_Wanted]:
    found = [_equals(one, fields) for one in query.filters]
    if query.level not in (None, LogLevel.UNKNOWN):
        found.append(_Wanted(f"level ≥ {query.level.value}", level_clause(query.level, fields) or NOTHING))
    if query.words and query.syntax is LogSyntax.PLAIN and _OPERATORS.search(query.words):
        words = {"query": query.words, "default_operator": "and", "lenient": True, "analyze_wildcard": True}
        found.append(_Wanted(query.words, {"simple_query_string": words}))
    if query.pattern is not None:
        runs = pattern_clauses(query.pattern, fields)
        found.append(_Wanted(query.pattern, {"bool": {"filter": runs}}))
    return found


def _equals(asked: LogFilter, fields: FieldMap) -> _Wanted:
    named = fields.named(asked.field)
    if not named and asked.field not in FILTERED:
        named = (Field(asked.field, (asked.field,)),)
    clause = value_clause(named, asked.value) or NOTHING
    single = named[0] if len(named) == 1 else None
    key = (single.sub_field or single.name) if single is not None else ""
    return _Wanted(f"{asked.field}: {asked.value}", clause, key, asked.value, asked.exclude)


def _query_bar(query: LogQuery) -> Json:
    """Words without operators are phrases that all must be there; the store's own language is Kibana's "Lucene"."""
    if query.syntax is LogSyntax.RAW:
        return {"language": "lucene", "query": query.words}
    plain = query.words and not _OPERATORS.search(query.words)
    words = " and ".join(f'"{word}"' for word in query.words.split()) if plain else ""
    return {"language": "kuery", "query": words}


def _assumed(fields: FieldMap) -> FieldMap:
    """Every field there could be, where it was never asked which there are."""

    def field(name: str) -> Field:
        return Field(name, (name, f"{name}.keyword"), kinds=frozenset({"text"}), sub_field=f"{name}.keyword")

    every: dict[Concept, tuple[Field, ...]] = {
        concept: tuple(field(name) for name in names if name != OTEL_NUMBER)
        for concept, names in fields.candidates.items()
    }
    return msgspec.structs.replace(fields, by_concept=every)


def _iso(moment: float) -> str:
    made: Any = datetime.fromtimestamp(moment, UTC)
    return f"{made:%Y-%m-%dT%H:%M:%S}.{made.microsecond // 1000:03d}Z"
