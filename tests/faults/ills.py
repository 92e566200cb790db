"""The faults a backend can have, and how a proxy comes by each and loses it."""

from __future__ import annotations

import gzip
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import trustme

from fault_proxy import FaultProxy, black_hole, flapping
from faulty_server import MEGABYTE, Script, dripping, replying, resetting
from leaping_loop import LeapingLoop

HOST = "localhost"
PAGE = b"<html><head><title>Sign in &amp; go on</title></head></html>"
WORDS = b'{"error":"said the proxy"}'
HTML = {"Content_Type": "text/html; charset=utf-8"}
ELASTIC = {"X_Elastic_Product": "Elasticsearch"}

Change = Callable[[FaultProxy, LeapingLoop], Awaitable[None]]


@dataclass(frozen=True)
class Ill:
    """One way to be sick. `secured` backends speak TLS, well or ill; a `passing` fault lets answers through."""

    name: str
    title: str
    strike: Change
    secured: bool = False
    passing: bool = False


@dataclass(frozen=True)
class Certificates:
    """What servers of one authority show."""

    authority: trustme.CA
    good: ssl.SSLContext
    expired: ssl.SSLContext
    foreign: ssl.SSLContext


@cache
def certificates() -> Certificates:
    """Made once; keys take time."""
    ours, theirs = trustme.CA(), trustme.CA()
    yesterday = datetime.now(UTC) - timedelta(days=1)

    def shown(authority: trustme.CA, **terms: datetime) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HOST, **terms).configure_cert(context)
        return context

    return Certificates(ours, shown(ours), shown(ours, not_after=yesterday), shown(theirs))


def _script(made: Callable[[FaultProxy], Script], *, cut: bool = True) -> Change:
    async def strike(proxy: FaultProxy, _: LeapingLoop) -> None:
        await proxy.infect(made(proxy), cut=cut)

    return strike


def _answer(status: int, body: bytes = WORDS, **headers: str) -> Change:
    return _script(lambda _: replying(status, body, **{**ELASTIC, **headers}))


def _showing(chosen: Callable[[Certificates], ssl.SSLContext]) -> Change:
    async def strike(proxy: FaultProxy, _: LeapingLoop) -> None:
        await proxy.secure(chosen(certificates()))

    return strike


async def _refuse(proxy: FaultProxy, _: LeapingLoop) -> None:
    await proxy.close()


async def _unname(proxy: FaultProxy, loop: LeapingLoop) -> None:
    loop.unresolved.add(proxy.port)
    await proxy.cut()


async def cure(proxy: FaultProxy, loop: LeapingLoop) -> None:
    """Whatever it had, `proxy` hands everything on again."""
    loop.unresolved.discard(proxy.port)
    proxy.fault = None
    await proxy.secure(certificates().good if proxy.secured else None)


@cache
def bomb() -> bytes:
    """120 kB that are 80 MB of JSON."""
    return gzip.compress(b'{"a":"' + bytes(80 * MEGABYTE) + b'"}', 1, mtime=0)


ILLS: tuple[Ill, ...] = (
    Ill("latency", "answers take 5 s", _script(lambda proxy: proxy.late(5.0), cut=False), passing=True),
    Ill("black-hole", "takes the question and never answers", _script(lambda _: black_hole, cut=False)),
    Ill("reset", "resets every connection", _script(lambda _: resetting)),
    Ill("drip", "a byte now and then, for ever", _script(lambda _: dripping)),
    Ill("bandwidth", "100 bytes a second", _script(lambda proxy: proxy.narrow(100), cut=False)),
    Ill("truncated", "answers break off in the middle", _script(lambda proxy: proxy.truncating())),
    Ill("401", "401", _answer(401)),
    Ill("403", "403", _answer(403)),
    Ill("429-after", "429 with Retry-After: 20", _answer(429, Retry_After="20")),
    Ill("429", "429 without Retry-After", _answer(429)),
    Ill("500", "500", _answer(500)),
    Ill("503", "503", _answer(503)),
    Ill("504", "504", _answer(504, b"")),
    Ill("page", "a log-in page with status 200", _answer(200, PAGE, **HTML)),
    Ill(
        "bomb",
        "a gzip bomb: 80 MB in 80 kB",
        _script(lambda _: replying(200, bomb(), Content_Encoding="gzip", **ELASTIC)),
    ),
    Ill("foreign", "a certificate of an unknown authority", _showing(lambda all_: all_.foreign), secured=True),
    Ill("expired", "a certificate that has expired", _showing(lambda all_: all_.expired), secured=True),
    Ill("no-name", "its name does not resolve", _unname),
    Ill("refused", "nobody listens", _refuse),
    Ill(
        "flapping",
        "resets connections 10 s of every 20 s",
        _script(lambda proxy: flapping(proxy.handing_on, resetting, 20.0)),
        passing=True,
    ),
)
"""In the order of the page."""
