"""Which panel a rule is about, which change a moment, which exemplar a cursor, and what a rollout brought."""

from __future__ import annotations

from datetime import UTC

import msgspec
import pytest

from opsconsole.actions import ACTIONS, PaneName
from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.log_query import LogFilter, LogOrigin, LogQuery
from opsconsole.domain.log_record import LogLevel, LogRecord
from opsconsole.domain.operation import FieldChange, Revision
from opsconsole.domain.pod import Change, ChangeKind
from opsconsole.domain.scope import Scope
from opsconsole.domain.selection import Selection
from opsconsole.domain.series import Exemplar, Panel, PanelReading, Severity
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeWindow
from opsconsole.domain.trace_query import TraceQuery
from opsconsole.panels.defaults import DEFAULTS
from opsconsole.practice.prometheus.practice_rules import PRACTICE_RULES
from opsconsole.screens.following import asked_anew
from opsconsole.screens.jumps import leads
from opsconsole.screens.jumps.jump import Step, extended
from opsconsole.screens.jumps.rollouts import brought, changes_about, nearest_change, rollout_of
from opsconsole.screens.jumps.rule_query import metric_names, panel_of, rule_query
from widget_samples import NOW, TRACES

T = SafeText
SCOPE = Scope(Selection(T("prod"), T("shop"), T("checkout")), TimeWindow(3600))
PANELS = tuple(
    Panel(f"{spec.id}:{place}", T(spec.title), candidate.query)
    for spec in DEFAULTS
    for place, candidate in enumerate(spec.candidates)
)


@pytest.mark.parametrize(
    ("alert", "panel"),
    [
        ("ErrorRateHigh", "errors"),
        ("LatencyHigh", "latency"),
        ("GoroutinesHigh", "goroutines"),
        ("PoolWaiting", "pool-waiting"),
        ("PoolSaturated", "pool"),
        ("OldGenerationHigh", "old-generation"),
        ("CacheHitRateLow", "cache"),
    ],
)
def test_the_panel_of_a_rule_asks_about_the_same_metrics(alert: str, panel: str) -> None:
    rule = next(rule for group in PRACTICE_RULES for rule in group.rules if rule.name == alert)
    found = panel_of(rule.expression, PANELS)
    assert found is not None
    assert found.id.split(":")[0] == panel


def test_a_rule_about_other_metrics_has_no_panel() -> None:
    assert panel_of("up == 0", PANELS) is None
    assert panel_of("probe_success == 0", PANELS) is None
    assert panel_of("", PANELS) is None


def test_functions_labels_and_strings_are_no_metrics() -> None:
    query = 'sum by (le, pod_name) (histogram_quantile(0.9, rate(a_b_bucket{x_y="c_d"}[1m]))) > on (x_z) abs(e_f)'
    assert metric_names(query) == {"a_b_bucket", "e_f"}


def alert(**values: object) -> Alert:
    told = {"fingerprint": T("f"), "name": T("A"), "state": AlertState.FIRING, "severity": Severity.CRITICAL}
    return Alert(**{**told, "started_at": NOW, "labels": {}, "annotations": {}, **values})  # type: ignore[arg-type]


def test_the_query_of_an_alert_is_its_rules_or_stands_in_its_link() -> None:
    link = T("http://prom/graph?g0.expr=a_b%7Bc%3D%22d%22%7D+%3E+1&g0.tab=1")
    assert rule_query(alert(generator_url=link)) == 'a_b{c="d"} > 1'
    assert rule_query(alert(generator_url=link, query=T("e_f > 2"))) == "e_f > 2"
    assert rule_query(alert(generator_url=T("http://prom/graph"))) == ""
    assert rule_query(alert(generator_url=T("http://prom/graph?g0.expr=a%1b%5b31mb"))) == "a[31mb"
    assert rule_query(alert()) == ""


def change(at: float, service: str, kind: ChangeKind = ChangeKind.DEPLOY) -> Change:
    return Change(at, kind, T("shop"), T(service), T(f"{kind.value} {service} {NOW - at:.0f}"))


def test_the_change_a_moment_is_about_is_the_last_deploy_of_its_service_in_the_hour_before() -> None:
    own, other = change(NOW - 900, "a"), change(NOW - 60, "b")
    restart, job, old = (
        change(NOW - 30, "a", ChangeKind.RESTART),
        change(NOW - 40, "c", ChangeKind.JOB),
        change(1.0, "a"),
    )
    everything = (restart, job, other, own, old)
    assert nearest_change(everything, T("a"), NOW) is own
    assert nearest_change((restart, job, other, old), T("a"), NOW) is other
    assert nearest_change((restart, job, old), T("a"), NOW) is restart
    assert nearest_change((old, job), T("a"), NOW) is old
    assert nearest_change((own,), T("a"), NOW - 1100) is own
    assert nearest_change((own,), T("a"), NOW - 1000) is own
    assert nearest_change((job,), T("c"), NOW) is job
    assert nearest_change((), T("a"), NOW) is None
    assert changes_about(everything, T("a"), NOW) == (restart, job, other, own, old)
    assert changes_about(everything, T("b"), NOW - 7200) == (other,)


def revision(number: int, *changes: tuple[str, str, str], current: bool = False) -> Revision:
    differing = tuple(FieldChange(T(path), T(before), T(after)) for path, before, after in changes)
    return Revision(number, T(f"r{number}"), NOW, (), current, changes=differing)


def test_what_a_rollout_brought_is_told_from_how_both_differ_from_what_is_in_force() -> None:
    now = revision(4, current=True)
    bad = revision(3, ("image", "v4", "v3"), ("env", "on", "off"))
    good = revision(2, ("image", "v4", "v2"), ("env", "on", "off"), ("cpu", "1", ""))
    assert brought(now, bad) == (
        FieldChange(T("image"), T("v3"), T("v4")),
        FieldChange(T("env"), T("off"), T("on")),
    )
    assert brought(bad, good) == (FieldChange(T("image"), T("v2"), T("v3")), FieldChange(T("cpu"), T(""), T("1")))
    assert brought(now, now) == ()


def test_a_rollout_replaced_the_newest_revision_kept_before_it() -> None:
    kept = (revision(9), revision(7), revision(4))
    assert rollout_of(kept, 9) == (kept[0], kept[1])
    assert rollout_of(kept, 4) == (kept[2], None)
    assert rollout_of(kept, 8) == (None, kept[1])


def test_the_exemplar_of_a_cursor_is_near_it_and_names_a_trace() -> None:
    near, far, nameless = (
        Exemplar(NOW - 100, 1.0, T("near")),
        Exemplar(NOW - 900, 1.0, T("far")),
        Exemplar(NOW - 60, 1.0),
    )
    reading = PanelReading(PANELS[0], (), 30.0, T("q"), (far, near, nameless))
    at = lambda moment: leads.nearest_exemplar(reading, msgspec.structs.replace(SCOPE, cursor=moment), NOW)  # noqa: E731
    assert at(NOW - 60) is near
    assert at(NOW - 1000) is far
    assert at(NOW - 500) is None
    assert at(None) is near
    assert leads.nearest_exemplar(None, SCOPE, NOW) is None


def test_what_is_asked_anew_keeps_level_and_origin_alone() -> None:
    query = LogQuery(T("words"), level=LogLevel.ERROR, filters=(LogFilter(T("a"), T("b")),), pattern=T("p"))
    scope = msgspec.structs.replace(
        SCOPE, logs=query, log_origin=LogOrigin.CONTAINERS, traces=TraceQuery(operation=T("GET"))
    )
    fresh = asked_anew(scope)
    assert fresh.logs == LogQuery(level=LogLevel.ERROR)
    assert (fresh.log_origin, fresh.traces) == (LogOrigin.CONTAINERS, TraceQuery())


def test_a_line_that_names_nothing_says_so_for_each_jump() -> None:
    bare = LogRecord(T("1"), NOW, LogLevel.INFO, T(""), T("?"))
    found = leads.line_leads(leads.Here(SCOPE, NOW, UTC), bare)
    assert {jump.id: str(jump.obstacle) for jump in found} == {
        "see_traces": "",
        "see_pod": "this line names no pod",
        "see_metrics": "this line names no service",
    }


def test_a_span_leads_to_its_lines_its_pod_and_its_services_panels() -> None:
    made = msgspec.structs.replace(TRACES.traces[1].spans[1], pod=T("checkout-1"), namespace=T("shop"))
    here = leads.Here(msgspec.structs.replace(SCOPE, cursor=None), NOW, UTC)
    by_id = {jump.id: jump for jump in leads.span_leads(here, made)}
    lines, pod, metrics = by_id["see_logs"], by_id["see_pod"], by_id["see_metrics"]
    assert lines.scope is not None
    assert (lines.scope.selection.service, lines.scope.selection.trace) == ("checkout", made.trace_id)
    assert lines.scope.cursor == made.start
    assert (pod.spot.pod, pod.pane) == ("checkout-1", PaneName.PODS)
    assert metrics.scope is not None
    assert metrics.scope.selection.trace is None


def test_every_jump_has_an_action_of_its_name() -> None:
    ids = {leads.METRICS, leads.LOGS, leads.TRACES, leads.POD, leads.CHANGE, leads.EXEMPLAR}
    assert ids <= {one.id for one in ACTIONS}


def test_the_trail_names_where_one_stood_unless_it_ends_there() -> None:
    alert_step, chart, log, pod = (
        Step(PaneName.ALERTS, T("alert")),
        Step(PaneName.METRICS, T("chart 14:03")),
        Step(PaneName.LOGS, T("log")),
        Step(PaneName.PODS, T("pod")),
    )
    trail = extended((), alert_step, chart)
    assert trail == (alert_step, chart)
    assert extended(trail, Step(PaneName.METRICS, T("chart")), log) == (alert_step, chart, log)
    assert extended(trail, pod, log) == (alert_step, chart, pod, log)
