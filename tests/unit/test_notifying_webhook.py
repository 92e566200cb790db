"""Webhooks, against servers on loopback."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme

from faulty_server import Script, closing, dripping, flooding, replying, resetting, served
from hostile.corpus import HOSTILE
from opsconsole.clock import SystemClock
from opsconsole.config.settings import NotificationKind, NotificationSettings, SecretRef
from opsconsole.domain.notification import DeliveryError, Notification
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.notifying.bodies import WECOM_LIMIT, slack_body, wecom_body
from opsconsole.sources.notifying.connecting import messenger

SLACK_PATH = "/services/T0CANARY/B0CANARY/canaryXXYYZZ"
WECOM_PATH = "/cgi-bin/webhook/send?key=canary-693a91f6-7xxx"
LINES = (SafeText("P1 INC-7kq4 started: 支付 <failed> & [gone](http://x)"), SafeText("since 13:12 UTC"))
NOTIFICATION = Notification("n1", "inc-20261128-7kq4", LINES)
OK = b'{"errcode":0,"errmsg":"ok"}'


class Heard:
    """A server's requests, as their bytes."""

    def __init__(self, status: int = 200, body: bytes = b"ok", **headers: str) -> None:
        self.heads: list[str] = []
        self.bodies: list[Any] = []
        self._reply = replying(status, body, **headers)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-len"))
        self.heads.append(head)
        self.bodies.append(json.loads(await reader.readexactly(length)))
        again = asyncio.StreamReader()
        again.feed_data(head.encode())
        await self._reply(again, writer)


def settings(kind: NotificationKind = NotificationKind.SLACK, **changes: Any) -> NotificationSettings:
    usual = NotificationSettings("on-call", kind, url=SecretRef("env:HOOK"), timeout=30.0)
    return msgspec.structs.replace(usual, **changes)


async def sent(to: NotificationSettings, notification: Notification = NOTIFICATION) -> SafeText:
    return await messenger(to, SystemClock()).send(notification)


async def failure(to: NotificationSettings) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await sent(to)
    return caught.value


async def test_slack_gets_the_lines_with_its_syntax_made_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Heard()
    async with served(heard) as address:
        monkeypatch.setenv("HOOK", address + SLACK_PATH)
        assert await sent(settings()) == ""
    (head,), (body,) = heard.heads, heard.bodies
    assert head.startswith(f"POST {SLACK_PATH} HTTP/1.1\r\n")
    assert body == {"text": "P1 INC-7kq4 started: 支付 &lt;failed&gt; &amp; [gone](http://x)\nsince 13:12 UTC"}


async def test_wecom_gets_markdown_that_mentions_nobody_and_hides_no_link(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Heard(body=OK)
    async with served(heard) as address:
        monkeypatch.setenv("HOOK", address + WECOM_PATH)
        await sent(settings(NotificationKind.WECOM))
    (head,), (body,) = heard.heads, heard.bodies
    assert head.startswith(f"POST {WECOM_PATH} HTTP/1.1\r\n")
    assert body["msgtype"] == "markdown"
    assert body["markdown"]["content"] == (
        "**P1 INC-7kq4 started: 支付 ＜failed＞ & ［gone］(http://x)**\n> since 13:12 UTC"
    )


@pytest.mark.parametrize("extra", range(8))
def test_what_is_too_long_for_wecom_is_cut_at_a_whole_character(extra: int) -> None:
    lines = ("x" * extra + "支付失败👩" * 1000,)
    made: Any = wecom_body(lines)
    content = made["markdown"]["content"]
    assert WECOM_LIMIT - 8 < len(content.encode()) <= WECOM_LIMIT
    assert content.endswith("…")
    assert f"**{lines[0]}".startswith(content[:-1])


@pytest.mark.parametrize("title", [*HOSTILE, "<!channel> <@all> <http://evil|ok>", "<@all>", "x" * 10_000])
def test_a_hostile_title_neither_mentions_nor_links(title: str) -> None:
    line = safe_text(title)
    slack: Any = slack_body((line,))
    wecom: Any = wecom_body((line,))
    assert not {"<", ">"} & set(slack["text"])
    content = wecom["markdown"]["content"]
    assert not set("<>[]`") & set(content)
    assert "\n" not in slack["text"]
    assert "\r" not in content
    assert len(content.encode()) <= WECOM_LIMIT


@pytest.mark.parametrize(
    ("body", "lasting", "wait", "says"),
    [
        (b'{"errcode":93000,"errmsg":"invalid webhook url, hint: [1]"}', True, None, "93000 invalid webhook url"),
        (b'{"errcode":45009,"errmsg":"api freq out of limit"}', False, 60.0, "45009 api freq out of limit"),
        (b'{"errcode":-1,"errmsg":"system busy"}', False, None, "-1 system busy"),
        (b'{"errcode":40058}', True, None, "40058"),
        (b"[]", True, None, "does not answer as a webhook does"),
        (b"\xff", True, None, "does not answer as a webhook does"),
    ],
)
async def test_wecom_refuses_with_a_200(
    monkeypatch: pytest.MonkeyPatch, body: bytes, wait: float | None, says: str, *, lasting: bool
) -> None:
    async with served(replying(200, body)) as address:
        monkeypatch.setenv("HOOK", address + WECOM_PATH)
        error = await failure(settings(NotificationKind.WECOM))
    assert (error.lasting, error.retry_after) == (lasting, wait)
    assert says in str(error)


@pytest.mark.parametrize(
    ("script", "lasting", "uncertain", "says"),
    [
        (replying(404, b"no_service", Content_Type="text/plain"), True, False, "(404): no_service"),
        (replying(403, b"invalid_token", Content_Type="text/plain"), True, False, "(403): invalid_token"),
        (replying(400, b"invalid_payload", Content_Type="text/plain"), True, False, "(400): invalid_payload"),
        (replying(500, b"{}"), False, True, "failed (500)"),
        (replying(503, b"{}"), False, True, "failed (503)"),
        (replying(302, b"", Location="http://evil.example/x"), True, False, "it leads elsewhere"),
        (replying(200, b"<html></html>", Content_Type="text/html"), True, True, "does not answer as a webhook"),
        (closing, False, True, "can't be reached"),
        (resetting, False, True, "can't be reached"),
        (flooding, False, True, "does not answer as a webhook"),
    ],
)
async def test_each_failure_says_whether_to_try_again_and_whether_it_may_have_arrived(
    monkeypatch: pytest.MonkeyPatch, script: Script, says: str, *, lasting: bool, uncertain: bool
) -> None:
    async with served(script) as address:
        monkeypatch.setenv("HOOK", address + SLACK_PATH)
        error = await failure(settings())
    assert (error.lasting, error.uncertain) == (lasting, uncertain)
    assert says in str(error)
    assert str(error).startswith("on-call ")


async def test_a_server_that_is_busy_says_when_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(replying(429, b"", Retry_After="7")) as address:
        monkeypatch.setenv("HOOK", address + SLACK_PATH)
        error = await failure(settings())
    assert (error.lasting, error.uncertain, error.retry_after) == (False, False, 7.0)


async def test_an_answer_that_drips_ends_at_the_wall_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(dripping) as address:
        monkeypatch.setenv("HOOK", address + SLACK_PATH)
        error = await failure(settings(timeout=0.5))
    assert (error.lasting, error.uncertain) == (False, True)
    assert "did not answer in time" in str(error)


async def test_nobody_listening_was_certainly_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", f"http://127.0.0.1:1{SLACK_PATH}")
    error = await failure(settings())
    assert (error.lasting, error.uncertain) == (False, False)


async def test_a_certificate_is_checked_and_ca_names_its_authority(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = trustme.CA()
    ca = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    heard = Heard()
    async with served(heard, tls) as address:
        monkeypatch.setenv("HOOK", address + SLACK_PATH)
        error = await failure(settings())
        assert (error.lasting, error.uncertain) == (True, False)
        assert "issuer certificate" in str(error)
        assert heard.bodies == []
        await sent(settings(ca=ca))
    assert len(heard.bodies) == 1


@pytest.mark.parametrize(
    ("stored", "says"),
    [
        (f"http://hooks.example.net{SLACK_PATH}", "begins with http://"),
        (f"ftp://hooks.example.net{SLACK_PATH}", "is no address of a webhook"),
        (f"https://user:canary@hooks.example.net{SLACK_PATH}", "is no address of a webhook"),
        (f"https://hooks.example.net:x{SLACK_PATH}", "is no address of a webhook"),
        ("https://hooks.example.net/canary 1", "is no address of a webhook"),
        ("canary", "is no address of a webhook"),
    ],
)
async def test_an_address_that_is_none_or_would_be_sent_in_the_clear_is_never_repeated(
    monkeypatch: pytest.MonkeyPatch, stored: str, says: str
) -> None:
    monkeypatch.setenv("HOOK", stored)
    error = await failure(settings())
    assert error.lasting
    assert says in str(error)
    assert "canary" not in str(error).lower()


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Heard()
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with served(heard) as address:
        monkeypatch.setenv("HOOK", address + SLACK_PATH)
        await sent(settings())
    assert len(heard.bodies) == 1


@pytest.mark.parametrize("kind", [NotificationKind.SLACK, NotificationKind.WECOM])
@pytest.mark.parametrize("status", [200, 302, 400, 404, 500])
async def test_the_address_is_in_no_error_and_in_no_log_whatever_the_server_repeats(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, status: int, kind: NotificationKind
) -> None:
    caplog.set_level(logging.INFO)
    where = SLACK_PATH if kind is NotificationKind.SLACK else WECOM_PATH
    words = f"no {where} here, nor {where.rpartition('/')[2]}, nor {where.rpartition('=')[2]}"
    reply = json.dumps({"errcode": 1, "errmsg": words, "error": words}).encode()
    error: DeliveryError | None = None
    async with served(replying(status, reply, Location=where)) as address:
        monkeypatch.setenv("HOOK", address + where)
        to = settings(kind)
        if status == 200 and kind is NotificationKind.SLACK:
            await sent(to)
        else:
            error = await failure(to)
    assert error is None or error.__context__ is None
    assert "HTTP Request" in caplog.text
    assert "canary" not in f"{error!r} {error} {caplog.text} {to!r}".lower()
