"""Queries stay queries, whatever is selected."""

from __future__ import annotations

import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.panels.template import Variables, promql_pattern, promql_string, rate_interval, render

ALL = Variables("checkout", "shop", "checkout-1", interval=15, rate_interval=60)
NONE = Variables()


@pytest.mark.parametrize(
    ("query", "selected", "unselected"),
    [
        ('up{job="$service"}', 'up{job="checkout"}', 'up{job=~".*"}'),
        ("up{job='$service',pod=~'$pod'}", 'up{job="checkout",pod=~"checkout-1"}', 'up{job=~".*",pod=~".*"}'),
        ("up{job=`$service`}", 'up{job="checkout"}', 'up{job=~".*"}'),
        ('up{job = "${service}"}', 'up{job = "checkout"}', 'up{job =~ ".*"}'),
        ('up{pod=~"$service-.+"}', 'up{pod=~"checkout-.+"}', 'up{pod=~".*-.+"}'),
        ('up{job="$namespace/$service"}', 'up{job="shop/checkout"}', 'up{job=~".*/.*"}'),
        ('up{job="a.b/$service"}', 'up{job="a.b/checkout"}', 'up{job=~"a\\\\.b/.*"}'),
        ('up{job!="$service"}', 'up{job!="checkout"}', 'up{job=~".*"}'),
        ('up{job!~"$service|x"}', 'up{job!~"checkout|x"}', 'up{job=~".*"}'),
        ('{job="$service"}', '{job="checkout"}', '{job=~".+"}'),
        ('x or {job="$service"}', 'x or {job="checkout"}', 'x or {job=~".+"}'),
        ('sum by (job) ({job="$service"})', 'sum by (job) ({job="checkout"})', None),
        ("rate(x[$__rate_interval])", "rate(x[60s])", "rate(x[60s])"),
        ("avg_over_time(x[${interval}])", "avg_over_time(x[15s])", "avg_over_time(x[15s])"),
        ('label_replace(up, "a", "$1", "b", "(.*)")', 'label_replace(up, "a", "$1", "b", "(.*)")', None),
        ('label_replace(up, "a", "$service", "", "")', 'label_replace(up, "a", "checkout", "", "")', None),
        ('up # "$service', 'up # "$service', 'up # "$service'),
        ('up{job="$service_name"}', 'up{job="$service_name"}', 'up{job="$service_name"}'),
    ],
)
def test_variables_are_filled_and_unset_ones_widen(query: str, selected: str, unselected: str | None) -> None:
    assert render(query, ALL) == selected
    promql_parser.parse(selected)
    if unselected is not None:
        assert render(query, NONE) == unselected
        promql_parser.parse(unselected)


def matchers_of(query: str) -> list[tuple[str, str]]:
    (selector,) = (promql_parser.parse(query),)
    return [(matcher.name, matcher.value) for matcher in selector.matchers.matchers]


HOSTILE = ['"} or vector(1) #', "a\\", 'a"b', "a\nb", "$pod", "😀", "\x00", "'", "`", ".*", "a|b", "{{x}}", "\u202e"]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("quote", ['"', "'", "`"])
def test_a_value_can_not_leave_its_string(value: str, quote: str) -> None:
    rendered = render(f"up{{job={quote}$service{quote}}}", Variables(service=value))
    assert matchers_of(rendered) == [("job", value)]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_being_quoted(value: str) -> None:
    assert matchers_of(f"up{{job={promql_string(value)}}}") == [("job", value)]
    assert matchers_of(render('up{job="$service"}', Variables(service=value))) == [("job", value)]


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12))
def test_a_value_in_a_pattern_matches_only_itself(value: str) -> None:
    ((_, pattern),) = matchers_of(render('up{job=~"$service"}', Variables(service=value)))
    assert pattern == promql_pattern(value)


def test_a_lone_surrogate_can_not_break_the_request() -> None:
    assert promql_string("a\ud800") == '"a?"'


def test_the_rate_window_holds_four_scrapes_and_leaves_no_gap_between_steps() -> None:
    assert rate_interval(step=5, scrape_interval=15) == 60
    assert rate_interval(step=120, scrape_interval=15) == 135
    assert "[500ms]" in render("rate(x[$interval])", Variables(interval=0.5))
