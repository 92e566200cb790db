"""An Elasticsearch that holds lines in memory: enough of it for what pages, tails and surroundings ask.

It knows `_field_caps`, points in time, and searches by `range` and `ids` that are sorted by time. A test puts lines in,
lets them be forgotten, and says how requests fail. Times are unix milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx

PRODUCT = {"X-Elastic-Product": "Elasticsearch", "Content-Type": "application/vnd.elasticsearch+json;compatible-with=8"}


def caps(**kinds: str) -> dict[str, Any]:
    """The fields of an answer to `_field_caps`, by name and kind; `__` stands for a dot."""
    return {
        name.replace("__", "."): {kind: {"type": kind, "searchable": True, "aggregatable": kind != "text"}}
        for name, kind in kinds.items()
    }


FIELDS = {**caps(service="keyword", level="keyword", message="text"), "@timestamp": caps(t="date")["t"]}


def iso(milliseconds: float) -> str:
    """A time as the server writes it."""
    whole = int(milliseconds)
    return f"{datetime.fromtimestamp(whole // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{whole % 1000:03d}Z"


def parsed(value: Any) -> float:
    """Milliseconds of a bound."""
    if isinstance(value, str) and not value.isdecimal():
        return round(datetime.fromisoformat(value).timestamp() * 1_000_000) / 1000
    return float(value)


class MemoryElasticsearch:
    """Answers requests of an httpx transport. `asked` are their methods, paths and bodies."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, int, str]] = []
        self.fields: dict[str, Any] = FIELDS
        self.pits: dict[str, int] = {}
        self.grants_pits = True
        self.closed = False
        self.failing: Callable[[httpx.Request], httpx.Response | None] = lambda _: None
        self.partly: dict[str, Any] = {}
        self.asked: list[tuple[str, str, Any]] = []

    def add(self, moment: float, name: str | None = None, message: str = "line", index: str = "app-1") -> str:
        """Store a line of `moment` (unix seconds); its id."""
        made = name or f"n{len(self.lines)}"
        self.lines.append((made, round(moment * 1000), f"{index}|{message}"))
        return f"{index}/{made}"

    def forget(self) -> None:
        """Forget all points in time, as after a restart."""
        self.pits.clear()

    @property
    def searches(self) -> list[Any]:
        """Bodies of the searches."""
        return [body for _, path, body in self.asked if path.endswith("/_search")]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else {}
        self.asked.append((request.method, request.url.path, body))
        if (failure := self.failing(request)) is not None:
            return failure
        name = request.url.path.rpartition("/")[2]
        if name == "_pit":
            return self._pit(request.method, body)
        if name == "_field_caps":
            return answer({"indices": ["app-1"] if self.fields else [], "fields": self.fields})
        if name == "_search":
            return self._search(body)
        return answer({"error": "Incorrect HTTP method", "status": 405}, 405)

    def _pit(self, method: str, body: dict[str, Any]) -> httpx.Response:
        if method == "DELETE":
            return answer({"succeeded": self.pits.pop(body["id"], None) is not None})
        if not self.grants_pits:
            return refused(403, "security_exception", "action [indices:data/read/open_point_in_time] is unauthorized")
        name = f"pit-{len(self.asked)}"
        self.pits[name] = len(self.lines)
        return answer({"id": name})

    def _search(self, body: dict[str, Any]) -> httpx.Response:
        pit = body.get("pit", {}).get("id")
        if pit is not None and pit not in self.pits:
            return refused(404, "search_context_missing_exception", "No search context found for id [1]")
        held = self.lines[: self.pits[pit]] if pit else self.lines
        found = [(number, line) for number, line in enumerate(held) if _matches(line, body["query"])]
        if self.closed:
            return answer({"timed_out": False, "_shards": {"total": 0}, "hits": {"hits": []}})
        if "aggs" in body:
            return self._counted(body, [line for _, line in found])
        descending = body["sort"][0]["@timestamp"]["order"] == "desc"
        found.sort(key=lambda one: (one[1][1], one[0]), reverse=descending)
        if after := body.get("search_after"):
            bound = (parsed(after[0]), after[1])
            found = [
                one for one in found if ((one[1][1], one[0]) < bound if descending else (one[1][1], one[0]) > bound)
            ]
        begin = body.get("from", 0)
        hits = [_hit(number, line) for number, line in found[begin : begin + body["size"]]]
        extra = {"pit_id": pit} if pit else {}
        total = {"value": len(found), "relation": "eq"}
        return answer({**extra, **_whole(), **self.partly, "hits": {"total": total, "hits": hits}})

    def _counted(self, body: dict[str, Any], found: list[tuple[str, int, str]]) -> httpx.Response:
        width = int(body["aggs"]["parts"]["date_histogram"]["fixed_interval"].removesuffix("ms"))
        counts: dict[int, int] = {}
        for _, moment, _ in found:
            counts[moment // width * width] = counts.get(moment // width * width, 0) + 1
        buckets = [{"key": start, "doc_count": count} for start, count in sorted(counts.items())]
        return answer(
            {**_whole(), **self.partly, "hits": {"hits": []}, "aggregations": {"parts": {"buckets": buckets}}}
        )


def _whole() -> dict[str, Any]:
    return {"timed_out": False, "_shards": {"total": 2, "successful": 2, "failed": 0}}


def answer(body: dict[str, Any], status: int = 200) -> httpx.Response:
    """JSON from Elasticsearch."""
    return httpx.Response(status, content=json.dumps(body), headers=PRODUCT)


def refused(status: int, kind: str, reason: str) -> httpx.Response:
    """An error as Elasticsearch tells it."""
    cause = {"type": kind, "reason": reason}
    return answer({"error": {"root_cause": [cause], **cause}, "status": status}, status)


def _hit(number: int, line: tuple[str, int, str]) -> dict[str, Any]:
    name, moment, told = line
    index, _, message = told.partition("|")
    source = {"@timestamp": iso(moment), "message": message, "service": "checkout", "level": "info"}
    return {"_index": index, "_id": name, "_source": source, "sort": [iso(moment), number]}


def _matches(line: tuple[str, int, str], query: dict[str, Any]) -> bool:
    name, moment, told = line
    for clause in query["bool"]["filter"]:
        bounds = clause.get("range", {}).get("@timestamp")
        if bounds is not None and not _within(moment, bounds):
            return False
        if "ids" in clause and name not in clause["ids"]["values"]:
            return False
        index = clause.get("term", {}).get("_index")
        if index is not None and index["value"] != told.partition("|")[0]:
            return False
    return True


def _within(moment: int, bounds: dict[str, Any]) -> bool:
    tests = {
        "gte": lambda bound: moment >= bound,
        "gt": lambda bound: moment > bound,
        "lte": lambda bound: moment <= bound,
        "lt": lambda bound: moment < bound,
    }
    return all(tests[key](parsed(bound)) for key, bound in bounds.items() if key in tests)
