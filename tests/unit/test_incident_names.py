"""Incidents are found by their names as people have read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from incident_samples import event, note, opened
from opsconsole.clock import SystemClock
from opsconsole.config.settings import ClusterSettings, IncidentSettings, Settings
from opsconsole.incidents.protocols import StoreError
from opsconsole.incidents.selecting import the_one
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents
from opsconsole.record_keeping import late_records

IDS = ("inc-20270115-7kq4", "inc-20270116-8kq4")


@pytest.mark.parametrize("name", ["inc-20270115-7kq4", "INC-7kq4", "7kq4", "7KQ4"])
def test_the_end_of_an_id_is_enough(name: str) -> None:
    assert the_one(name, IDS) == "inc-20270115-7kq4"


@pytest.mark.parametrize(("name", "said"), [("kq4", "are 2 incidents"), ("x", "there is no incident"), ("", "no inc")])
def test_what_is_none_or_several_is_said(name: str, said: str) -> None:
    with pytest.raises(StoreError, match=said):
        the_one(name, IDS)


async def test_one_whose_id_holds_what_a_terminal_obeys_is_read_by_the_name_that_is_shown(tmp_path: Path) -> None:
    store = SqliteIncidents(tmp_path / "incidents.db")
    hostile = "inc-20270115-\x1b[2J\x077kq4"
    try:
        await store.merge([event(opened(), incident=hostile), event(note("seen"), 1, incident=hostile)])
        (listed,) = await store.incidents()
        read = await store.incident(listed.id)
        assert read == listed
        assert len(await store.events(listed.id)) == 2
    finally:
        await store.close()


async def test_a_cluster_may_have_any_name(tmp_path: Path) -> None:
    settings = Settings(ClusterSettings("pr\udce4d/..\x1b"), incidents=IncidentSettings(tmp_path / "incidents.db"))
    records = late_records(settings, SystemClock())
    try:
        assert await records.if_needed() is None
        opened_now = await records()
        assert opened_now.book.current is None
    finally:
        await records.close()
