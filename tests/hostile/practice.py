"""The practice cluster over real HTTP, with hostile programs in its shop.

The shop and its servers are the practice cluster's own: they search, page, count and stream. Only what a program
may have written is put into the answers as bytes, where a JSON encoder would not let it through.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Callable, Generator
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hostile.corpus import HOSTILE
from hostile.rows import ROWS
from opsconsole.clock import SystemClock
from opsconsole.config.configuration import clusters_in
from opsconsole.config.settings import ClusterSettings
from opsconsole.practice import alertmanager, elasticsearch, jaeger, kubernetes, prometheus
from opsconsole.practice.prometheus.practice_rules import PRACTICE_RULES
from opsconsole.practice.scenarios import scenario_named
from opsconsole.practice.serve import by_port, cluster_table, listen
from opsconsole.practice.shop.log_lines import LogLine
from opsconsole.practice.shop.requests import RequestSpan, RequestTrace
from opsconsole.practice.shop.shop import Shop
from opsconsole.practice.shop.workload import Pod

SERVICE = "checkout"

ALL_AT_ONCE = (
    "evil \x1b]52;c;ZXZpbA==\x07\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp\u2066\u200b[@click=app.quit]x[/] [/b] 'a'"
)
"""One name that tries everything."""

WRITER = "hostile"
"""The caller of every hostile line."""

TEN_MEGABYTES = 10 * 1024 * 1024

_MARK = re.compile(rb"@@(\d+)@@")
_TIME = re.compile(rb'"@timestamp": (\[?)"[^"]*"')
_LOST = re.compile(rb'"_id": "t(\d+)".*?(?="_index": |\Z)', re.DOTALL)


def _string(text: str) -> bytes:
    """`text` as a JSON string in plain ASCII; half a surrogate pair stays what it is."""
    return json.dumps(text).encode()


RAW_VALUES: tuple[bytes, ...] = (
    _string(ALL_AT_ONCE),
    *(_string(text) for text in HOSTILE),
    *ROWS[9].bodies[:2],
    *ROWS[11].bodies,
)
"""Values of the fields of a line, as a program may have written them, each as JSON bytes."""


def mark(number: int) -> str:
    """What stands for raw value `number` until the answer leaves."""
    return f"@@{number}@@"


class HostileShop(Shop):
    """A shop whose `checkout` writes `RAW_VALUES`, one a second, and calls its spans by them."""

    LAST_BEFORE_START = 20

    @property
    def hostile_pod(self) -> Pod:
        """The pod whose program is hostile."""
        return [one for one in self.control.pods if one.service.name == SERVICE][-1]

    def hostile_lines(self) -> list[LogLine]:
        """A line for each value, oldest first, and one for each of `LOST_TIMES`."""
        pod = self.hostile_pod
        first = self.started_at - self.LAST_BEFORE_START - len(RAW_VALUES)
        made = []
        for number, raw in enumerate(RAW_VALUES):
            value = mark(number)
            extra: dict[str, Any] = {"error": value, f"evil{number % 5}": value}
            if number == 0:
                extra |= {f"many{one}": one for one in range(1000)}
            message = f"hostile {value}" if raw.startswith(b'"') else value
            trace = value if number % 2 == 0 and raw.startswith(b'"') else ""
            made.append(LogLine(first + number, pod, "error", message, trace, trace, WRITER, extra, f"h{number}"))
        made += [self._line(first + at + 0.5, f"lost time {at}", f"t{at}") for at in range(len(LOST_TIMES))]
        made += [self._line(self.started_at + 3.0 * at, f"following {mark(0)}", f"f{at}") for at in range(100)]
        return sorted(made, key=lambda line: line.time)

    def _line(self, time: float, message: str, name: str) -> LogLine:
        return LogLine(time, self.hostile_pod, "error", message, "", "", WRITER, {}, name)

    def logs(self, start: float, end: float) -> list[LogLine]:
        """The shop's own lines, the hostile ones among them."""
        mine = [line for line in self.hostile_lines() if start <= line.time <= min(end, self.now())]
        return sorted([*super().logs(start, end), *mine], key=lambda line: (line.time, line.id))

    def traces(self, start: float, end: float) -> Any:
        """The shop's own requests, their spans called what a hostile program calls them."""
        return map(renamed, super().traces(start, end))

    def trace(self, trace_id: str) -> RequestTrace | None:
        """The same of one."""
        found = super().trace(trace_id)
        return None if found is None else renamed(found)


LOST_TIMES = ROWS[12].bodies
"""Times of lines that are none, as JSON."""

_NAMES = len(HOSTILE) + 1


def renamed(trace: RequestTrace) -> RequestTrace:
    """`trace` as a hostile program tells it: operations, words and events of spans below the first are marks."""
    spans = [trace.spans[0]]
    for number, span in enumerate(trace.spans[1:]):
        spans.append(_renamed(span, (4 + number) % _NAMES))
    return trace._replace(spans=tuple(spans))


def _renamed(span: RequestSpan, number: int) -> RequestSpan:
    words = mark(number)
    events = (*span.events, (span.start, words, {words: words}))
    return span._replace(operation=words, error=words if span.error else "", events=events)


def in_documents(body: bytes) -> bytes:
    """An answer of Elasticsearch with what the programs wrote."""

    def lost(hit: re.Match[bytes]) -> bytes:
        raw = LOST_TIMES[int(hit.group(1))]
        return _TIME.sub(lambda time: b'"@timestamp": ' + time.group(1) + raw, hit.group())

    body = body.replace(b'"reason": "', b'"reason": "%s ' % _string(ALL_AT_ONCE)[1:-1])
    return _put_in(_LOST.sub(lost, body))


_LINK = b'"links":[{"traceId":"@@0@@","spanId":"@@0@@"},{"traceId":"%s","spanId":"00f067aa0ba902b7"}],' % (b"ab" * 16)
_WARNING = b'{"key":"@jaeger@warnings","value":{"arrayValue":{"values":[{"stringValue":"@@0@@"}]}}},'
_EXTRA = b'{"key":"@@0@@","value":{"stringValue":"@@0@@"}},{"key":"deep","value":@@deep@@},'


def in_spans(body: bytes) -> bytes:
    """An answer of Jaeger with what the programs told, links and the store's own warnings among it."""
    body = body.replace(b'"flags":257,', b'"flags":257,' + _LINK)
    body = body.replace(b'"attributes":[{"key":"db.', b'"attributes":[' + _WARNING + _EXTRA + b'{"key":"db.')
    body = body.replace(b"@@deep@@", b"[" * 5000 + b"]" * 5000, 1).replace(b"@@deep@@", b"1e999")
    body = body.replace(b'"attributes":[{"key":"http.', b'"attributes":[' + _WARNING + b'{"key":"http.')
    body = body.replace(b'{"services":["', b'{"services":["@@0@@","')
    body = body.replace(b'{"operations":[', b'{"operations":[{"name":"@@0@@","spanKind":"server"},')
    body = body.replace(b'"parent":"gateway"', b'"parent":"@@0@@"')
    return _put_in(body)


PLAIN_LINES: tuple[bytes, ...] = (
    *(text.encode("utf-8", "surrogatepass").replace(b"\n", b"") for text in (ALL_AT_ONCE, *HOSTILE)),
    b"broken \xff\xfe\xc3( utf-8",
    b'{"msg":"deep in a container","d":' + b"[" * 5000 + b"]" * 5000 + b"}",
    b'{"msg":"twice","msg":"the second","level":{"a":1},"n":NaN,"m":' + b"9" * 5000 + b"}",
    b"ten megabytes " + b"m" * TEN_MEGABYTES,
)
"""What a container may write, line by line."""


def in_streams(body: bytes) -> bytes:
    """A container's log with `PLAIN_LINES` after its first line, and one more whose time is none."""
    first, _, rest = body.partition(b"\n")
    stamp = first[:30]
    if not re.match(rb"\d{4}-\d\d-\d\dT", stamp):
        return body
    evil = b"".join(stamp + b" " + line + b"\n" for line in PLAIN_LINES)
    lost = b"2026-99-99T99:99:99.000000000Z a line of no time\n"
    return first + b"\n" + evil + lost + _put_in(rest)


def in_objects(body: bytes) -> bytes:
    """Objects of the API server whose change cause is hostile."""
    return _put_in(body.replace(b"coupons at checkout", _string(ALL_AT_ONCE)[1:-1]))


def _put_in(body: bytes) -> bytes:
    """`body` with the raw values for their marks, as a part of a longer string without what is no string."""

    def whole(match: re.Match[bytes]) -> bytes:
        return RAW_VALUES[int(match.group()[3:-3])]

    def part(match: re.Match[bytes]) -> bytes:
        raw = RAW_VALUES[int(match.group(1))]
        return raw[1:-1] if raw.startswith(b'"') else b"?"

    body = re.sub(rb'"@@\d+@@"(?=:)', lambda found: b'"' + part(_MARK.search(found.group())) + b'"', body)  # type: ignore[arg-type]
    return _MARK.sub(part, re.sub(rb'"@@\d+@@"', whole, body))


def rewriting(application: ASGIApp, rewrite: Callable[[bytes], bytes], path: str = "") -> ASGIApp:
    """`application` with the whole body of each answer below `path` rewritten."""

    async def rewritten(scope: Scope, receive: Receive, send: Send) -> None:
        async def put_in(message: Message) -> None:
            await send({**message, "body": _put_in(message["body"])} if "body" in message else message)

        if scope["type"] != "http" or not re.search(path, scope["path"]) or b"watch=" in scope["query_string"]:
            await application(scope, receive, send)
            return
        if b"follow=" in scope["query_string"]:
            await application(scope, receive, put_in)
            return
        start: list[Message] = []
        parts: list[bytes] = []

        async def hold(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.append(message)
                return
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                body = rewrite(b"".join(parts))
                kept = [pair for pair in start[0]["headers"] if pair[0].lower() != b"content-length"]
                length = (b"content-length", str(len(body)).encode())
                await send({**start[0], "headers": [*kept, length]})
                await send({"type": "http.response.body", "body": body})

        await application(scope, receive, hold)

    return rewritten


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Signals are the tests' own."""
        yield


@contextlib.asynccontextmanager
async def hostile_cluster() -> AsyncIterator[tuple[ClusterSettings, str]]:
    """The settings by which the console reaches it, and the same as a table in TOML."""
    clock = SystemClock()
    shop = HostileShop(scenario_named("bad-release"), 7, clock.now(), clock, history=3900)
    rules = prometheus.RuleEngine(shop.series, PRACTICE_RULES, clock.now() - 900, "")
    rules.catch_up(clock.now())
    backends = {
        "prometheus": prometheus.application(shop, rules, clock),
        "alertmanager": alertmanager.application(rules, clock),
        "elasticsearch": rewriting(elasticsearch.application(shop), in_documents),
        "jaeger": rewriting(jaeger.application(shop), in_spans),
        "kubernetes": rewriting(
            rewriting(kubernetes.application(shop), in_streams, f"/{shop.hostile_pod.name}/log$"), in_objects, "^/apis"
        ),
    }
    sockets = listen(None)
    ports = {name: one.getsockname()[1] for name, one in sockets.items()}
    application = by_port({ports[name]: backend for name, backend in backends.items()}, clock)
    server = _Server(
        uvicorn.Config(
            application, ws="wsproto", log_config=None, lifespan="off", date_header=False, timeout_graceful_shutdown=1
        )
    )
    serving = asyncio.create_task(server.serve(sockets=list(sockets.values())))
    try:
        table = cluster_table(ports)
        yield next(iter(clusters_in(table, "the practice cluster's table").values())), table
    finally:
        server.should_exit = True
        await serving
