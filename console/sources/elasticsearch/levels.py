"""Log levels in all the spellings that loggers use."""

from __future__ import annotations

from opsconsole.domain.log_record import LogLevel

_BY_NAME: dict[str, LogLevel] = {
    **dict.fromkeys(("trace", "debug", "finest", "finer", "fine", "verbose", "dbg", "d", "t"), LogLevel.DEBUG),
    **dict.fromkeys(("info", "information", "informational", "notice", "inf", "i"), LogLevel.INFO),
    **dict.fromkeys(("warn", "warning", "wrn", "w"), LogLevel.WARN),
    **dict.fromkeys(("error", "err", "severe", "dpanic", "e"), LogLevel.ERROR),
    **dict.fromkeys(("fatal", "critical", "crit", "panic", "alert", "emergency", "emerg", "f"), LogLevel.FATAL),
}

# OpenTelemetry's log data model, "Severity": four numbers for each of trace, debug, info, warn, error, fatal.
_OTEL_BANDS = (LogLevel.DEBUG, LogLevel.DEBUG, LogLevel.INFO, LogLevel.WARN, LogLevel.ERROR, LogLevel.FATAL)
_OTEL_NAMES = dict(zip(("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"), _OTEL_BANDS, strict=True))
# Bunyan and Pino: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal.
_TENS = {number * 10: level for number, level in enumerate(_OTEL_BANDS, start=1)}


def parse_level(raw: object, *, otel_number: bool = False) -> LogLevel:
    """The level that `raw` (a name or a number, of any type) means, or UNKNOWN.

    Names are those of Zap, slog, Logback, syslog and OpenTelemetry (`ERROR2`, `INFO+1`). Numbers are read as
    Bunyan's tens, or as OpenTelemetry's 1 to 24 with `otel_number`; other numberings contradict each other.
    """
    if isinstance(raw, float):
        raw = int(raw) if raw.is_integer() else ""
    text = str(raw).strip().lower()[:32]
    if text.lstrip("-").isdecimal() and text.isascii():
        number = int(text)
        if otel_number:
            return _OTEL_BANDS[(number - 1) // 4] if 1 <= number <= 24 else LogLevel.UNKNOWN
        return _TENS.get(number, LogLevel.UNKNOWN)
    name = text.strip("[]<>: ").rstrip("0123456789+-")
    return _BY_NAME.get(name, LogLevel.UNKNOWN)


def spellings_from(level: LogLevel) -> tuple[str, ...]:
    """The ways in which fields write the levels that are at least `level`: names in three cases, and Bunyan's tens.

    OpenTelemetry's names carry a number from 2 to 4 (`ERROR2`) for all but the first of a band.
    """
    names = [name for name, known in _BY_NAME.items() if known.rank >= level.rank]
    bands = [band for band, known in _OTEL_NAMES.items() if known.rank >= level.rank]
    cased = [form for name in names for form in (name, name.upper(), name.capitalize())]
    numbered = [f"{band}{number}" for band in bands for number in "234"]
    return tuple(dict.fromkeys((*cased, *numbered, *(str(ten) for ten in tens_from(level)))))


def tens_from(level: LogLevel) -> tuple[int, ...]:
    """The numbers of Bunyan and Pino that mean at least `level`."""
    return tuple(number for number, known in _TENS.items() if known.rank >= level.rank)


def otel_numbers_from(level: LogLevel) -> tuple[int, int]:
    """The least and the greatest `severity_number` that mean at least `level`."""
    least = min(band for band, known in enumerate(_OTEL_BANDS) if known.rank >= level.rank)
    return least * 4 + 1, len(_OTEL_BANDS) * 4
