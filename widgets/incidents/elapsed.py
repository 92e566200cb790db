"""The running clock of an incident."""

from __future__ import annotations

from opsconsole.domain.incident import Incident
from opsconsole.domain.text import SafeText

_DAY = 86_400


def elapsed_text(seconds: float) -> SafeText:
    """`04:31`, from an hour on `1:04:31`, from a day on `2d 04h`; a negative time is none."""
    whole = max(0, int(seconds))
    if whole >= _DAY:
        return SafeText(f"{whole // _DAY}d {whole % _DAY // 3600:02}h")
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return SafeText(f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes:02}:{left:02}")


def clock_of(incident: Incident, now: float) -> SafeText:
    """How long it has lasted at `now` (unix seconds): since the detection, up to the resolution."""
    ends = incident.ends_at
    return elapsed_text((now if ends is None else ends) - incident.begins_at)
