"""Times and lengths of time as a written record has them."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo


class Moments:
    """Tells unix seconds in one zone."""

    def __init__(self, zone: tzinfo) -> None:
        """`zone` is that of whoever reads."""
        self._zone = zone

    def whole(self, moment: float | None) -> str:
        """`2026-03-02 14:08:00`; empty without a moment."""
        return self._told(moment, "%Y-%m-%d %H:%M:%S")

    def day(self, moment: float) -> str:
        """`2026-03-02`."""
        return self._told(moment, "%Y-%m-%d")

    def clock(self, moment: float | None) -> str:
        """`14:08:00`."""
        return self._told(moment, "%H:%M:%S")

    def short(self, moment: float) -> str:
        """`14:08`."""
        return self._told(moment, "%H:%M")

    def precise(self, moment: float | None) -> str:
        """`14:08:00.123`."""
        told = self._told(moment, "%H:%M:%S.%f")
        return told[:-3] if told[-6:].isdigit() else told

    def zone_at(self, moment: float) -> str:
        """The zone's name then, with how far it is from UTC: `CST, UTC+08:00`."""
        name, offset = self._told(moment, "%Z"), self._told(moment, "%z")
        if name in ("", "UTC") or not offset:
            return name or "UTC"
        away = f"UTC{offset[:3]}:{offset[3:5]}"
        return away if name == away else f"{name}, {away}"

    def _told(self, moment: float | None, form: str) -> str:
        if moment is None:
            return ""
        try:
            return datetime.fromtimestamp(moment, UTC).astimezone(self._zone).strftime(form)
        except (ValueError, OverflowError, OSError):
            return "no time"


def length(seconds: float) -> str:
    """`45s`, `4m 20s`, `3h 05m`, `2d 04h`; one that is less than nothing has a minus."""
    whole = round(abs(seconds))
    sign = "-" if seconds < 0 and whole else ""
    if whole < 60:
        return f"{sign}{whole}s"
    if whole < 3600:
        return f"{sign}{whole // 60}m {whole % 60:02d}s"
    if whole < 86_400:
        return f"{sign}{whole // 3600}h {whole % 3600 // 60:02d}m"
    return f"{sign}{whole // 86_400}d {whole % 86_400 // 3600:02d}h"
