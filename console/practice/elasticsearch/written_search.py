"""`_search` in an index that was written: by number, id and exact value, in the order of the numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opsconsole.practice.elasticsearch.refusal import unparsable
from opsconsole.practice.elasticsearch.written_index import Document, WrittenIndex

SEQ_NO = "_seq_no"
ORDINARY_SIZE = 10

Test = Callable[[Document], bool]


def search(index: WrittenIndex, body: dict[str, Any]) -> dict[str, Any]:
    """The answer to a search. Raises `Refusal` 400 for a query that is not known here."""
    test = _clause(body.get("query") or {"match_all": {}})
    found = [one for one in index.shown if test(one)]
    ordered = _orders(body.get("sort"))
    if ordered is not None:
        found.sort(key=lambda one: one.seq_no, reverse=ordered == "desc")
    shown = found[: int(body.get("size", ORDINARY_SIZE))]
    hits: dict[str, Any] = {"max_score": None if ordered else 1.0 if found else None}
    if body.get("track_total_hits", True) is not False:
        hits["total"] = {"value": len(found), "relation": "eq"}
    hits["hits"] = [_hit(index, one, body, ordered=ordered is not None) for one in shown]
    shards = {"total": 1, "successful": 1, "skipped": 0, "failed": 0}
    return {"took": 1, "timed_out": False, "_shards": shards, "hits": hits}


def _hit(index: WrittenIndex, one: Document, body: dict[str, Any], *, ordered: bool) -> dict[str, Any]:
    made: dict[str, Any] = {"_index": index.name, "_id": one.id, "_score": None if ordered else 1.0}
    if body.get("seq_no_primary_term"):
        made |= {SEQ_NO: one.seq_no, "_primary_term": index.term}
    if body.get("_source", True):
        made["_source"] = one.source
    fields = {name: _values(one.source.get(name)) for name in body.get("fields", ())}
    if any(fields.values()):
        made["fields"] = {name: values for name, values in fields.items() if values}
    return made | ({"sort": [one.seq_no]} if ordered else {})


def _values(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _orders(sort: Any) -> str | None:
    """`asc` or `desc`, None where no order is asked for. Raises `Refusal` 400 for an order by another field."""
    if not sort:
        return None
    first = sort[0] if isinstance(sort, list) else sort
    field, order = next(iter(first.items())) if isinstance(first, dict) else (first, "asc")
    if field != SEQ_NO:
        raise unparsable(f"No mapping found for [{field}] in order to sort on")
    return str(order.get("order", "asc") if isinstance(order, dict) else order)


def _clause(body: Any) -> Test:
    if not isinstance(body, dict) or len(body) != 1:
        raise unparsable("query malformed, empty clause found")
    ((kind, clause),) = body.items()
    made = _CLAUSES.get(kind)
    if made is None:
        raise unparsable(f"unknown query [{kind}]")
    return made(clause)


def _bool(clause: Any) -> Test:
    every = [_clause(one) for key in ("must", "filter") for one in _values(clause.get(key))]
    some = [_clause(one) for one in _values(clause.get("should"))]

    def test(one: Document) -> bool:
        wanted = not some or bool(every) or any(clause(one) for clause in some)
        return wanted and all(clause(one) for clause in every)

    return test


def _range(clause: Any) -> Test:
    ((field, bounds),) = clause.items()
    tests: dict[str, Callable[[Any, Any], bool]] = {
        "gte": lambda value, bound: value >= bound,
        "gt": lambda value, bound: value > bound,
        "lte": lambda value, bound: value <= bound,
        "lt": lambda value, bound: value < bound,
    }
    return lambda one: any(all(tests[key](value, bound) for key, bound in bounds.items()) for value in _of(one, field))


def _terms(clause: Any) -> Test:
    ((field, wanted),) = clause.items()
    return lambda one: any(value in wanted for value in _of(one, field))


def _term(clause: Any) -> Test:
    ((field, wanted),) = clause.items()
    value = wanted.get("value") if isinstance(wanted, dict) else wanted
    return lambda one: value in _of(one, field)


def _of(one: Document, field: str) -> list[Any]:
    return [one.seq_no] if field == SEQ_NO else _values(one.source.get(field))


_CLAUSES: dict[str, Callable[[Any], Test]] = {
    "match_all": lambda _: lambda _one: True,
    "bool": _bool,
    "range": _range,
    "terms": _terms,
    "term": _term,
    "ids": lambda clause: lambda one: one.id in clause.get("values", ()),
}
