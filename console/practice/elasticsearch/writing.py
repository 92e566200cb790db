"""Requests that make indices and write documents."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from opsconsole.practice.elasticsearch.refusal import Refusal
from opsconsole.practice.elasticsearch.written_index import Document, WrittenIndex, WrittenIndices

Answer = Callable[[Request, Any, int], Response]
Body = Callable[[Request], Awaitable[dict[str, Any]]]

_SHARDS = {"total": 1, "successful": 1, "failed": 0}


class Writing:
    """Writes to `written`; indices of which `is_log` is true are the shop's own, and nothing is written to them."""

    def __init__(self, written: WrittenIndices, is_log: Callable[[str], bool], body: Body, answer: Answer) -> None:
        """`body` reads a request's JSON, `answer` makes a response of a value and a status."""
        self._written = written
        self._is_log = is_log
        self._body = body
        self._answer = answer

    def routes(self) -> list[Route]:
        """For each kind of request."""
        return [
            Route("/{index}", self._make, methods=["PUT"]),
            Route("/{index}", self._remove, methods=["DELETE"]),
            Route("/{index}/_mapping", self._mapping),
            Route("/{index}/_refresh", self._refresh, methods=["GET", "POST"]),
            Route("/{index}/_doc/{id}", self._get),
            Route("/{index}/_doc/{id}", self._replace, methods=["PUT", "POST"]),
            Route("/{index}/_create/{id}", self._create, methods=["PUT", "POST"]),
            Route("/{index}/_bulk", self._bulk, methods=["PUT", "POST"]),
        ]

    async def _make(self, request: Request) -> Response:
        name = request.path_params["index"]
        if self._is_log(name):
            raise Refusal(400, "resource_already_exists_exception", f"index [{name}/logs] already exists")
        self._written.make(name, await self._body(request))
        return self._answer(request, {"acknowledged": True, "shards_acknowledged": True, "index": name}, 200)

    async def _remove(self, request: Request) -> Response:
        self._written.remove(self._there(request))
        return self._answer(request, {"acknowledged": True}, 200)

    async def _mapping(self, request: Request) -> Response:
        index = self._there(request)
        return self._answer(request, {index.name: {"mappings": index.mappings}}, 200)

    async def _refresh(self, request: Request) -> Response:
        self._there(request).refresh()
        return self._answer(request, {"_shards": _SHARDS}, 200)

    async def _get(self, request: Request) -> Response:
        index, name = self._there(request), request.path_params["id"]
        found = index.get(name)
        named = {"_index": index.name, "_id": name}
        if found is None:
            return self._answer(request, {**named, "found": False}, 404)
        numbered = {"_version": found.version, "_seq_no": found.seq_no, "_primary_term": index.term}
        return self._answer(request, {**named, **numbered, "found": True, "_source": found.source}, 200)

    async def _create(self, request: Request) -> Response:
        source = await self._body(request)
        index = self._to_write(request)
        return self._answer(request, _outcome(index, index.create(request.path_params["id"], source)), 201)

    async def _replace(self, request: Request) -> Response:
        source, asked = await self._body(request), request.query_params
        index = self._to_write(request)
        guard = (int(asked["if_seq_no"]), int(asked["if_primary_term"])) if "if_seq_no" in asked else None
        made = index.index(request.path_params["id"], source, guard)
        return self._answer(request, _outcome(index, made), 201 if made.version == 1 else 200)

    async def _bulk(self, request: Request) -> Response:
        lines = (await request.body()).split(b"\n")
        if not any(lines):
            raise Refusal(400, "parse_exception", "request body is required")
        if lines.pop():
            words = "The bulk request must be terminated by a newline [\\n]"
            raise Refusal(400, "illegal_argument_exception", words)
        index = self._to_write(request)
        items = [_item(index, action, line) for action, line in zip(lines[::2], lines[1::2], strict=False)]
        failed = any("error" in item["create"] for item in items)
        if "refresh" in request.query_params:
            index.refresh()
        return self._answer(request, {"errors": failed, "took": 1, "items": items}, 200)

    def _to_write(self, request: Request) -> WrittenIndex:
        name = request.path_params["index"]
        if self._is_log(name):
            words = f"index [{name}] blocked by: [FORBIDDEN/8/index write (api)];"
            raise Refusal(403, "cluster_block_exception", words)
        return self._written.to_write(name)

    def _there(self, request: Request) -> WrittenIndex:
        name = request.path_params["index"]
        found = self._written.get(name)
        if found is None:
            raise Refusal(404, "index_not_found_exception", f"no such index [{name}]")
        return found


def _item(index: WrittenIndex, action: bytes, line: bytes) -> dict[str, Any]:
    """What came of one pair of lines. Raises `Refusal` 400 for an action that is not known here."""
    try:
        ((kind, named),) = json.loads(action).items()
    except ValueError as error:
        raise Refusal(400, "illegal_argument_exception", f"Malformed action/metadata line: {error}") from None
    if kind != "create" or not isinstance(named, dict) or named.keys() != {"_id"}:
        raise Refusal(400, "illegal_argument_exception", f"Action [{kind}] is not known to the practice cluster")
    name = str(named["_id"])
    told: dict[str, Any] = {"_index": index.name, "_id": name}
    try:
        return {"create": {**_outcome(index, index.create(name, json.loads(line))), "status": 201}}
    except Refusal as refusal:
        if refusal.body["error"]["type"] == "action_request_validation_exception":
            raise
        cause = refusal.body["error"]["root_cause"][0]
        return {"create": {**told, "status": refusal.code, "error": cause}}
    except ValueError:
        cause = {"type": "document_parsing_exception", "reason": "[1:1] failed to parse"}
        return {"create": {**told, "status": 400, "error": cause}}


def _outcome(index: WrittenIndex, made: Document) -> dict[str, Any]:
    return {
        "_index": index.name,
        "_id": made.id,
        "_version": made.version,
        "result": "created" if made.version == 1 else "updated",
        "_shards": _SHARDS,
        "_seq_no": made.seq_no,
        "_primary_term": index.term,
    }
