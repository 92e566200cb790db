"""How like two incidents are: a score that its reasons explain."""

from __future__ import annotations

import pytest

from incident_samples import event, field, fired, opened
from opsconsole.domain.incident import Incident, IncidentField
from opsconsole.incidents.folding import fold
from opsconsole.incidents.similarity import compared, like


def made(
    name: str, title: str = "", *, alerts: tuple[str, ...] = (), services: tuple[str, ...] = (), cause: str = "",
    at: float = 0.0, past: bool = True, drill: bool = False,
) -> Incident:  # fmt: skip
    events = [event(opened(title, services=services, drill=drill), at, id="o", incident=name)]
    events += [event(fired(alert, alert), at, incident=name) for alert in alerts]
    if cause:
        events.append(event(field(IncidentField.CAUSE, cause), at, incident=name))
    if past:
        events.append(event(field(IncidentField.STATE, "resolved"), at, incident=name, replaces=("o",)))
    return fold(events)


NOW = made(
    "now", "Orders slow", alerts=("PoolWaiting", "Latency"), services=("orders",), cause="连接池已满", past=False
)


@pytest.mark.parametrize(
    ("past", "score", "reasons"),
    [
        (made("p", alerts=("PoolWaiting", "Latency")), 0.5, ("same alert: Latency, PoolWaiting",)),
        (made("p", alerts=("PoolWaiting", "Disk")), 0.167, ("same alert: PoolWaiting",)),
        (made("p", services=("orders",)), 0.3, ("same service: orders",)),
        (made("p", "The orders were slow"), 0.067, ("words in common: orders, slow",)),
        (made("p", cause="连接池配置"), 0.05, ("words in common: 接池, 连接",)),
        (made("p", "Quiet night", alerts=("Disk",), services=("mail",)), 0.0, ()),
    ],
)
def test_the_score_is_what_they_share(past: Incident, score: float, reasons: tuple[str, ...]) -> None:
    found = compared(NOW, past)
    assert (found.score, found.reasons) == (score, reasons)


def test_an_incident_is_wholly_like_one_that_is_the_same() -> None:
    assert compared(NOW, made("p", "Orders slow", alerts=("PoolWaiting", "Latency"), services=("orders",),
                              cause="连接池已满")).score == 1.0  # fmt: skip


def test_the_likest_come_first_then_the_newest_and_no_chance_and_no_drill() -> None:
    others = [
        made("older", alerts=("PoolWaiting",), at=-900), made("newer", alerts=("PoolWaiting",), at=-100),
        made("best", alerts=("PoolWaiting", "Latency")), made("drill", alerts=("PoolWaiting",), drill=True),
        made("open", alerts=("PoolWaiting",), past=False), made("chance", "slow"), NOW,
    ]  # fmt: skip
    assert [one.incident.id for one in like(NOW, others, 5)] == ["best", "newer", "older"]
    assert [one.incident.id for one in like(NOW, others, 1)] == ["best"]
    assert [one.incident.id for one in like(others[2], others, 5)] == ["newer", "older"]


def test_many_things_in_common_are_counted_rather_than_listed() -> None:
    names = tuple("ABCDE")
    assert compared(made("a", alerts=names), made("b", alerts=names)).reasons == ("same alert: A, B, C and 2 more",)
