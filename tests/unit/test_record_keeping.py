"""What a console makes of its settings to tell somebody of incidents, and who is never told."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from incident_samples import event, opened
from opsconsole.clock import Clock, SystemClock
from opsconsole.config.configuration import load
from opsconsole.config.settings import (
    ClusterSettings,
    IncidentSettings,
    NotificationKind,
    NotificationSettings,
    SecretRef,
    Settings,
)
from opsconsole.domain.incident_event import Notified
from opsconsole.domain.notification import Address, DeliveryError, Notification
from opsconsole.domain.text import SafeText
from opsconsole.incidents.late_records import LateRecords
from opsconsole.record_keeping import late_records

SLACK = NotificationSettings("on-call", NotificationKind.SLACK, url=SecretRef("env:HOOK"), owners=("jane",))
MAIL = NotificationSettings(
    "mail", NotificationKind.EMAIL, host="mail", sender="c@example.net", recipients=("a@example.net", "b@example.net")
)
LINES = (SafeText("P2 INC-7kq4 triage: Checkout fails"),)


class Outlet:
    """Sends by whichever way it was made for, or is broken."""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.sent: list[tuple[str, Notification]] = []
        self._way = ""

    def __call__(self, way: NotificationSettings, clock: Clock) -> Outlet:
        del clock
        self._way = way.name
        return self

    async def send(self, notification: Notification) -> SafeText:
        if self.broken:
            raise DeliveryError(SafeText("busy"), retry_after=600.0)
        self.sent.append((self._way, notification))
        return SafeText("")


def settings(folder: Path, *ways: NotificationSettings) -> Settings:
    return Settings(cluster=ClusterSettings("prod"), incidents=IncidentSettings(folder / "i.db", ways))


async def filled(records: LateRecords) -> str:
    """The incident that is there now."""
    opening = event(opened())
    await (await records()).store.append([opening])
    return opening.incident


async def test_whom_there_is_to_tell_is_said_without_a_secret(tmp_path: Path) -> None:
    records = late_records(settings(tmp_path, SLACK, MAIL), SystemClock(), messenger=Outlet())
    notifier = (await records()).notifier
    assert notifier is not None
    assert notifier.addresses == (
        Address(SafeText("on-call"), SafeText("slack"), SafeText("on-call"), ("jane",)),
        Address(SafeText("mail"), SafeText("email"), SafeText("a@example.net, b@example.net")),
    )
    await records.close()


@pytest.mark.parametrize("ways", [(), (SLACK,)])
async def test_nobody_is_told_of_a_drill_nor_without_a_word_in_the_configuration(
    tmp_path: Path, ways: tuple[NotificationSettings, ...]
) -> None:
    drill_since = 1.0 if ways else None
    records = late_records(settings(tmp_path, *ways), SystemClock(), drill_since=drill_since, messenger=Outlet())
    assert (await records()).notifier is None
    await records.close()


def test_nobody_is_told_of_what_happens_in_a_practice_cluster(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        '[incidents]\nstore = "i.db"\n[[incidents.notifications]]\nname = "a"\nkind = "slack"\nurl = "env:A"\n'
        '[clusters.prod]\nprometheus = "http://p"\n'
    )
    configuration = load({}, tmp_path, file=file)
    assert [one.name for one in configuration.settings().incidents.notifications] == ["a"]
    practice = configuration.settings(ClusterSettings("practice"))
    assert practice.incidents == IncidentSettings(tmp_path / "i.db")


async def test_a_console_opens_the_record_for_what_is_still_to_be_delivered(tmp_path: Path) -> None:
    before = late_records(settings(tmp_path, SLACK), SystemClock(), messenger=Outlet(broken=True))
    incident = await filled(before)
    records = await before()
    assert records.notifier is not None
    name = await records.notifier.send(incident, records.notifier.addresses[0], LINES)
    await before.close()

    without = late_records(settings(tmp_path), SystemClock(), messenger=Outlet())
    assert await without.if_needed() is None
    outlet = Outlet()
    after = late_records(settings(tmp_path, MAIL, SLACK), SystemClock(), messenger=outlet)
    needed = await after.if_needed()
    assert needed is not None
    assert needed.notifier is not None
    assert await needed.notifier.resume() == (name,)
    assert (await needed.notifier.outcome(name)).delivered
    assert outlet.sent == [("on-call", Notification(name, incident, LINES))]
    told = [one.what for one in await needed.store.events(incident) if isinstance(one.what, Notified)]
    assert [one.delivered for one in told].count(True) == 1
    await after.close()

    last = late_records(settings(tmp_path, SLACK), SystemClock(), messenger=Outlet())
    assert await last.if_needed() is None
    await last.close()


def test_a_secret_is_in_no_settings_that_are_printed() -> None:
    assert "env:HOOK" in repr(msgspec.structs.replace(SLACK, timeout=1.0))
