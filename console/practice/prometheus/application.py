"""The practice Prometheus as a web application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from opsconsole.clock import Clock
from opsconsole.practice.prometheus.alert_series import StoreWithAlerts
from opsconsole.practice.prometheus.answers import failure
from opsconsole.practice.prometheus.catalogue import Catalogue
from opsconsole.practice.prometheus.queries import Queries
from opsconsole.practice.prometheus.rule_engine import RuleEngine
from opsconsole.practice.prometheus.status import Status
from opsconsole.practice.promql.engine import Engine
from opsconsole.practice.promql.errors import PromQLError
from opsconsole.practice.promql.store import SeriesStore
from opsconsole.practice.shop.exemplars import SeriesExemplars

Handler = Callable[[Request], Awaitable[Response]]


class Measured(Protocol):
    """What is monitored: its series and exemplars."""

    @property
    def series(self) -> SeriesStore:
        """All samples."""
        ...

    def exemplars(self, start: float, end: float) -> Iterable[SeriesExemplars]:
        """Observations with trace ids in `start..end` (unix seconds), by series."""
        ...


def application(shop: Measured, rules: RuleEngine, clock: Clock) -> Starlette:
    """Prometheus's HTTP API v1 over `shop`, with the alerts of `rules`, at the time of `clock`."""
    store = StoreWithAlerts(shop.series, rules)
    queries = Queries(Engine(store), shop, clock)
    catalogue, status = Catalogue(store, clock), Status(shop.series, rules, clock)

    def current(handler: Handler) -> Handler:
        async def with_alerts(request: Request) -> Response:
            rules.catch_up(clock.now())
            return await handler(request)

        return with_alerts

    both, get = ["GET", "POST"], ["GET"]
    return Starlette(
        routes=[
            Route("/api/v1/query", current(queries.instant), methods=both),
            Route("/api/v1/query_range", current(queries.range), methods=both),
            Route("/api/v1/query_exemplars", queries.exemplars, methods=both),
            Route("/api/v1/series", catalogue.series, methods=both),
            Route("/api/v1/labels", catalogue.labels, methods=both),
            Route("/api/v1/label/{name}/values", catalogue.values, methods=get),
            Route("/api/v1/metadata", catalogue.metadata, methods=get),
            Route("/api/v1/rules", status.rules, methods=get),
            Route("/api/v1/alerts", status.alerts, methods=get),
            Route("/api/v1/targets", status.targets, methods=get),
            Route("/api/v1/status/buildinfo", status.build_info, methods=get),
            Route("/api/v1/status/runtimeinfo", status.runtime_info, methods=get),
            Route("/api/v1/status/config", status.config, methods=get),
            Route("/-/healthy", _healthy, methods=get),
            Route("/-/ready", _ready, methods=get),
            Route("/", _front, methods=get),
        ],
        exception_handlers={PromQLError: _failed, 404: _not_found},
    )


async def _failed(_: Request, error: Exception) -> Response:
    return failure(error if isinstance(error, PromQLError) else PromQLError("internal", str(error)))


async def _not_found(_: Request, __: Exception) -> Response:
    return PlainTextResponse("404 page not found\n", 404)


async def _healthy(_: Request) -> Response:
    return PlainTextResponse("Prometheus Server is Healthy.\n")


async def _ready(_: Request) -> Response:
    return PlainTextResponse("Prometheus Server is Ready.\n")


async def _front(_: Request) -> Response:
    return HTMLResponse("<!doctype html><title>Prometheus</title><p>The practice Prometheus has no web interface.")
