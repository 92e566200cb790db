"""Routes of Jaeger's query service: the v3 API, and the v1 JSON that older servers speak."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from opsconsole.practice.jaeger.parameters import (
    BadRequest,
    TraceQuery,
    dependency_range,
    legacy_query,
    trace_id,
    trace_query,
)
from opsconsole.practice.jaeger.spans import (
    failed,
    legacy_trace,
    resource_attributes,
    span_attributes,
    traces_data,
)
from opsconsole.practice.shop.requests import RequestSpan, RequestTrace
from opsconsole.practice.shop.shop import Shop
from opsconsole.practice.shop.topology import SERVICES

_TRACED = {service.name: [endpoint.key for endpoint in service.endpoints] for service in SERVICES if service.endpoints}
_NOT_FOUND = "trace not found"

Handler = Callable[[Request], Awaitable[Response]]


def application(shop: Shop) -> Starlette:
    """The trace store of `shop`."""
    routes = [*_stable(shop), *_legacy(shop)]
    return Starlette(routes=routes, exception_handlers={BadRequest: _refused})


async def _refused(request: Request, error: Exception) -> Response:
    code = error.code if isinstance(error, BadRequest) else 500
    if request.url.path.startswith("/api/v3"):
        return JSONResponse({"error": {"httpCode": code, "message": str(error)}}, code)
    return _enveloped(None, errors=[{"code": code, "msg": str(error)}], code=code)


def _stable(shop: Shop) -> list[Route]:
    async def services(_request: Request) -> Response:
        return JSONResponse({"services": sorted(_TRACED)})

    async def operations(request: Request) -> Response:
        service = request.query_params.get("service", "")
        kind = request.query_params.get("span_kind", request.query_params.get("spanKind", ""))
        found = [
            {"name": name, "spanKind": span_kind} for name, span_kind in _operations(service) if kind in ("", span_kind)
        ]
        return JSONResponse({"operations": found})

    async def traces(request: Request) -> Response:
        found = _search(shop, trace_query(request.query_params))
        if not found:
            raise BadRequest(404, "No traces found")
        return JSONResponse({"result": traces_data(found)})

    async def trace(request: Request) -> Response:
        found = shop.trace(trace_id(request.path_params["trace_id"], named=True))
        if found is None:
            raise BadRequest(404, "No traces found")
        return JSONResponse({"result": traces_data([found])})

    return [
        Route("/api/v3/services", services),
        Route("/api/v3/operations", operations),
        Route("/api/v3/traces", traces),
        Route("/api/v3/traces/{trace_id}", trace),
    ]


def _legacy(shop: Shop) -> list[Route]:
    async def services(_request: Request) -> Response:
        return _enveloped(sorted(_TRACED))

    async def operations(request: Request) -> Response:
        names = sorted({name for name, _ in _operations(request.path_params["service"])})
        return _enveloped(names or None)

    async def kinds(request: Request) -> Response:
        found = _operations(request.query_params.get("service", ""))
        return _enveloped([{"name": name, "spanKind": kind} for name, kind in found])

    async def traces(request: Request) -> Response:
        query = legacy_query(request.query_params, request.query_params.getlist("tag"), shop.now())
        return _enveloped([legacy_trace(one) for one in _search(shop, query)])

    async def trace(request: Request) -> Response:
        found = shop.trace(trace_id(request.path_params["trace_id"], named=False))
        if found is None:
            return _enveloped(None, errors=[{"code": 404, "msg": _NOT_FOUND}], code=404)
        return _enveloped([legacy_trace(found)])

    async def dependencies(request: Request) -> Response:
        start, end = dependency_range(request.query_params, shop.now())
        return _enveloped(_dependencies(shop, start, end))

    return [
        Route("/api/services", services),
        Route("/api/services/{service}/operations", operations),
        Route("/api/operations", kinds),
        Route("/api/traces", traces),
        Route("/api/traces/{trace_id}", trace),
        Route("/api/dependencies", dependencies),
    ]


def _enveloped(found: Any, *, errors: list[dict[str, Any]] | None = None, code: int = 200) -> Response:
    total = len(found) if isinstance(found, list) else 0
    return JSONResponse({"data": found, "total": total, "limit": 0, "offset": 0, "errors": errors}, code)


def _operations(service: str) -> list[tuple[str, str]]:
    found = [(name, "server") for name in _TRACED.get(service, ())]
    called = {call for one in SERVICES if one.name == service for point in one.endpoints for call in point.calls}
    for call in sorted(called, key=lambda one: (one.service, one.endpoint)):
        names = {"postgres": f"SELECT shop.{service}", "redis": "GET payment"}
        name = names.get(call.service, f"HTTP {call.endpoint.split(' ')[0]}")
        if (name, "client") not in found:
            found.append((name, "client"))
    return found


def _search(shop: Shop, query: TraceQuery) -> list[RequestTrace]:
    """The newest traces in which one span of the service fulfils all that is asked."""
    found: list[RequestTrace] = []
    for trace in shop.traces(query.start, query.end):
        if any(_fulfils(span, query) for span in trace.spans):
            found.append(trace)
            if len(found) >= query.depth:
                break
    return found


def _fulfils(span: RequestSpan, query: TraceQuery) -> bool:
    if query.service and span.service != query.service:
        return False
    if query.operation and span.operation != query.operation:
        return False
    if not query.shortest <= span.duration <= query.longest:
        return False
    return not query.attributes or _has(span, query.attributes)


def _has(span: RequestSpan, wanted: Mapping[str, str]) -> bool:
    told = {key: value for _, _, attributes in span.events for key, value in attributes.items()}
    present = {**told, **resource_attributes(span), **span_attributes(span), "span.kind": span.kind}
    if failed(span):
        present |= {"error": True, "otel.status_code": "ERROR"}
    shown = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in present.items()}
    return all(shown.get(key) == value for key, value in wanted.items())


def _dependencies(shop: Shop, start: float, end: float) -> list[dict[str, Any]]:
    """Spans below spans of each service, those of the same service too, as Jaeger counts them."""
    calls: Counter[tuple[str, str]] = Counter()
    for trace in shop.traces(start, end):
        makers = {span.span_id: span.service for span in trace.spans}
        calls.update((makers[span.parent_id], span.service) for span in trace.spans if span.parent_id in makers)
    return [{"parent": parent, "child": child, "callCount": count} for (parent, child), count in sorted(calls.items())]
