"""The `elasticsearch` package with its requests going over the console's wire.

The package offers `node_class` for that. So deadlines, size limits, TLS, credentials and the read-only guard are
the wire's, once for all sources, and no retry, sniffing or Python warning of the package's own happens.
Importing it takes a fifth of a second: it is imported inside functions, called in a thread.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from urllib.parse import parse_qsl

import msgspec

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.late_import import late_import
from opsconsole.sources.wire import Wire

if TYPE_CHECKING:
    from elastic_transport import ApiResponse, ApiResponseMeta, BaseAsyncNode, Serializer
    from elasticsearch import AsyncElasticsearch


class _NodeAnswer(NamedTuple):
    """What a node gives the package: `meta` and `body` by name."""

    meta: ApiResponseMeta
    body: bytes


_PLACEHOLDER = "http://elasticsearch:9200"


def client_over(wire: Wire) -> AsyncElasticsearch:
    """A client whose every request goes through `wire` and whose bodies stay bytes."""
    late_import("elasticsearch")
    from elasticsearch import AsyncElasticsearch  # noqa: PLC0415  - imported late, see above

    return AsyncElasticsearch(
        _PLACEHOLDER,  # never contacted: the wire knows the server
        node_class=_node_class(wire),
        serializers={"application/json": _bytes_serializer()},
        max_retries=0,
        retry_on_status=(),
        meta_header=False,
    )


def _node_class(wire: Wire) -> type[BaseAsyncNode]:
    from elastic_transport import (  # noqa: PLC0415  - imported late, see above
        ApiResponseMeta,
        BaseAsyncNode,
        HttpHeaders,
    )
    from elastic_transport.client_utils import DEFAULT, DefaultType  # noqa: PLC0415  - imported late, see above

    class WireNode(BaseAsyncNode):
        """The one node there is. Raises `SourceError`, which passes through the package untouched."""

        async def perform_request(  # type: ignore[override]  # the package's own answer type is private
            self,
            method: str,
            target: str,
            body: bytes | None = None,
            headers: HttpHeaders | None = None,
            request_timeout: DefaultType | float | None = DEFAULT,
        ) -> _NodeAnswer:
            path, _, query = target.partition("?")
            answer = await wire.request(
                method,
                path,
                params=parse_qsl(query, keep_blank_values=True),
                content=body or None,
                headers=dict(headers or {}),
                deadline=request_timeout if isinstance(request_timeout, int | float) else None,
            )
            # The package turns `Warning` headers into Python warnings, which would write over the screen.
            kept = HttpHeaders({name: value for name, value in answer.headers.items() if name != "warning"})
            meta = ApiResponseMeta(answer.status, "1.1", kept, answer.latency, self.config)
            return _NodeAnswer(meta, answer.body)

        async def close(self) -> None:  # type: ignore[override]  # async in every async node of the package
            """The wire is closed by whoever made it."""

    return WireNode


def _bytes_serializer() -> Serializer:
    from elastic_transport import Serializer  # noqa: PLC0415  - imported late, see above

    class BytesSerializer(Serializer):
        """Leaves answers as bytes, to be decoded into just the fields that are needed."""

        mimetype: ClassVar[str] = "application/json"

        def loads(self, data: bytes) -> Any:
            return data

        def dumps(self, data: Any) -> bytes:
            return msgspec.json.encode(data)

    return BytesSerializer()


async def answered(call: Awaitable[ApiResponse[Any]], source: str) -> bytes:
    """The body of a call of the client. Raises `SourceError` for every error of the package."""
    from elastic_transport import TransportError  # noqa: PLC0415  - imported late, see above
    from elasticsearch import ApiError, UnsupportedProductError  # noqa: PLC0415  - imported late, see above

    try:
        response = await call
    except UnsupportedProductError as error:
        hint = "the console reads Elasticsearch 8 and 9; a proxy must pass on X-Elastic-Product"
        raise SourceError(ErrorKind.UNSUPPORTED, source, SafeText("it is not Elasticsearch"), hint=hint) from error
    except (ApiError, TransportError) as error:
        raise SourceError(ErrorKind.MALFORMED, source, safe_text(error.message, 200)) from error
    body = response.body
    if not isinstance(body, bytes):
        raise SourceError(ErrorKind.MALFORMED, source, SafeText("no JSON"))
    return body
