"""Runbooks are offered best first, with why."""

from __future__ import annotations

import msgspec

from opsconsole.domain.runbook import Runbook, RunbookMatch
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.runbooks.matching import offers
from runbook_files import runbook
from widget_samples import ALERTS

HERE = Selection(SafeText("prod"))
ERRORS = ALERTS[0]  # ErrorRateHigh of checkout


def named(name: str, summary: str = "", **matches: tuple[str, ...]) -> Runbook:
    plain = runbook()
    return msgspec.structs.replace(
        plain, name=SafeText(name), title=SafeText(name), summary=SafeText(summary), matches=RunbookMatch(**matches)
    )


def test_the_alerts_own_name_is_better_than_a_pattern_and_a_pattern_than_nothing() -> None:
    books = (named("none"), named("pattern", alerts=("Error*",)), named("exact", alerts=("ErrorRateHigh",)))
    found = offers(books, ERRORS, HERE)
    assert [one.runbook.name for one in found] == ["exact", "pattern", "none"]
    assert found[0].reason == "it is for the alert ErrorRateHigh"
    assert found[1].reason == "it is for alerts Error*"
    assert (found[2].score, found[2].reason) == (0, "nothing speaks for it")


def test_one_for_another_alert_that_fires_there_comes_next() -> None:
    books = (
        named("pattern", alerts=("Error*",)),
        named("there", alerts=("GoroutinesHigh",)),
        named("both", alerts=("GoroutinesHigh", "Error*")),
        named("exact", alerts=("ErrorRateHigh",)),
    )
    found = offers(books, ERRORS, HERE, (ALERTS[2],))
    assert [one.runbook.name for one in found] == ["exact", "both", "there", "pattern"]
    assert found[2].reason == "it is for the alert GoroutinesHigh, which fires there, too"


def test_one_for_the_service_comes_before_one_for_any_and_one_for_another_after() -> None:
    books = (
        named("other", alerts=("ErrorRateHigh",), services=("orders",)),
        named("any", alerts=("ErrorRateHigh",)),
        named("own", alerts=("ErrorRateHigh",), services=("checkout",)),
    )
    found = offers(books, ERRORS, HERE)
    assert [one.runbook.name for one in found] == ["own", "any", "other"]
    assert "it is for the service checkout" in found[0].reason
    assert "but for orders, not for checkout" in found[2].reason


def test_words_in_common_decide_between_equals() -> None:
    books = (named("first"), named("second", summary="The error rate rises"))
    found = offers(books, ERRORS, HERE)
    assert found[0].runbook.name == "second"
    assert "it speaks of error" in found[0].reason


def test_without_an_alert_the_selected_service_counts() -> None:
    books = (named("first"), named("second", services=("check*",)))
    found = offers(books, None, msgspec.structs.replace(HERE, service=SafeText("checkout")))
    assert [one.runbook.name for one in found] == ["second", "first"]
