"""`_search` and `_count`: which lines match, in which order, how much of each is shown."""

from __future__ import annotations

import fnmatch
import math
import re
from typing import Any

from opsconsole.practice.elasticsearch import documents
from opsconsole.practice.elasticsearch.aggregations import aggregated
from opsconsole.practice.elasticsearch.documents import TIMESTAMP
from opsconsole.practice.elasticsearch.moments import milliseconds
from opsconsole.practice.elasticsearch.points_in_time import PointInTime, invalid
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


def matching(shop: Shop, indices: list[str], query: Any, until: float = math.inf) -> list[LogLine]:
    """Lines of `indices` that match and that were there at `until` (unix seconds), oldest first."""
    compiled = Query(query, shop.now())
    start, end = max(0.0, compiled.start / 1000), min(shop.now(), until, (compiled.end + 1) / 1000)
    if not indices or start > end:
        return []
    chosen = set(indices)
    whole = len(chosen) == len(days(shop))
    return [
        line for line in shop.logs(start, end) if (whole or documents.index_of(line) in chosen) and compiled.test(line)
    ]


def search(
    shop: Shop, indices: list[str], body: dict[str, Any], pit: tuple[str, PointInTime] | None = None
) -> dict[str, Any]:
    """The answer to `_search`, in the point in time `pit` (with its id) where there is one. Raises `Refusal` 400."""
    unknown = set(body) - _KEYS
    if unknown:
        raise unparsable(f"unknown key for a VALUE_STRING in [{min(unknown)}].")
    indices = indices if pit is None else list(pit[1].indices)
    size, begin = _whole(body, "size", 10), _whole(body, "from", 0)
    if begin + size > WINDOW:
        raise shards_failed(
            "illegal_argument_exception",
            f"Result window is too large, from + size must be less than or equal to: [{WINDOW}] "
            f"but was [{begin + size}].",
        )
    lines = matching(shop, indices, body.get("query"), math.inf if pit is None else pit[1].moment)
    total, found = len(lines), list(enumerate(lines))
    order = _order(body.get("sort"), in_pit=pit is not None)
    for field, descending, _ in reversed(order):
        found.sort(key=_sorting(field), reverse=descending)
    if "search_after" in body:
        if begin > 0:
            raise invalid("[from] parameter must be set to 0 when [search_after] is used")
        found = _after(found, order, body["search_after"], in_pit=pit is not None)
    shown = [_hit(one, body, order) for one in found[begin : begin + size]]
    hits: dict[str, Any] = {"max_score": None if order or not shown else 1.0, "hits": shown}
    if (counted := _total(body.get("track_total_hits", COUNTED), total)) is not None:
        hits = {"total": counted, **hits}
    shards = {"total": len(indices), "successful": len(indices), "skipped": 0, "failed": 0}
    named = {} if pit is None else {"pit_id": pit[0]}
    answer: dict[str, Any] = {**named, "took": 1 + total // 4000, "timed_out": False, "_shards": shards, "hits": hits}
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

PLACES = ("_doc", "_shard_doc")
"""Sorts by the place in the store, for which here stands the place among all that match."""

Placed = tuple[int, LogLine]


def _order(sort: Any, *, in_pit: bool) -> Order:
    made: Order = []
    for one in sort if isinstance(sort, list) else [] if sort is None else [sort]:
        options: Any
        if isinstance(one, str):
            field, _, way = one.partition(":")
            options = way or ("desc" if field == "_score" else "asc")
        else:
            ((field, options),) = one.items()
        settings = options if isinstance(options, dict) else {"order": options}
        if field == "_score":
            continue
        _check_sortable(field, settings)
        made.append((field, settings.get("order", "asc") == "desc", str(settings.get("format", ""))))
    if in_pit and made and not any(field == "_shard_doc" for field, _, _ in made):
        made.append(("_shard_doc", False, ""))
    return made


def _check_sortable(field: str, settings: dict[str, Any]) -> None:
    if field == "_id" or field in PLACES:
        return
    if not documents.is_known(field):
        if "unmapped_type" not in settings:
            raise shards_failed("query_shard_exception", f"No mapping found for [{field}] in order to sort on")
    elif not documents.is_exact(field):
        raise shards_failed(
            "illegal_argument_exception", f"Fielddata is disabled on [{field}]. Please use a keyword field instead."
        )


def _sort_value(placed: Placed, field: str) -> Any:
    place, line = placed
    return place if field in PLACES else line.id if field == "_id" else documents.value_of(line, field)


def _sorting(field: str) -> Any:
    def key(placed: Placed) -> tuple[bool, Any]:
        value = _sort_value(placed, field)
        return (value is None, value if value is not None else 0)

    return key


def _shown_sort(placed: Placed, field: str, date_format: str) -> Any:
    value = _sort_value(placed, field)
    if field != TIMESTAMP or not date_format:
        return value
    return str(value) if date_format == "epoch_millis" else documents.iso(value)


def _after(found: list[Placed], order: Order, after: Any, *, in_pit: bool) -> list[Placed]:
    """What stands behind the sort values `after`; in a point in time the last one may be left out."""
    given = len(after) if isinstance(after, list) else 1
    if not isinstance(after, list) or not order or given not in (len(order), len(order) - in_pit):
        raise Refusal(
            400, "illegal_argument_exception", f"search_after has {given} value(s) but sort has {len(order)}."
        )
    bounds = [
        milliseconds(value, 0.0) if field == TIMESTAMP else value
        for value, (field, _, _) in zip(after, order, strict=False)
    ]

    def beyond(placed: Placed) -> bool:
        for bound, (field, descending, _) in zip(bounds, order, strict=False):
            value = _sort_value(placed, field)
            if value != bound:
                return bool(value < bound) if descending else bool(value > bound)
        return False

    return [placed for placed in found if beyond(placed)]


def _hit(placed: Placed, body: dict[str, Any], order: Order) -> dict[str, Any]:
    line = placed[1]
    made: dict[str, Any] = {"_index": documents.index_of(line), "_id": line.id, "_score": None if order else 1.0}
    wanted = body.get("_source", True)
    if wanted is not False and wanted != "false":
        made["_source"] = _filtered(documents.source(line), wanted)
    if "fields" in body or "docvalue_fields" in body:
        fields = _fields(line, [*body.get("fields", ()), *body.get("docvalue_fields", ())])
        if fields:
            made["fields"] = fields
    if order:
        made["sort"] = [_shown_sort(placed, field, date_format) for field, _, date_format in order]
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
    return [field for field in documents.every_field() if fnmatch.fnmatchcase(field, name)]


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
