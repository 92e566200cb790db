"""The practice Alertmanager as a web application (API v2)."""

from __future__ import annotations

import re
import urllib.parse
import uuid
from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from opsconsole.clock import Clock
from opsconsole.practice.alertmanager.alerts import INHIBITION, RECEIVERS, ReceivedAlert, received
from opsconsole.practice.alertmanager.matching import all_match, parse_filter
from opsconsole.practice.alertmanager.silences import Silence, SilenceError, Silences
from opsconsole.practice.alertmanager.wire import (
    BodyError,
    alert_object,
    answer,
    silence_object,
    silence_of,
    stamp,
)
from opsconsole.practice.prometheus.rule_engine import RuleEngine
from opsconsole.practice.promql.store import LabelMatcher, MatchKind

VERSION = "0.25.0"
"""The release whose answers this server gives."""

GROUP_BY = "alertname"
DAY = 86400.0


def heartbeat_silence(now: float) -> Silence:
    """The silence the cluster starts with: nobody wants to see that alerting works."""
    matchers = (LabelMatcher("alertname", MatchKind.EQUAL, "Watchdog"),)
    silence_id = str(uuid.uuid5(uuid.NAMESPACE_DNS, "watchdog.shop.example"))
    comment = "The heartbeat of alerting is watched by a machine"
    return Silence(silence_id, matchers, now - DAY, now + 30 * DAY, "ops@shop.example", comment, now - DAY)


def application(rules: RuleEngine, clock: Clock, silences: Silences | None = None) -> Starlette:
    """Alertmanager over the firing alerts of `rules`; without `silences`, the heartbeat's only."""
    kept = Silences((heartbeat_silence(clock.now()),)) if silences is None else silences
    api = _Api(rules, clock, kept)
    return Starlette(
        routes=[
            Route("/api/v2/status", api.status, methods=["GET"]),
            Route("/api/v2/alerts", api.alerts, methods=["GET"]),
            Route("/api/v2/alerts/groups", api.groups, methods=["GET"]),
            Route("/api/v2/silences", api.silences, methods=["GET"]),
            Route("/api/v2/silences", api.put_silence, methods=["POST"]),
            Route("/api/v2/silence/{silence_id}", api.silence, methods=["GET"]),
            Route("/api/v2/silence/{silence_id}", api.delete_silence, methods=["DELETE"]),
            Route("/api/v2/receivers", api.receivers, methods=["GET"]),
            Route("/-/healthy", _well, methods=["GET"]),
            Route("/-/ready", _well, methods=["GET"]),
            Route("/", _front, methods=["GET"]),
        ],
        exception_handlers={
            SilenceError: _refused_silence,
            BodyError: _refused_body,
            ValueError: _bad_request,
            404: _not_found,
        },
    )


class _Api:
    """The handlers."""

    def __init__(self, rules: RuleEngine, clock: Clock, silences: Silences) -> None:
        self._rules = rules
        self._clock = clock
        self._silences = silences
        self._started_at = clock.now()

    async def status(self, _: Request) -> Response:
        version = {
            "branch": "practice",
            "buildDate": "20221222-00:00:00",
            "buildUser": "opsconsole",
            "goVersion": "go1.19.4",
            "revision": "practice",
            "version": VERSION,
        }
        return answer(
            {
                "cluster": {"peers": [], "status": "disabled"},
                "config": {"original": _configuration()},
                "uptime": stamp(self._started_at),
                "versionInfo": version,
            }
        )

    async def alerts(self, request: Request) -> Response:
        return answer([alert_object(alert) for alert in self._chosen(request)])

    async def groups(self, request: Request) -> Response:
        groups: dict[tuple[str, str], list[ReceivedAlert]] = {}
        for alert in self._chosen(request):
            groups.setdefault((alert.labels.get(GROUP_BY, ""), alert.receiver), []).append(alert)
        return answer(
            [
                {
                    "alerts": [alert_object(alert) for alert in groups[name, receiver]],
                    "labels": {GROUP_BY: name},
                    "receiver": {"name": receiver},
                }
                for name, receiver in sorted(groups)
            ]
        )

    async def receivers(self, _: Request) -> Response:
        return answer([{"name": receiver.name} for receiver in RECEIVERS])

    async def silences(self, request: Request) -> Response:
        filters, now = _filters(request), self._clock.now()
        found = [silence for silence in self._silences.listed(now) if _concerns(silence, filters)]
        return answer([silence_object(silence, now) for silence in found])

    async def put_silence(self, request: Request) -> Response:
        now = self._clock.now()
        silence_id = self._silences.put(silence_of(await request.body(), now), now)
        return answer({"silenceID": silence_id})

    async def silence(self, request: Request) -> Response:
        silence = self._silences.get(_silence_id(request))
        return Response(status_code=404) if silence is None else answer(silence_object(silence, self._clock.now()))

    async def delete_silence(self, request: Request) -> Response:
        self._silences.expire(_silence_id(request), self._clock.now())
        return Response()

    def _chosen(self, request: Request) -> list[ReceivedAlert]:
        """The alerts that the request's flags, filters and receiver let through. Raises ValueError."""
        now = self._clock.now()
        self._rules.catch_up(now)
        filters = _filters(request)
        active, silenced, inhibited = (_flag(request, name) for name in ("active", "silenced", "inhibited"))
        receiver = _receiver_pattern(request)
        return [
            alert
            for alert in received(self._rules, self._silences, now)
            if (active or alert.state != "active")
            and (silenced or not alert.silenced_by)
            and (inhibited or not alert.inhibited_by)
            and all_match(filters, alert.labels)
            and (receiver is None or receiver.fullmatch(alert.receiver))
        ]


def _parameters(request: Request) -> dict[str, list[str]]:
    return urllib.parse.parse_qs(request.url.query, keep_blank_values=True)


def _filters(request: Request) -> list[LabelMatcher]:
    return [parse_filter(text) for text in _parameters(request).get("filter", [])]


def _flag(request: Request, name: str) -> bool:
    """True unless the request says otherwise; text that is no boolean is ignored."""
    return _parameters(request).get(name, ["true"])[-1].lower() not in ("false", "0", "f", "no", "off")


def _receiver_pattern(request: Request) -> re.Pattern[str] | None:
    text = _parameters(request).get("receiver", [""])[-1]
    try:
        return re.compile(text) if text else None
    except re.error as error:
        raise ValueError(f"failed to parse receiver param: {text}") from error


def _silence_id(request: Request) -> str:
    text = str(request.path_params["silence_id"])
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise BodyError(422, 601, f'silenceID in path must be of type uuid: "{text}"') from error


def _concerns(silence: Silence, filters: Sequence[LabelMatcher]) -> bool:
    """Whether what a silence's matchers say fulfils `filters` (api/v2: CheckSilenceMatchesFilterLabels)."""
    return all_match(filters, {one.name: one.value for one in silence.matchers})


def _configuration() -> str:
    routes = "".join(
        f"  - receiver: {receiver.name}\n    matchers:\n"
        + "".join(f'    - {one.name}{one.kind.value}"{one.value}"\n' for one in receiver.matchers)
        for receiver in RECEIVERS
        if receiver.matchers
    )
    equal = "".join(f"  - {name}\n" for name in INHIBITION.equal)
    names = "".join(f"- name: {receiver.name}\n" for receiver in RECEIVERS)
    return (
        f"route:\n  receiver: {RECEIVERS[-1].name}\n  group_by:\n  - {GROUP_BY}\n  routes:\n{routes}"
        'inhibit_rules:\n- source_matchers:\n  - severity="critical"\n  target_matchers:\n  - severity="warning"\n'
        f"  equal:\n{equal}receivers:\n{names}"
    )


async def _refused_silence(_: Request, error: Exception) -> Response:
    return answer(str(error), error.status if isinstance(error, SilenceError) else 400)


async def _refused_body(_: Request, error: Exception) -> Response:
    code, status = (error.code, error.status) if isinstance(error, BodyError) else (400, 400)
    return answer({"code": code, "message": str(error)}, status)


async def _bad_request(_: Request, error: Exception) -> Response:
    return answer(str(error), 400)


async def _not_found(request: Request, _: Exception) -> Response:
    return answer({"code": 404, "message": f"path {request.url.path} was not found"}, 404)


async def _well(_: Request) -> Response:
    return PlainTextResponse("OK")


async def _front(_: Request) -> Response:
    return HTMLResponse("<!doctype html><title>Alertmanager</title><p>The practice Alertmanager has no web interface.")
