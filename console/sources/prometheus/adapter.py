"""Lets `prometheus-api-client` send its requests over the console's wire.

Imported inside a worker thread only: it loads `requests` and the client.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter

from opsconsole.sources.prometheus.envelope import Envelope
from opsconsole.sources.wire import Answer

Fetch = Callable[[str, str, list[tuple[str, str]]], tuple[Answer, Envelope]]
"""Method, path below the base URL and parameters; blocks until the answer is there."""


class AnsweredResponse(requests.Response):
    """A response whose JSON has been decoded already."""

    def __init__(self, answer: Answer, envelope: Envelope) -> None:
        """Of an answer that was received whole and opened without an error."""
        super().__init__()
        self.status_code = answer.status
        self.raw = io.BytesIO(answer.body)
        self._envelope = envelope

    def json(self, **_: Any) -> dict[str, Any]:
        """What the client reads: the envelope's `data`."""
        return {"data": self._envelope.data}


class WireAdapter(BaseAdapter):
    """Hands requests below `base` to `fetch`; its timeout, TLS and proxy arguments are the wire's business."""

    def __init__(self, base: str, fetch: Fetch) -> None:
        """`base` is the URL the client was given, without a trailing slash."""
        super().__init__()
        self._base_path = urlsplit(base).path
        self._fetch = fetch

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """The answer. Parameters that the client put into the URL of a POST travel as its form."""
        del stream, timeout, verify, cert, proxies
        url = urlsplit(request.url or "")
        path = url.path.removeprefix(self._base_path)
        answer, envelope = self._fetch(request.method or "GET", path, parse_qsl(url.query, keep_blank_values=True))
        response = AnsweredResponse(answer, envelope)
        response.request, response.url = request, request.url or ""
        return response

    def close(self) -> None:
        """Nothing to give back: connections are the wire's."""


def client_over(base: str, fetch: Fetch) -> Any:
    """A `PrometheusConnect` for `base` that sends through `fetch`, without retries of its own."""
    from prometheus_api_client.prometheus_connect import PrometheusConnect  # noqa: PLC0415 - costs 60 ms, once

    session = requests.Session()
    session.trust_env = False
    client = PrometheusConnect(base, session=session, method="POST")
    # The constructor mounts an adapter of its own for `base`, with three retries; this one replaces it.
    session.mount(base, WireAdapter(base, fetch))
    return client
