"""Values as people read them: three significant digits and a unit."""

from __future__ import annotations

import math

from opsconsole.domain.series import Unit
from opsconsole.domain.text import SafeText

_THOUSANDS = ("", "k", "M", "G", "T", "P")
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_MINUTES_FROM = 120.0


def format_value(value: float | None, unit: Unit) -> SafeText:
    """`value` in base units (seconds, bytes, ratio 0 to 1) as `1.31k`, `850 ms`, `1.5 GiB`, `12 %`, `3.4/s`.

    NaN and None read `–`. A ratio just below 1 never reads 100 %: that difference is the error budget.
    """
    if value is None or math.isnan(value):
        return SafeText("–")
    if math.isinf(value):
        return SafeText("+Inf" if value > 0 else "-Inf")
    if value < 0:
        return SafeText(f"-{_magnitude(-value, unit)}")
    return SafeText(_magnitude(value, unit))


def format_bare(value: float | None, unit: Unit) -> SafeText:
    """As `format_value`, without the words `cores` and `/s`: for axes and lists beside a title that says them."""
    plain = unit in (Unit.CORES, Unit.PER_SECOND)
    return format_value(value, Unit.NUMBER if plain else unit)


def _magnitude(value: float, unit: Unit) -> str:
    match unit:
        case Unit.RATIO:
            return _percent(value * 100.0)
        case Unit.SECONDS:
            return _seconds(value)
        case Unit.BYTES:
            return _prefixed(value, 1024.0, _BINARY, " ")
        case Unit.PER_SECOND:
            return f"{_prefixed(value, 1000.0, _THOUSANDS, '')}/s"
        case Unit.CORES:
            return f"{_prefixed(value, 1000.0, _THOUSANDS, '')} cores"
        case Unit.NUMBER:
            return _prefixed(value, 1000.0, _THOUSANDS, "")


def _three_digits(value: float) -> str:
    """`value` >= 0 in three significant digits without idle zeros; whole below 10,000."""
    if value == 0.0:
        return "0"
    if value < 0.001 or value >= 10_000.0:
        return f"{value:.2e}"
    decimals = max(0, 2 - math.floor(math.log10(value)))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _prefixed(value: float, base: float, prefixes: tuple[str, ...], space: str) -> str:
    power = 0
    # 999.6 would read 1000, so what rounds up to the next prefix takes it.
    while value >= base - 0.5 and power < len(prefixes) - 1:
        value /= base
        power += 1
    gap = space if prefixes[power] else ""
    return f"{_three_digits(value)}{gap}{prefixes[power]}"


def _percent(percent: float) -> str:
    if 99.0 <= percent < 100.0:
        text = f"{min(percent, 99.99):.2f}".rstrip("0").rstrip(".")
        return f"{text} %"
    return f"{_three_digits(percent)} %"


def _seconds(seconds: float) -> str:
    if seconds >= _MINUTES_FROM - 0.5:
        return _long(seconds)
    if seconds >= 0.9995 or seconds == 0.0:
        return f"{_three_digits(seconds)} s"
    if seconds >= 0.0009995:
        return f"{_three_digits(seconds * 1e3)} ms"
    if seconds >= 0.9995e-6:
        return f"{_three_digits(seconds * 1e6)} µs"
    return f"{_three_digits(seconds * 1e9)} ns"


def _long(seconds: float) -> str:
    """Minutes and more, each with the next smaller unit where it is not zero."""
    if seconds >= 1e9:
        return f"{seconds / 86_400:.2e} d"
    whole = round(seconds)
    for size, name, smaller, smaller_name in ((86_400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s")):
        if whole >= size:
            count, rest = divmod(whole, size)
            part = rest // smaller
            return f"{count}{name}{part:02d}{smaller_name}" if part else f"{count}{name}"
    return f"{whole} s"
