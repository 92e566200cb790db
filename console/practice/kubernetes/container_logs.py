"""What a container wrote to its standard output, as the kubelet keeps it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from opsconsole.practice.shop.control import TICK
from opsconsole.practice.shop.log_lines import LogLine
from opsconsole.practice.shop.shop import Shop
from opsconsole.practice.shop.topology import Kind
from opsconsole.practice.shop.workload import Pod, Run

KEPT = 3600
"""Seconds of a container's log that are still there; what is older has been rotated away."""

_STEP = 60
"""Seconds read at once when the newest lines are sought."""


def stamp(seconds: float) -> str:
    """RFC 3339 with nine decimals, as `timestamps=true` writes before each line."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond * 1000:09d}Z"


def raw(line: LogLine) -> str:
    """The line as its process wrote it, without its end: JSON of the shop's services, else the program's own manner."""
    moment = datetime.fromtimestamp(line.time, UTC)
    if line.pod.service.kind is Kind.POSTGRES:
        return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d} UTC [27] LOG:  {line.message}"
    if line.pod.service.kind is Kind.REDIS:
        return f"1:M {moment:%d %b %Y %H:%M:%S}.{moment.microsecond // 1000:03d} * {line.message}"
    fields: dict[str, Any] = {
        "level": line.level,
        "@timestamp": stamp(line.time),
        "caller": line.caller,
        "message": line.message,
        "service": line.pod.service.name,
        "trace_id": line.trace_id,
        "span_id": line.span_id,
        **line.extra,
    }
    said = {key: value for key, value in fields.items() if value != ""}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


class ContainerLog:
    """The log of one life of a pod's container."""

    def __init__(self, shop: Shop, pod: Pod, run: Run) -> None:
        """`run` is one of `pod.runs`."""
        self._shop = shop
        self._pod = pod
        self._run = run

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self._run.finished_at is not None or self._pod not in self._shop.control.pods

    def between(self, start: float, end: float) -> list[LogLine]:
        """Lines of `start..end` (unix seconds, both included), oldest first."""
        self._shop.advance()  # first: the life may have ended since, and the next one's lines are not this one's
        start = max(start, float(self._run.started_at))
        if self._run.finished_at is not None:
            end = min(end, float(self._run.finished_at))
        return [line for line in self._shop.logs(start, end) if line.pod is self._pod] if start <= end else []

    def newest(self, count: int | None, since: float) -> list[LogLine]:
        """The last `count` lines (None for all that are kept) from `since` on (unix seconds), oldest first."""
        end = self._shop.now() if self._run.finished_at is None else float(self._run.finished_at)
        oldest = max(since, float(self._run.started_at), end - KEPT, float(self._shop.moments.first_tick * TICK))
        if count is None:
            return self.between(oldest, end)
        found: list[LogLine] = []
        for lines in self._backwards(oldest, end):
            found = lines + found
            if len(found) >= count:
                break
        return found[len(found) - count :] if count < len(found) else found

    def _backwards(self, oldest: float, end: float) -> Iterator[list[LogLine]]:
        high = end
        while high >= oldest:
            low = max(oldest, high - _STEP)
            # Both ends belong to a window, so a line on the seam would come twice.
            yield [line for line in self.between(low, high) if line.time < high or high == end]
            if low == oldest:
                return
            high = low
