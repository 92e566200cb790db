"""`/rules`, `/alerts`, `/targets` and the server's own state."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from opsconsole.clock import Clock
from opsconsole.practice.prometheus.answers import rfc3339, success
from opsconsole.practice.prometheus.parameters import Parameters
from opsconsole.practice.prometheus.rule_engine import ActiveAlert, GroupRecord, RuleEngine, RuleRecord
from opsconsole.practice.promql.errors import bad_data
from opsconsole.practice.promql.parsing import duration_text
from opsconsole.practice.promql.store import METRIC_NAME, LabelMatcher, MatchKind, SeriesStore, StoredSeries

VERSION = "2.42.0"
"""The release whose answers this server gives."""

SCRAPE_INTERVAL = 15.0
_NEVER = "0001-01-01T00:00:00Z"


def scientific(value: float) -> str:
    """A number as Go's 'e' format has it, which rules use for values: 1312 is `1.312e+03`."""
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124  - NaN
        return {"inf": "+Inf", "-inf": "-Inf"}.get(repr(value), "NaN")
    digits = repr(value).lstrip("-").split("e")[0].replace(".", "").strip("0")
    return f"{value:.{max(len(digits) - 1, 0)}e}"


def alert_object(alert: ActiveAlert) -> dict[str, Any]:
    """An alert of `/alerts` and `/rules`."""
    return {
        "labels": alert.labels,
        "annotations": alert.annotations,
        "state": alert.state,
        "activeAt": rfc3339(alert.active_at),
        "value": scientific(alert.value),
    }


def _rule_object(record: RuleRecord, evaluated_at: float, *, with_alerts: bool) -> dict[str, Any]:
    rule = record.rule
    return {
        "state": record.state,
        "name": rule.name,
        "query": rule.expression,
        "duration": rule.hold,
        "labels": dict(rule.labels),
        "annotations": dict(rule.annotations),
        "alerts": [alert_object(alert) for alert in record.active.values()] if with_alerts else [],
        "health": "ok",
        "evaluationTime": 0.0005,
        "lastEvaluation": rfc3339(evaluated_at),
        "type": "alerting",
    }


def _group_object(group: GroupRecord, parameters: Parameters) -> dict[str, Any]:
    names, exclude = parameters.texts("rule_name[]"), parameters.text("exclude_alerts") == "true"
    chosen = [record for record in group.records if not names or record.rule.name in names]
    if parameters.text("type") == "record":
        chosen = []
    return {
        "name": group.group.name,
        "file": group.group.file,
        "rules": [_rule_object(record, group.evaluated_at, with_alerts=not exclude) for record in chosen],
        "interval": group.group.interval,
        "limit": 0,
        "evaluationTime": 0.0005 * len(group.records),
        "lastEvaluation": rfc3339(group.evaluated_at),
    }


class Status:
    """The handlers about the server rather than its series."""

    def __init__(self, store: SeriesStore, rules: RuleEngine, clock: Clock) -> None:
        """Answer from the caught-up `rules`; `store` tells which targets are up."""
        self._store = store
        self._rules = rules
        self._clock = clock
        self._started_at = clock.now()

    async def rules(self, request: Request) -> Response:
        """`/api/v1/rules`. Raises PromQLError."""
        parameters = await Parameters.of(request)
        kind = parameters.text("type")
        if kind not in ("", "alert", "record"):
            raise bad_data(f'invalid parameter "type": not supported value "{kind}"')
        self._rules.catch_up(self._clock.now())
        files, groups = parameters.texts("file[]"), parameters.texts("rule_group[]")
        chosen = [
            group
            for group in self._rules.groups
            if (not files or group.group.file in files) and (not groups or group.group.name in groups)
        ]
        objects = [_group_object(group, parameters) for group in chosen]
        filtered = bool(kind == "record" or parameters.texts("rule_name[]"))
        return success({"groups": [one for one in objects if one["rules"] or not filtered]})

    async def alerts(self, _: Request) -> Response:
        """`/api/v1/alerts`."""
        self._rules.catch_up(self._clock.now())
        return success({"alerts": [alert_object(alert) for _, alert in self._rules.alerts]})

    async def targets(self, request: Request) -> Response:
        """`/api/v1/targets`: one for each `up` series."""
        parameters, now = await Parameters.of(request), self._clock.now()
        name = LabelMatcher(METRIC_NAME, MatchKind.EQUAL, "up")
        found = self._store.select([name], now - 300.0, now)
        active = [_target(series) for series in found if len(series.times)]
        state = parameters.text("state")
        answer: dict[str, Any] = {"activeTargets": active if state in ("", "any", "active") else []}
        return success({**answer, "droppedTargets": []})

    async def build_info(self, _: Request) -> Response:
        """`/api/v1/status/buildinfo`."""
        return success(
            {
                "version": VERSION,
                "revision": "practice",
                "branch": "practice",
                "buildUser": "opsconsole",
                "buildDate": "20230131-00:00:00",
                "goVersion": "go1.19.5",
            }
        )

    async def runtime_info(self, _: Request) -> Response:
        """`/api/v1/status/runtimeinfo`."""
        started = rfc3339(self._started_at)
        return success(
            {
                "startTime": started,
                "CWD": "/prometheus",
                "reloadConfigSuccess": True,
                "lastConfigTime": started,
                "corruptionCount": 0,
                "goroutineCount": 42,
                "GOMAXPROCS": 2,
                "GOGC": "",
                "GODEBUG": "",
                "storageRetention": "15d",
            }
        )

    async def config(self, _: Request) -> Response:
        """`/api/v1/status/config`."""
        files = "".join(f"- {file}\n" for file in sorted({group.group.file for group in self._rules.groups}))
        intervals = "".join(
            f"  {name}: {duration_text(SCRAPE_INTERVAL)}\n" for name in ("scrape_interval", "evaluation_interval")
        )
        return success({"yaml": f"global:\n{intervals}rule_files:\n{files}"})


def _target(series: StoredSeries) -> dict[str, Any]:
    labels = {name: value for name, value in series.labels.items() if name != METRIC_NAME}
    up, pool = bool(series.values[-1] == 1.0), labels.get("job", "")
    url = f"http://{labels.get('instance', 'unknown')}/metrics"
    return {
        "discoveredLabels": {"__address__": labels.get("instance", ""), "__metrics_path__": "/metrics", "job": pool},
        "labels": labels,
        "scrapePool": pool,
        "scrapeUrl": url,
        "globalUrl": url,
        "lastError": "" if up else f'Get "{url}": context deadline exceeded',
        "lastScrape": rfc3339(float(series.times[-1])) if len(series.times) else _NEVER,
        "lastScrapeDuration": 0.004,
        "health": "up" if up else "down",
        "scrapeInterval": duration_text(SCRAPE_INTERVAL),
        "scrapeTimeout": "10s",
    }
