"""One line of a container's log, taken apart."""

from __future__ import annotations

import re

import msgspec

from opsconsole.domain.container_log import ContainerLine
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.elasticsearch.levels import parse_level
from opsconsole.sources.lenient_json import decode_loosely
from opsconsole.sources.moments import parse_moment

_MESSAGES = ("msg", "message", "log", "event")
_LEVELS = ("level", "lvl", "severity", "levelname", "log.level")
_TIMES = ("ts", "time", "timestamp", "@timestamp", "t", "level_value")
"""Fields of the line's own time: the runtime's stands in front of every line."""
_LONG = ("stacktrace", "stack", "stack_trace", "errorVerbose")
"""Fields of many lines, which stand last."""

# The colours that console loggers write; any other control sequence is shown as such by `safe_text`.
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_WORD = re.compile(r"\b(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|ERR|FATAL|CRITICAL|PANIC)\b")
_LOGFMT = re.compile(r"\b(?:level|lvl|severity)=\"?(\w+)")
_GO_CRASH = ("panic: ", "fatal error: ")
_KLOG = re.compile(r"([IWEF])\d{4} \d\d:\d\d:\d\d")
_WORD_WITHIN = 80
"""Characters from the start within which a word in capitals is taken for the level."""


def split_stamp(raw: bytes) -> tuple[str, bytes]:
    """The runtime's time in front of a line asked for with `timestamps`, and the line; no time when there is none."""
    stamp, _, rest = raw.partition(b" ")
    if 20 <= len(stamp) <= 40 and stamp[4:5] == b"-" and stamp[10:11] == b"T":
        return stamp.decode("ascii", "replace"), rest
    return "", raw


def container_line(stamp: str, body: bytes, container: SafeText) -> ContainerLine:
    """The line `body` (without its line end), read as JSON where it is that."""
    time = parse_moment(stamp) if stamp else None
    text = body.decode("utf-8", "replace").rstrip("\r")
    if text.startswith("{") and isinstance(fields := decode_loosely(body), dict):
        return _of_json(fields, text, time, container)
    plain = _COLOURS.sub("", text) if "\x1b" in text else text
    return ContainerLine(time, container, _level_in(plain), safe_text(plain))


def _of_json(fields: dict[str, object], text: str, time: float | None, container: SafeText) -> ContainerLine:
    message_key = next((key for key in _MESSAGES if isinstance(fields.get(key), str)), "")
    level_key = next((key for key in _LEVELS if key in fields), "")
    others = [key for key in fields if key not in (message_key, level_key, *_TIMES)]
    others.sort(key=lambda key: key in _LONG)
    level = parse_level(fields[level_key]) if level_key else LogLevel.UNKNOWN
    return ContainerLine(
        time,
        container,
        level,
        safe_text(fields[message_key] if message_key else ""),
        safe_text(" ".join(f"{key}={_value(fields[key])}" for key in others)),
        safe_text(text),
    )


def _value(value: object) -> str:
    if isinstance(value, str):
        return value if value and " " not in value else f'"{value}"'
    return msgspec.json.encode(value).decode("utf-8", "replace")


def _level_in(text: str) -> LogLevel:
    """The level that a line of plain text names: a word in capitals, logfmt, klog, or Go's last words."""
    if text.startswith(_GO_CRASH):
        return LogLevel.FATAL
    head = text[:_WORD_WITHIN]
    if found := _LOGFMT.search(text[:400]):
        return parse_level(found.group(1))
    if found := _KLOG.match(head):
        return parse_level(found.group(1))
    if found := _WORD.search(head):
        return parse_level(found.group(1))
    return LogLevel.UNKNOWN
