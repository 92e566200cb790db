"""`_search` and `_count`: which lines match, in which order, how much of each is shown."""

from __future__ import annotations

import fnmatch
import re
from typing import Any

from opsconsole.practice.elasticsearch import documents
from opsconsole.practice.elasticsearch.aggregations import aggregated
from opsconsole.practice.elasticsearch.documents import TIMESTAMP
from opsconsole.practice.elasticsearch.moments import milliseconds
from opsconsole.practice.elasticsearch.queries import Query
from opsconsole.practice.elasticsearch.refusal import Refusal, shards_failed, unparsable
from opsconsole.practice.shop.log_lines import LogLine
from opsconsole.practice.shop.shop import Shop

WINDOW = 10_000
"""`from + size` may not exceed this (index.max_result_window)."""

COUNTED = 10_000
"""Hits counted exactly unless `track_total_hits` says otherwise."""

_KEYS = frozenset(
    (
        "query", "size", "from", "sort", "search_after", "_source", "fields", "track_total_hits", "aggs",
        "aggregations", "timeout", "highlight", "docvalue_fields", "stored_fields", "version", "explain",
        "min_score", "runtime_mappings", "terminate_after", "seq_no_primary_term", "track_scores", "pit", "profile",
    )
)  # fmt: skip


def days(shop: Shop) -> list[str]:
    """Indices there are: one for each day (UTC) of the history."""
    shown = []
    now, at = shop.now(), float(shop.moments.first_tick * 10)
    while at <= now:
        shown.append(documents.PREFIX + documents.iso(at * 1000)[:10].replace("-", "."))
        at = (at // 86_400 + 1) * 86_400
    return shown


def resolved(shop: Shop, index: str, *, lenient: bool) -> list[str]:
    """The indices a path names. Raises `Refusal` 404 for one that is not there, unless `lenient`."""
    there, found = days(shop), []
    for name in (part.strip() for part in index.split(",")):
        matching = there if name in ("_all", "*", "") else [day for day in there if fnmatch.fnmatchcase(day, name)]
        if not matching and "*" not in name and not lenient:
            raise Refusal(404, "index_not_found_exception", f"no such index [{name}]")
        found += [day for day in matching if day not in found]
    return found


def matching(shop: Shop, indices: list[str], query: Any) -> list[LogLine]:
    """Lines of `indices` that match, oldest first."""
    compiled = Query(query, shop.now())
    start, end = max(0.0, compiled.start / 1000), min(shop.now(), (compiled.end + 1) / 1000)
    if not indices or start > end:
        return []
    chosen = set(indices)
    whole = len(chosen) == len(days(shop))
    return [
        line for line in shop.logs(start, end) if (whole or documents.index_of(line) in chosen) and compiled.test(line)
    ]


def search(shop: Shop, indices: list[str], body: dict[str, Any]) -> dict[str, Any]:
    """The answer to `_search`. Raises `Refusal` 400."""
    unknown = set(body) - _KEYS
    if unknown:
        raise unparsable(f"unknown key for a VALUE_STRING in [{min(unknown)}].")
    if "pit" in body:
        raise Refusal(400, "illegal_argument_exception", "this server keeps no point in time")
    size, begin = _whole(body, "size", 10), _whole(body, "from", 0)
    if begin + size > WINDOW:
        raise shards_failed(
            "illegal_argument_exception",
            f"Result window is too large, from + size must be less than or equal to: [{WINDOW}] "
            f"but was [{begin + size}].",
        )
    lines = matching(shop, indices, body.get("query"))
    total = len(lines)
    order = _order(body.get("sort"))
    for field, descending, _ in reversed(order):
        lines.sort(key=_sorting(field), reverse=descending)
    if "search_after" in body:
        if begin > 0:
            raise Refusal(400, "validation_exception", "`from` parameter must be set to 0 when `search_after` is used")
        lines = _after(lines, order, body["search_after"])
    shown = [_hit(line, body, order) for line in lines[begin : begin + size]]
    hits: dict[str, Any] = {"max_score": None if order or not shown else 1.0, "hits": shown}
    if (counted := _total(body.get("track_total_hits", COUNTED), total)) is not None:
        hits = {"total": counted, **hits}
    shards = {"total": len(indices), "successful": len(indices), "skipped": 0, "failed": 0}
    answer: dict[str, Any] = {"took": 1 + total // 4000, "timed_out": False, "_shards": shards, "hits": hits}
    aggs = body.get("aggs", body.get("aggregations"))
    if aggs:
        answer["aggregations"] = aggregated(aggs, lines, shop.now())
    return answer


def _whole(body: dict[str, Any], name: str, otherwise: int) -> int:
    value = body.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, int | str) or not re.fullmatch(r"-?\d+", str(value)):
        raise unparsable(f"Failed to parse int parameter [{name}] with value [{value}]")
    if int(value) < 0:
        raise Refusal(400, "illegal_argument_exception", f"[{name}] parameter cannot be negative, found [{value}]")
    return int(value)


def _total(tracked: Any, total: int) -> dict[str, Any] | None:
    if tracked is False or tracked == "false":
        return None
    if tracked is True or tracked == "true":
        return {"value": total, "relation": "eq"}
    limit = int(tracked)
    return {"value": min(total, limit), "relation": "gte" if total > limit else "eq"}


Order = list[tuple[str, bool, str]]


def _order(sort: Any) -> Order:
    made: Order = []
    for one in sort if isinstance(sort, list) else [] if sort is None else [sort]:
        options: Any
        if isinstance(one, str):
            field, _, way = one.partition(":")
            options = way or ("desc" if field == "_score" else "asc")
        else:
            ((field, options),) = one.items()
        settings = options if isinstance(options, dict) else {"order": options}
        if field == "_shard_doc":
            raise Refusal(
                400, "illegal_argument_exception", "[_shard_doc] sort field cannot be used without [point in time]"
            )
        if field in ("_score", "_doc"):
            continue
        if field != "_id" and not documents.is_known(field) and "unmapped_type" not in settings:
            raise shards_failed("query_shard_exception", f"No mapping found for [{field}] in order to sort on")
        if field != "_id" and documents.is_known(field) and not documents.is_exact(field):
            raise shards_failed(
                "illegal_argument_exception", f"Fielddata is disabled on [{field}]. Please use a keyword field instead."
            )
        made.append((field, settings.get("order", "asc") == "desc", str(settings.get("format", ""))))
    return made


def _sort_value(line: LogLine, field: str) -> Any:
    return line.id if field == "_id" else documents.value_of(line, field)


def _sorting(field: str) -> Any:
    def key(line: LogLine) -> tuple[bool, Any]:
        value = _sort_value(line, field)
        return (value is None, value if value is not None else 0)

    return key


def _shown_sort(line: LogLine, field: str, date_format: str) -> Any:
    value = _sort_value(line, field)
    if field != TIMESTAMP or not date_format or date_format == "epoch_millis":
        return value
    return documents.iso(value)


def _after(lines: list[LogLine], order: Order, after: Any) -> list[LogLine]:
    if not isinstance(after, list) or len(after) != len(order) or not order:
        raise Refusal(
            400,
            "illegal_argument_exception",
            f"search_after has {len(after) if isinstance(after, list) else 1} value(s) but sort has {len(order)}.",
        )
    bounds = [
        milliseconds(value, 0.0) if field == TIMESTAMP else value
        for value, (field, _, _) in zip(after, order, strict=True)
    ]

    def beyond(line: LogLine) -> bool:
        for bound, (field, descending, _) in zip(bounds, order, strict=True):
            value = _sort_value(line, field)
            if value != bound:
                return bool(value < bound) if descending else bool(value > bound)
        return False

    return [line for line in lines if beyond(line)]


def _hit(line: LogLine, body: dict[str, Any], order: Order) -> dict[str, Any]:
    made: dict[str, Any] = {"_index": documents.index_of(line), "_id": line.id, "_score": None if order else 1.0}
    wanted = body.get("_source", True)
    if wanted is not False and wanted != "false":
        made["_source"] = _filtered(documents.source(line), wanted)
    if "fields" in body or "docvalue_fields" in body:
        fields = _fields(line, [*body.get("fields", ()), *body.get("docvalue_fields", ())])
        if fields:
            made["fields"] = fields
    if order:
        made["sort"] = [_shown_sort(line, field, date_format) for field, _, date_format in order]
    return made


def _fields(line: LogLine, asked: list[Any]) -> dict[str, list[Any]]:
    made: dict[str, list[Any]] = {}
    for one in asked:
        name = one["field"] if isinstance(one, dict) else str(one)
        date_format = one.get("format", "") if isinstance(one, dict) else ""
        for field in _named(name):
            value = documents.value_of(line, field)
            if value is None:
                continue
            if field == TIMESTAMP:
                value = str(value) if date_format == "epoch_millis" else documents.iso(value)
            made[field] = [value]
    return made


def _named(name: str) -> list[str]:
    if "*" not in name:
        return [name] if documents.is_known(name) else []
    every = [*documents.TYPES, *(f"{field}.keyword" for field, kind in documents.TYPES.items() if kind == "text")]
    return [field for field in every if fnmatch.fnmatchcase(field, name)]


def _filtered(source: dict[str, Any], wanted: Any) -> dict[str, Any]:
    if wanted is True or wanted == "true":
        return source
    options = wanted if isinstance(wanted, dict) else {"includes": wanted}
    includes, excludes = (
        [patterns] if isinstance(patterns := options.get(key, ()), str) else list(patterns)
        for key in ("includes", "excludes")
    )
    return _pruned(source, "", includes, excludes)


def _pruned(source: dict[str, Any], path: str, includes: list[str], excludes: list[str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in source.items():
        full = path + key
        if any(fnmatch.fnmatchcase(full, pattern) for pattern in excludes):
            continue
        if not includes or any(fnmatch.fnmatchcase(full, pattern) for pattern in includes):
            made[key] = value if not isinstance(value, dict) else _pruned(value, full + ".", [], excludes)
        elif isinstance(value, dict) and (inner := _pruned(value, full + ".", includes, excludes)):
            made[key] = inner
    return made
