"""Two incidents about one alert: the screens say so, and one key and a word close the younger."""

from __future__ import annotations

import msgspec
from console_case import console
from shown import shown

from incident_samples import event
from memory_incidents import MemoryIncidents
from opsconsole.domain.incident import IncidentState
from opsconsole.domain.incident_event import AlertFired, Opened

OTHER = "inc-20991231-zzzz"


async def test_the_double_is_named_on_both_screens_and_closed_by_one_key_and_a_word() -> None:
    store = MemoryIncidents()
    async with console(store=store) as case:
        await case.press("i")
        await shown(case, "Open an incident")
        await case.press("enter")
        await shown(case, "is open")
        mine = next(one for one in store.written if isinstance(one.what, Opened))
        fired = next(one for one in store.written if isinstance(one.what, AlertFired))
        later = mine.at + 5
        opening = msgspec.structs.replace(event(mine.what, id="e-open", incident=OTHER), at=later, recorded_at=later)
        alert = msgspec.structs.replace(event(fired.what, id="e-alert", incident=OTHER), at=later, recorded_at=later)
        await store.merge([opening, alert])
        name = f"INC-{mine.incident.rpartition('-')[2]}"
        await case.pass_time(1)
        await shown(case, f"INC-zzzz has the same alert, {fired.what.name}")
        await shown(case, f"closes INC-zzzz as a duplicate of {name}")
        await case.press("i")
        await shown(case, "D closes the younger")
        await case.press("D")
        await shown(case, "leave both open")
        await case.press("enter")
        assert (await store.incident(OTHER)).state is IncidentState.TRIAGE
        await case.press("D")
        await shown(case, "leave both open")
        await case.press("down", "enter")
        await shown(case, "INC-zzzz is closed as a duplicate")
        closed = await store.incident(OTHER)
        assert (closed.state, closed.duplicate_of) == (IncidentState.CANCELLED, mine.incident)
        await case.press("D")
        await shown(case, "no other open incident has an alert of this one")
