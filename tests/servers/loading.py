"""Log lines and spans of a test's own, written into real servers and found there when the call returns."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpx

from servers.elasticsearch import Elasticsearch
from servers.jaeger import Jaeger
from servers.waiting import until

DOCUMENTS_AT_ONCE = 5_000
GROUPS_AT_ONCE = 500
"""Both keep one request well below the limits of its server."""

PATIENCE = 60.0

Document = Mapping[str, Any]


def load_lines(
    server: Elasticsearch,
    lines: Iterable[tuple[str, Document]],
    *,
    index: str,
    mapping: Document | None = None,
    refresh: bool = True,
) -> None:
    """Write documents, each with its id, into `index`; searches find them, without `refresh` about a second later.

    The index is made by `mapping` (as in `mappings` of an index) when it is given, else by the first document.
    A document whose id is there already is replaced. Raises httpx.HTTPError, and AssertionError when one is refused.
    """
    with _client(server.url) as client:
        if mapping is not None:
            client.put(f"/{index}", json={"mappings": mapping}).raise_for_status()
        part: list[tuple[str, Document]] = []
        for line in lines:
            part.append(line)
            if len(part) == DOCUMENTS_AT_ONCE:
                _write(client, index, part)
                part = []
        _write(client, index, part)
        if refresh:
            client.post(f"/{index}/_refresh").raise_for_status()


def _write(client: httpx.Client, index: str, lines: Sequence[tuple[str, Document]]) -> None:
    if not lines:
        return
    rows = [row for name, document in lines for row in ({"index": {"_id": name}}, document)]
    body = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    answer = client.post(f"/{index}/_bulk", content=body.encode(), headers={"content-type": "application/x-ndjson"})
    result = answer.raise_for_status().json()
    refused = [item["index"]["error"] for item in result["items"] if "error" in item["index"]]
    assert not refused, refused[0]


def load_spans(server: Jaeger, resource_spans: Sequence[Document]) -> None:
    """Send OTLP's `resourceSpans`; the trace of the last one is found.

    A search finds the rest then too: Jaeger stores them in their order. Raises httpx.HTTPError.
    """
    with _client(server.otlp) as client:
        for first in range(0, len(resource_spans), GROUPS_AT_ONCE):
            part = resource_spans[first : first + GROUPS_AT_ONCE]
            client.post("/v1/traces", json={"resourceSpans": part}).raise_for_status()
    spans = [span for group in resource_spans[-1:] for scope in group["scopeSpans"] for span in scope["spans"]]
    for trace_id in {str(span["traceId"]) for span in spans}:
        until(lambda trace_id=trace_id: has_trace(server, trace_id), f"trace {trace_id} stored", PATIENCE)  # type: ignore[misc]


def has_trace(server: Jaeger, trace_id: str) -> bool:
    """Whether Jaeger answers with the trace."""
    with _client(server.url) as client:
        return client.get(f"/api/v3/traces/{trace_id}").status_code == httpx.codes.OK


def index_named(test: str) -> str:
    """A name no other index has, for the test called `test`."""
    words = "".join(char if char.isalnum() and char.isascii() else "-" for char in test.lower())
    return f"{words.strip('-')[:60].strip('-')}-{uuid.uuid4().hex[:8]}"


def remove_index(server: Elasticsearch, pattern: str) -> None:
    """Delete the indices that `pattern` names; none is no error. Raises httpx.HTTPError."""
    with _client(server.url) as client:
        client.delete(f"/{pattern}", params={"ignore_unavailable": "true"}).raise_for_status()


def _client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE)
