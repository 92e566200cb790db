"""The services of an incident are a line that is edited."""

from __future__ import annotations

import msgspec
from console_case import console
from shown import shown, until

from incident_samples import event
from memory_incidents import MemoryIncidents
from opsconsole.domain.incident_event import Opened, ServiceAdded, ServiceRemoved
from opsconsole.domain.text import SafeText
from opsconsole.screens.incidents.incident_view import IncidentView


async def test_services_are_added_and_taken_away_and_what_others_added_meanwhile_stays() -> None:
    store = MemoryIncidents()
    async with console(store=store) as case:
        await case.press("i")
        await shown(case, "Open an incident")
        await case.press("enter")
        await shown(case, "is open")
        incident = next(one for one in store.written if isinstance(one.what, Opened)).incident
        await case.press("i")
        await shown(case, "opened as")
        await case.press("t")
        await shown(case, "services  checkout")
        await case.press("up", "enter")
        await shown(case, "suffer")
        await case.press("ctrl+u", *"cart")
        added, now = event(ServiceAdded(SafeText("orders")), incident=incident), case.clock.now()
        await store.append([msgspec.structs.replace(added, at=now, recorded_at=now)])
        view = next(one for one in case.app.screen_stack if isinstance(one, IncidentView))
        await until(case, lambda: "orders" in view.incident.services)  # the screen behind reads on
        await case.press("enter")
        await until(case, lambda: any(isinstance(one.what, ServiceRemoved) for one in store.written))
        assert set((await store.incident(incident)).services) == {"orders", "cart"}
