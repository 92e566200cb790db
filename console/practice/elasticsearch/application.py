"""Routes of Elasticsearch."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from opsconsole.practice.elasticsearch import documents, searches, written_search
from opsconsole.practice.elasticsearch.points_in_time import PointsInTime, invalid
from opsconsole.practice.elasticsearch.refusal import Refusal, error_body
from opsconsole.practice.elasticsearch.writing import Writing
from opsconsole.practice.elasticsearch.written_index import WrittenIndices
from opsconsole.practice.shop.shop import Shop

VERSION = "8.19.16"
_COMPATIBLE = re.compile(r"application/vnd\.elasticsearch\+json\s*;\s*compatible-with\s*=\s*(\d+)")
_OK_VERSIONS = ("7", "8")
_INFO = {
    "name": "elasticsearch-0",
    "cluster_name": "shop-logs",
    "cluster_uuid": "5r1Zq0Q2TfWm8sYpVd3kGw",
    "version": {
        "number": VERSION,
        "build_flavor": "default",
        "build_type": "docker",
        "build_snapshot": False,
        "lucene_version": "9.12.2",
        "minimum_wire_compatibility_version": "7.17.0",
        "minimum_index_compatibility_version": "7.0.0",
    },
    "tagline": "You Know, for Search",
}

Handler = Callable[[Request], Awaitable[Response]]


def application(shop: Shop) -> Starlette:
    """The log store of `shop`: one index a day, searched, counted, described."""

    async def info(request: Request) -> Response:
        return _answer(request, _INFO)

    async def count(request: Request) -> Response:
        body, indices = await _body(request), _indices(shop, request)
        found = len(searches.matching(shop, indices, body.get("query")))
        shards = {"total": len(indices), "successful": len(indices), "skipped": 0, "failed": 0}
        return _answer(request, {"count": found, "_shards": shards})

    async def field_caps(request: Request) -> Response:
        body = await _body(request)
        asked = request.query_params.get("fields") or body.get("fields") or "*"
        patterns = asked if isinstance(asked, list) else str(asked).split(",")
        indices = _indices(shop, request)
        return _answer(request, {"indices": indices, "fields": _capabilities(patterns) if indices else {}})

    async def health(request: Request) -> Response:
        return _answer(request, {"cluster_name": "shop-logs", "status": "green", "timed_out": False})

    points, written = PointsInTime(shop.now), WrittenIndices(shop.now)
    routes = [*_points_routes(shop, points), Route("/", info, methods=["GET", "HEAD"])]
    routes.append(Route("/_cluster/health", health))
    searching = _searching(shop, points, written)
    for name, handler in (("_search", searching), ("_count", count), ("_field_caps", field_caps)):
        routes += [
            Route(f"/{name}", handler, methods=["GET", "POST"]),
            Route(f"/{{index}}/{name}", handler, methods=["GET", "POST"]),
        ]
    routes += Writing(written, lambda name: name.startswith(documents.PREFIX), _body, _answer).routes()
    return Starlette(routes=routes, exception_handlers={Refusal: _refused, HTTPException: _unrouted})


def _searching(shop: Shop, points: PointsInTime, written: WrittenIndices) -> Handler:
    async def search(request: Request) -> Response:
        body = await _body(request)
        index = written.get(request.path_params.get("index", ""))
        if index is not None and "pit" not in body:
            return _answer(request, written_search.search(index, body))
        for name in ("size", "from", "track_total_hits", "sort", "timeout"):
            if name in request.query_params:
                body[name] = request.query_params[name]
        if "pit" not in body:
            return _answer(request, searches.search(shop, _indices(shop, request), body))
        if "index" in request.path_params:
            words = "[indices] cannot be used with point in time. Do not specify any index with point in time."
            raise invalid(words)
        if "ignore_unavailable" in request.query_params:
            raise invalid("[indicesOptions] cannot be used with point in time")
        return _answer(request, searches.search(shop, [], body, points.used(body["pit"])))

    return search


def _points_routes(shop: Shop, points: PointsInTime) -> list[Route]:
    async def open_pit(request: Request) -> Response:
        await _body(request)
        if "index" not in request.path_params:
            raise invalid("[index] is not specified")
        return _answer(request, points.open(_indices(shop, request), request.query_params.get("keep_alive")))

    async def close_pit(request: Request) -> Response:
        freed = points.close((await _body(request)).get("id"))
        return _answer(request, {"succeeded": freed, "num_freed": int(freed)}, 200 if freed else 404)

    return [
        Route("/{index}/_pit", open_pit, methods=["POST"]),
        Route("/_pit", open_pit, methods=["POST"]),
        Route("/_pit", close_pit, methods=["DELETE"]),
    ]


def _indices(shop: Shop, request: Request) -> list[str]:
    lenient = request.query_params.get("ignore_unavailable", "false") in ("true", "")
    return searches.resolved(shop, request.path_params.get("index", "_all"), lenient=lenient)


async def _body(request: Request) -> dict[str, Any]:
    for header in ("accept", "content-type"):
        found = _COMPATIBLE.search(request.headers.get(header, ""))
        if found and found.group(1) not in _OK_VERSIONS:
            raise Refusal(
                400,
                "media_type_header_exception",
                f"Invalid media-type value on headers [{header.title()}]: {header.title()} version must be either "
                f"version 8 or 7, but found {found.group(1)}.",
            )
    raw = await request.body()
    if not raw:
        return {}
    if "content-type" not in request.headers:
        raise Refusal(406, "content_type_header_exception", "Content-Type header [] is not supported")
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise Refusal(400, "x_content_parse_exception", f"[1:1] {error}") from None
    if not isinstance(body, dict):
        raise Refusal(400, "x_content_parse_exception", "[1:1] Expected [START_OBJECT]")
    return body


def _capabilities(patterns: list[str]) -> dict[str, Any]:
    every: dict[str, str] = {"_id": "_id", "_index": "_index"}
    for field, kind in documents.TYPES.items():
        *parents, _ = field.split(".")
        for depth in range(len(parents)):
            every[".".join(parents[: depth + 1])] = "object"
        every[field] = kind
        if kind == "text":
            every[f"{field}.keyword"] = "keyword"
    chosen = {field for field in every if any(_means(pattern.strip(), field) for pattern in patterns)}
    around = {parent for field in chosen for parent in every if field.startswith(f"{parent}.")}
    made = {}
    for field, kind in every.items():
        if field in chosen or (field in around and kind == "object"):
            inner = kind == "object"
            capability = {
                "type": kind,
                "metadata_field": field.startswith("_"),
                "searchable": not inner,
                "aggregatable": kind not in ("text", "object"),
            }
            made[field] = {kind: capability}
    return made


def _means(pattern: str, field: str) -> bool:
    return fnmatch.fnmatchcase(field, pattern) if "*" in pattern else field == pattern


def _answer(request: Request, body: Any, code: int = 200) -> Response:
    """JSON in the media type that was asked for, with the header by which clients know Elasticsearch."""
    asked = _COMPATIBLE.search(request.headers.get("accept", ""))
    media = "application/json"
    if asked and asked.group(1) in _OK_VERSIONS:
        media = f"application/vnd.elasticsearch+json;compatible-with={asked.group(1)}"
    headers = {"X-Elastic-Product": "Elasticsearch", "content-type": media}
    return Response(json.dumps(body, ensure_ascii=False).encode(), code, headers)


async def _refused(request: Request, error: Exception) -> Response:
    if isinstance(error, Refusal):
        return _answer(request, error.body, error.code)
    return _answer(request, error_body(500, "exception", str(error)), 500)


async def _unrouted(request: Request, error: Exception) -> Response:
    code = error.status_code if isinstance(error, HTTPException) else 500
    path = request.url.path
    if code == 405:
        words = f"Incorrect HTTP method for uri [{path}] and method [{request.method}]"
        return _answer(request, {"error": words, "status": 405}, 405)
    words = f"no handler found for uri [{path}] and method [{request.method}]"
    return _answer(request, error_body(400, "illegal_argument_exception", words), 400)
