"""Which incidents a query means, and in which order they are shown."""

from __future__ import annotations

from collections.abc import Iterable

from opsconsole.domain.incident import Incident
from opsconsole.incidents.protocols import IncidentQuery, StoreError
from opsconsole.safe_text import safe_text


def wanted(incident: Incident, query: IncidentQuery) -> bool:
    """Whether `incident` matches everything in `query` but its words."""
    return (
        not (query.open_only and incident.state.over)
        and query.severity in (None, incident.severity)
        and (not query.states or incident.state in query.states)
        and (query.service is None or query.service in incident.services)
        and query.cluster in (None, incident.cluster)
        and query.drills in (None, incident.drill)
    )


def ranked(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """Open ones first, the worst of them on top; then the newest."""
    return tuple(sorted(incidents, key=_rank))


def _rank(incident: Incident) -> tuple[bool, int, float, str]:
    over = incident.state.over
    return (over, 0 if over else incident.severity.rank, -incident.opened_at, incident.id)


def the_one(name: str, ids: Iterable[str]) -> str:
    """The id in `ids` that is `name`, or ends so (`INC-7kq4`, `7kq4`). Raises `StoreError` for none or several.

    Whoever names one has read it, and so without what a terminal would obey: it is looked for as it is shown.
    """
    known = tuple(ids)
    if name in known:
        return name
    ending = name.lower().removeprefix("inc-")
    found = sorted(one for one in known if ending and safe_text(one).lower().endswith(ending))
    if not found:
        raise StoreError(f"there is no incident {name!r}; `opsconsole incident list` shows those there are")
    if len(found) > 1:
        shown = ", ".join(safe_text(one) for one in found[:5])
        raise StoreError(f"{name!r} are {len(found)} incidents ({shown}); write more of the id")
    return found[0]
