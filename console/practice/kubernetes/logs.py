"""`pods/log`: options, refusals in the server's words, and the stream.

As kube-apiserver 1.37 and its kubelet answer (`pkg/apis/core/validation`, `pkg/kubelet`).
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from opsconsole.practice.kubernetes.access import Access
from opsconsole.practice.kubernetes.container_logs import ContainerLog, raw, stamp
from opsconsole.practice.kubernetes.registry import Registry
from opsconsole.practice.kubernetes.status import Refusal, invalid
from opsconsole.practice.kubernetes.watching import Pace
from opsconsole.practice.shop.log_lines import LogLine
from opsconsole.practice.shop.shop import Shop
from opsconsole.practice.shop.workload import Pod, Run

_SETTLED = 30.0
"""Seconds after which no more lines of a moment come; within, a follower looks again."""

_ROUNDING = 1e-6
"""Seconds by which a line may be younger than its own timestamp says."""


@dataclass(frozen=True)
class LogOptions:
    """v1.PodLogOptions. `since` is unix seconds, `tail` lines, `limit` bytes."""

    previous: bool
    follow: bool
    timestamps: bool
    tail: int | None
    since: float
    limit: int | None


def options(query: QueryParams, pod: str, now: float) -> LogOptions:
    """What `query` asks of the log of `pod`. Raises `Refusal` 400 or 422."""
    tail, limit = _integer(query, "tailLines"), _integer(query, "limitBytes")
    seconds, moment = _integer(query, "sinceSeconds"), _moment(query.get("sinceTime", ""))
    if tail is not None and tail < 0:
        raise _invalid(pod, "tailLines", f"Invalid value: {tail}: must be greater than or equal to 0")
    if limit is not None and limit < 1:
        raise _invalid(pod, "limitBytes", f"Invalid value: {limit}: must be greater than 0")
    if seconds is not None and moment is not None:
        words = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"
        raise invalid("PodLogOptions", pod, "[]", words, "", "FieldValueForbidden")
    if seconds is not None and seconds < 1:
        raise _invalid(pod, "sinceSeconds", f"Invalid value: {seconds}: must be greater than 0")
    since = now - seconds if seconds is not None else (moment or 0.0) - _ROUNDING
    return LogOptions(_set(query, "previous"), _set(query, "follow"), _set(query, "timestamps"), tail, since, limit)


class Logs:
    """The handler of `pods/log`."""

    def __init__(self, registry: Registry, access: Access) -> None:
        """Lines come from the shop of `registry`."""
        self._registry = registry
        self._access = access

    async def answer(self, request: Request) -> Response:
        """The log, or a stream of it while the container runs. Raises `Refusal`."""
        namespace, name = request.path_params["namespace"], request.path_params["name"]
        self._access.require(request, "get", self._registry.resources["pods"], namespace, name, "log")
        self._registry.find("pods", namespace, name)
        shop, query = self._registry.shop, request.query_params
        pod = shop.control.pod(namespace, name)
        asked = options(query, name, shop.now())
        if query.get("container", "") not in ("", pod.service.name):
            raise Refusal(400, f"container {query['container']} is not valid for pod {name}")
        stream = LogStream(shop, self._registry.pace, ContainerLog(shop, pod, _run(pod, previous=asked.previous)))
        return StreamingResponse(stream.parts(asked), headers={"content-type": "text/plain"})


class LogStream:
    """One answer in parts."""

    def __init__(self, shop: Shop, pace: Pace, log: ContainerLog) -> None:
        """`pace` is how a follower waits for more."""
        self._shop, self._pace, self._log = shop, pace, log

    async def parts(self, asked: LogOptions) -> AsyncIterator[bytes]:
        """What `asked` gives, no more than its limit of bytes."""
        left, now = math.inf if asked.limit is None else asked.limit, self._shop.now()
        fresh = self._log.newest(asked.tail, asked.since)
        seen = {line.id for line in self._log.between(now - _SETTLED, now)}
        while True:
            ended = self._log.ended
            text = "".join(_written(line, asked) for line in fresh).encode()
            text = text if len(text) <= left else text[: int(left)]
            left -= len(text)
            if text:
                yield text
            if ended or not asked.follow or left <= 0:
                return
            await self._pace.wait(max(0.001, math.floor(self._shop.now()) + 1.0 - self._shop.now()))
            lines = self._log.between(max(asked.since, now - _SETTLED), self._shop.now())
            fresh = [line for line in lines if line.id not in seen]
            seen = {line.id for line in lines}
            now = self._shop.now()


def _written(line: LogLine, asked: LogOptions) -> str:
    return f"{stamp(line.time)} {raw(line)}\n" if asked.timestamps else f"{raw(line)}\n"


def _run(pod: Pod, *, previous: bool) -> Run:
    """The life of the container whose log is meant. Raises `Refusal` 400 where there is none."""
    container = pod.service.name
    ended = [run for run in pod.runs if run.finished_at is not None]
    if previous:
        if not ended:
            raise Refusal(400, f'previous terminated container "{container}" in pod "{pod.name}" not found')
        return ended[-1]
    if pod.run is not None:
        return pod.run
    if ended:
        return ended[-1]
    reason = pod.waiting or "ContainerCreating"
    raise Refusal(400, f'container "{container}" in pod "{pod.name}" is waiting to start: {reason}')


def _invalid(pod: str, field: str, words: str) -> Refusal:
    return invalid("PodLogOptions", pod, field, words, "")


def _integer(query: QueryParams, name: str) -> int | None:
    text = query.get(name, "")
    try:
        return int(text) if text else None
    except ValueError:
        raise Refusal(400, f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _moment(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp() if text else None
    except ValueError:
        form = "2006-01-02T15:04:05Z07:00"
        raise Refusal(400, f'parsing time "{text}" as "{form}": cannot parse "{text}" as "2006"') from None


def _set(query: QueryParams, name: str) -> bool:
    return query.get(name, "") in ("1", "true")
