"""Aggregations over matching lines: `date_histogram`, `terms`, a few metrics, nested at will."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from opsconsole.practice.elasticsearch import documents
from opsconsole.practice.elasticsearch.moments import interval, milliseconds
from opsconsole.practice.elasticsearch.refusal import Refusal, shards_failed, unparsable
from opsconsole.practice.shop.log_lines import LogLine

MAX_BUCKETS = 65_536


def aggregated(body: Any, lines: list[LogLine], now: float) -> dict[str, Any]:
    """The answer to an `aggs` object. Raises `Refusal` 400."""
    if not isinstance(body, dict):
        raise unparsable("Found [aggs] but expected an object")
    return {name: _one(name, spec, lines, now) for name, spec in body.items()}


def _one(name: str, spec: Any, lines: list[LogLine], now: float) -> dict[str, Any]:
    inner = spec.get("aggs", spec.get("aggregations"))
    kinds = [key for key in spec if key not in ("aggs", "aggregations", "meta")]
    if len(kinds) != 1:
        raise unparsable(f"Missing definition for aggregation [{name}]")
    kind, options = kinds[0], spec[kinds[0]]
    if kind == "date_histogram":
        return _date_histogram(options, lines, inner, now)
    if kind == "terms":
        return _terms(options, lines, inner, now)
    if kind in ("value_count", "cardinality", "min", "max", "avg", "sum"):
        return _metric(kind, options, lines)
    raise unparsable(f"Unknown aggregation type [{kind}]")


def _bucket(key: dict[str, Any], lines: list[LogLine], inner: Any, now: float) -> dict[str, Any]:
    return {**key, "doc_count": len(lines), **(aggregated(inner, lines, now) if inner else {})}


def _checked(field: str) -> str:
    if documents.is_known(field) and not documents.is_exact(field):
        raise shards_failed(
            "illegal_argument_exception",
            f"Fielddata is disabled on [{field}] in [{documents.PREFIX}*]. Text fields are not optimised for "
            "operations that require per-document field data like aggregations and sorting, so these operations are "
            "disabled by default. Please use a keyword field instead.",
        )
    return field


def _date_histogram(options: dict[str, Any], lines: list[LogLine], inner: Any, now: float) -> dict[str, Any]:
    if "fixed_interval" not in options:
        raise Refusal(400, "illegal_argument_exception", "Invalid interval specified, must be non-null and non-empty")
    width = interval(str(options["fixed_interval"]))
    field = options.get("field", documents.TIMESTAMP)
    groups: dict[int, list[LogLine]] = {}
    for line in lines:
        value = documents.value_of(line, field)
        if isinstance(value, int | float):
            groups.setdefault(int(value // width), []).append(line)
    least = int(options.get("min_doc_count", 0))
    numbers = sorted(groups)
    bounds = options.get("extended_bounds") or options.get("hard_bounds")
    if least == 0 and (numbers or bounds):
        low, high = (numbers[0], numbers[-1]) if numbers else (math.inf, -math.inf)
        if bounds:
            low = min(low, milliseconds(bounds["min"], now) // width)
            high = max(high, milliseconds(bounds["max"], now) // width)
        if high - low >= MAX_BUCKETS:
            raise shards_failed(
                "too_many_buckets_exception",
                f"Trying to create too many buckets. Must be less than or equal to: [{MAX_BUCKETS}]",
            )
        numbers = list(range(int(low), int(high) + 1))
    buckets = []
    for number in numbers:
        members, key = groups.get(number, []), int(number * width)
        if len(members) >= least:
            shown = str(key) if options.get("format") == "epoch_millis" else documents.iso(key)
            buckets.append(_bucket({"key_as_string": shown, "key": key}, members, inner, now))
    return {"buckets": buckets}


def _terms(options: dict[str, Any], lines: list[LogLine], inner: Any, now: float) -> dict[str, Any]:
    field = _checked(str(options.get("field", "")))
    groups: dict[Any, list[LogLine]] = {}
    for line in lines:
        value = documents.value_of(line, field) if documents.is_known(field) else None
        if value is None:
            value = options.get("missing")
        if value is not None:
            groups.setdefault(value, []).append(line)
    size = int(options.get("size", 10))
    ordered = sorted(groups.items(), key=lambda entry: (-len(entry[1]), str(entry[0])))
    if isinstance(options.get("order"), dict) and "_key" in options["order"]:
        ordered.sort(key=lambda entry: str(entry[0]), reverse=options["order"]["_key"] == "desc")
    kept = [entry for entry in ordered if len(entry[1]) >= int(options.get("min_doc_count", 1))]
    error = {"doc_count_error_upper_bound": 0} if options.get("show_term_doc_count_error") else {}
    return {
        "doc_count_error_upper_bound": 0,
        "sum_other_doc_count": sum(len(members) for _, members in kept[size:]),
        "buckets": [{**_bucket({"key": key}, members, inner, now), **error} for key, members in kept[:size]],
    }


def _metric(kind: str, options: dict[str, Any], lines: list[LogLine]) -> dict[str, Any]:
    field = _checked(str(options.get("field", "")))
    values = [value for line in lines if (value := documents.value_of(line, field)) is not None]
    if kind == "value_count":
        return {"value": len(values)}
    if kind == "cardinality":
        return {"value": len(Counter(values))}
    numbers = [float(value) for value in values]
    if kind == "sum":
        return {"value": sum(numbers)}
    if not numbers:
        return {"value": None}
    return {"value": {"min": min(numbers), "max": max(numbers), "avg": sum(numbers) / len(numbers)}[kind]}
