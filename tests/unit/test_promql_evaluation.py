"""PromQL over stored samples, against figures worked out by hand."""

from __future__ import annotations

import math

import pytest

from opsconsole.practice.promql.engine import Engine, SamplesAnswer
from opsconsole.practice.promql.errors import PromQLError
from opsconsole.practice.promql.store import STALE, MemoryStore
from opsconsole.practice.promql.values import Scalar, Text, Vector

T = 1_700_000_000.0


def store() -> MemoryStore:
    """Every 10 s for 5 minutes: counters of two services, a gauge, a histogram."""
    made = MemoryStore()
    times = [T + 10 * number for number in range(31)]
    for service, pod, rate in (("cart", "c1", 2.0), ("cart", "c2", 4.0), ("pay", "p1", 1.0)):
        labels = {"service": service, "pod": pod}
        made.add({"__name__": "hits_total", **labels}, times, [rate * 10 * n for n in range(31)])
        made.add({"__name__": "load", **labels}, times, [rate] * 31)
        for bound, share in (("0.1", 0.5), ("0.5", 0.9), ("+Inf", 1.0)):
            bucket = {"__name__": "took_bucket", "le": bound, **labels}
            made.add(bucket, times, [rate * 100 * share * n for n in range(31)])
    made.add({"__name__": "team", "service": "cart", "owner": "ann"}, times, [1.0] * 31)
    made.add({"__name__": "team", "service": "pay", "owner": "bob"}, times, [1.0] * 31)
    return made


def asked(query: str, at: float = T + 300, held: MemoryStore | None = None) -> dict[str, float]:
    """The answer at one moment: `name=value` labels in order, joined by commas, to the value."""
    value = Engine(held or store()).instant(query, at)
    assert isinstance(value, Vector)
    keys = [",".join(f"{name}={text}" for name, text in sorted(labels.items())) for labels in value.labels]
    return dict(zip(keys, value.values[:, 0].tolist(), strict=True))


def one(query: str, at: float = T + 300, held: MemoryStore | None = None) -> float:
    (value,) = asked(query, at, held).values()
    return value


@pytest.mark.parametrize(
    ("query", "pods"),
    [
        ('load{service="cart"}', {"c1", "c2"}),
        ('load{service!="cart"}', {"p1"}),
        ('load{pod=~"c.|p1"}', {"c1", "c2", "p1"}),
        ('load{pod=~"c"}', set()),
        ('load{pod!~"c.*"}', {"p1"}),
        ('load{nowhere=""}', {"c1", "c2", "p1"}),
        ('{__name__="load",service="pay"}', {"p1"}),
    ],
)
def test_matchers_select_whole_values(query: str, pods: set[str]) -> None:
    value = Engine(store()).instant(query, T + 300)
    assert isinstance(value, Vector)
    assert {labels["pod"] for labels in value.labels} == pods


@pytest.mark.parametrize(
    ("query", "figure"),
    [
        ('rate(hits_total{pod="c1"}[1m])', 2.0),
        ('increase(hits_total{pod="c1"}[1m])', 120.0),
        ('irate(hits_total{pod="c2"}[1m])', 4.0),
        ('delta(hits_total{pod="p1"}[1m])', 60.0),
        ('idelta(hits_total{pod="p1"}[1m])', 10.0),
        ('deriv(hits_total{pod="c1"}[1m])', 2.0),
        ('predict_linear(hits_total{pod="c1"}[1m], 100)', 800.0),
        ('avg_over_time(hits_total{pod="p1"}[1m])', 270.0),
        ('min_over_time(hits_total{pod="p1"}[1m])', 240.0),
        ('max_over_time(hits_total{pod="p1"}[1m])', 300.0),
        ('sum_over_time(load{pod="c2"}[1m])', 28.0),
        ('count_over_time(load{pod="c2"}[1m])', 7.0),
        ('last_over_time(hits_total{pod="p1"}[1m])', 300.0),
        ('quantile_over_time(0.5, hits_total{pod="p1"}[1m])', 270.0),
        ('stddev_over_time(hits_total{pod="p1"}[1m])', 20.0),
        ('present_over_time(load{pod="p1"}[1m])', 1.0),
        ('changes(hits_total{pod="p1"}[1m])', 6.0),
        ('resets(hits_total{pod="p1"}[1m])', 0.0),
        ('hits_total{pod="p1"} offset 1m', 240.0),
        ('hits_total{pod="p1"} @ 1700000100', 100.0),
        ("sum(load)", 7.0),
        ("avg(load)", 7 / 3),
        ("min(load)", 1.0),
        ("max(load)", 4.0),
        ("count(load)", 3.0),
        ("stdvar(load)", 14 / 9),
        ("quantile(0.5, load)", 2.0),
        ("histogram_quantile(0.5, sum by (le) (rate(took_bucket[1m])))", 0.1),
        ("histogram_quantile(0.7, sum by (le) (rate(took_bucket[1m])))", 0.3),
        ("histogram_quantile(0.95, sum by (le) (rate(took_bucket[1m])))", 0.5),
        ("scalar(sum(load)) * vector(2)", 14.0),
        ("max_over_time(sum(hits_total)[1m:10s])", 2100.0),
        ('clamp(load{pod="c2"}, 1, 3)', 3.0),
        ('round(load{pod="c2"} / 3, 0.5)', 1.5),
        ('timestamp(load{pod="c2"})', T + 300),
        ("absent(nothing)", 1.0),
        ("hour(vector(1700000000))", 22.0),
        ("day_of_week(vector(1700000000))", 2.0),
        ("days_in_month(vector(1709164800))", 29.0),
        ("-sum(load) ^ 2", -49.0),
        ("sum(load) % 4", 3.0),
    ],
)
def test_functions_and_operators_give_the_figure_worked_out_by_hand(query: str, figure: float) -> None:
    assert one(query) == pytest.approx(figure)


def test_grouping_keeps_the_labels_it_names() -> None:
    assert asked("sum by (service) (load)") == {"service=cart": 6.0, "service=pay": 1.0}
    assert asked("sum without (pod) (load)") == {"service=cart": 6.0, "service=pay": 1.0}


def test_topk_keeps_series_whole_and_best_first() -> None:
    assert list(asked("topk(2, load)").items()) == [
        ("__name__=load,pod=c2,service=cart", 4.0),
        ("__name__=load,pod=c1,service=cart", 2.0),
    ]


def test_a_comparison_filters_and_with_bool_says_so() -> None:
    assert asked("load > 1.5") == {"__name__=load,pod=c1,service=cart": 2.0, "__name__=load,pod=c2,service=cart": 4.0}
    assert asked("sum by (service) (load) > bool 5") == {"service=cart": 1.0, "service=pay": 0.0}


def test_group_left_brings_labels_of_the_other_side() -> None:
    found = asked("sum by (service, pod) (load) * on (service) group_left (owner) team")
    assert found["owner=bob,pod=p1,service=pay"] == 1.0
    assert found["owner=ann,pod=c2,service=cart"] == 4.0


def test_set_operators_work_by_label_sets() -> None:
    assert asked('sum by (pod) (load) and on (pod) load{service="pay"}') == {"pod=p1": 1.0}
    assert asked('sum by (pod) (load) unless on (pod) load{service="cart"}') == {"pod=p1": 1.0}
    assert asked('sum by (pod) (load{pod="c1"}) or sum by (pod) (load)') == {
        "pod=c1": 2.0,
        "pod=c2": 4.0,
        "pod=p1": 1.0,
    }


def test_labels_are_rewritten_and_joined() -> None:
    replaced = asked('label_replace(sum by (pod) (load), "letter", "$1", "pod", "(.).*")')
    assert replaced["letter=c,pod=c1"] == 2.0
    joined = asked('label_join(sum by (pod, service) (load), "id", "/", "service", "pod")')
    assert joined["id=pay/p1,pod=p1,service=pay"] == 1.0


def test_a_counter_reset_is_no_fall() -> None:
    held = MemoryStore()
    held.add({"__name__": "n_total"}, [T, T + 10, T + 20, T + 30], [100, 110, 5, 15])
    assert one("increase(n_total[30s])", T + 30, held) == pytest.approx(25.0)
    assert one("resets(n_total[30s])", T + 30, held) == 1.0


def test_extrapolation_never_takes_a_counter_below_zero() -> None:
    held = MemoryStore()
    held.add({"__name__": "n_total"}, [T + 50, T + 60], [1, 21])
    # 20 in 10 s would reach zero half a second before the first sample.
    assert one("increase(n_total[1m])", T + 60, held) == pytest.approx(21.0)


def test_a_series_is_seen_for_five_minutes_after_its_last_sample() -> None:
    held = MemoryStore()
    held.add({"__name__": "n"}, [T], [1])
    assert one("n", T + 300, held) == 1.0
    assert asked("n", T + 300.001, held) == {}


def test_a_staleness_marker_ends_a_series_at_once() -> None:
    held = MemoryStore()
    held.add({"__name__": "n"}, [T, T + 10, T + 20], [1, 2, STALE])
    assert one("n", T + 19, held) == 2.0
    assert asked("n", T + 20, held) == {}
    assert one("count_over_time(n[1m])", T + 20, held) == 2.0


def test_nan_is_a_sample_and_absence_is_none() -> None:
    held = MemoryStore()
    held.add({"__name__": "n", "k": "nan"}, [T], [math.nan])
    held.add({"__name__": "n", "k": "two"}, [T], [2.0])
    assert one("count(n)", T, held) == 2.0
    assert one("max(n)", T, held) == 2.0
    assert math.isnan(one("sum(n)", T, held))


def test_a_range_query_leaves_gaps_open() -> None:
    held = MemoryStore()
    held.add({"__name__": "n"}, [T, T + 1000], [1, 2])
    answer = Engine(held).range("n", T, T + 1200, 100)
    assert answer.present[0].tolist() == [True] * 4 + [False] * 6 + [True] * 3


def test_a_range_selector_asked_at_one_moment_gives_its_samples() -> None:
    value = Engine(store()).instant('load{pod="p1"}[20s]', T + 300)
    assert isinstance(value, SamplesAnswer)
    ((labels, times, values),) = value.series
    assert labels["pod"] == "p1"
    assert times.tolist() == [T + 280, T + 290, T + 300]
    assert values.tolist() == [1.0] * 3


def test_scalars_and_strings_stay_what_they_are() -> None:
    engine = Engine(store())
    number, text = engine.instant("2 ^ 3 ^ 2", T), engine.instant('"hello"', T)
    assert isinstance(number, Scalar)
    assert number.values.tolist() == [512.0]
    assert text == Text("hello")


@pytest.mark.parametrize(
    ("query", "kind", "words"),
    [
        ("sum(", "bad_data", "unclosed left parenthesis"),
        ("rate(load)", "bad_data", "expected type matrix"),
        ("no_such(load)", "bad_data", "unknown function"),
        ("double_exponential_smoothing(load[1m], 0.5, 0.5)", "bad_data", "not evaluated by this server"),
        ("limitk(2, load)", "bad_data", "not evaluated by this server"),
        ('load{pod=~"\\\\pL"}', "bad_data", "can't be used"),
        ("load * on (service) team * on (service) load", "execution", "many-to-one matching must be explicit"),
        ("team * on (service) load", "execution", "many-to-many matching not allowed"),
        ('label_replace(load, "pod", "x", "pod", ".*")', "execution", "same labelset"),
        ('abs({__name__=~"load|hits_total"})', "execution", "same labelset"),
    ],
)
def test_what_has_no_answer_is_an_error_with_a_sentence(query: str, kind: str, words: str) -> None:
    with pytest.raises(PromQLError, match=words.replace("(", "\\(")) as caught:
        Engine(store()).instant(query, T + 300)
    assert caught.value.kind == kind


@pytest.mark.parametrize("query", ["1" + "+1" * 600, "1" + "+1" * 50_000, "abs(" * 5000 + "load" + ")" * 5000])
def test_an_expression_nested_too_deeply_is_refused_and_kills_nothing(query: str) -> None:
    with pytest.raises(PromQLError, match="nested too deeply"):
        Engine(store()).instant(query, T + 300)


def test_a_long_pattern_is_not_deep() -> None:
    pods = "|".join(f"pod-(with)-a-long-name={number}" for number in range(2000))
    assert asked(f'load{{pod=~"{pods}|c1"}}') == {"__name__=load,pod=c1,service=cart": 2.0}


def test_a_moment_before_1970_holds_nothing() -> None:
    assert asked("load @ -5") == {}


def test_a_subquery_of_millions_of_steps_is_refused() -> None:
    with pytest.raises(PromQLError, match="too many samples") as caught:
        Engine(store()).instant("max_over_time(load[10y:1ms])", T + 300)
    assert caught.value.kind == "execution"


@pytest.mark.parametrize("query", ["load[1m]", '"text"'])
def test_a_range_query_wants_a_scalar_or_an_instant_vector(query: str) -> None:
    with pytest.raises(PromQLError, match="must be Scalar or instant Vector"):
        Engine(store()).range(query, T, T + 60, 10)
