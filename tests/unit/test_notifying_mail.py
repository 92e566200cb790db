"""Mail, against a server that really speaks SMTP."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme

from faulty_server import served
from hostile.corpus import HOSTILE
from opsconsole.clock import SystemClock
from opsconsole.config.settings import NotificationKind, NotificationSettings, SecretRef
from opsconsole.domain.notification import DeliveryError, Notification
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.notifying import mail_server
from opsconsole.sources.notifying.connecting import messenger
from opsconsole.sources.notifying.mail_message import mail
from smtp_sink import SmtpSink, smtp

CANARY = "canary-4711-password"
LINES = (SafeText("P1 INC-7kq4 started: 支付失败"), SafeText("since 13:12 UTC"))
NOTIFICATION = Notification("n1", "inc-20261128-7kq4", LINES)


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca(authority: trustme.CA, tmp_path: Path) -> Path:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


def server_tls(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def settings(sink: SmtpSink, **changes: Any) -> NotificationSettings:
    usual = NotificationSettings(
        "mail",
        NotificationKind.EMAIL,
        host="127.0.0.1",
        port=sink.port,
        sender="console@example.net",
        recipients=("a@example.net", "b@example.net"),
        timeout=30.0,
    )
    return msgspec.structs.replace(usual, **changes)


async def sent(to: NotificationSettings, notification: Notification = NOTIFICATION) -> SafeText:
    return await messenger(to, SystemClock()).send(notification)


async def failure(to: NotificationSettings) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await sent(to)
    return caught.value


async def test_a_mail_arrives_encrypted_with_all_its_lines(authority: trustme.CA, ca: Path) -> None:
    async with smtp(SmtpSink(tls=server_tls(authority))) as sink:
        assert await sent(settings(sink, ca=ca)) == ""
    (mail_read,) = sink.read
    assert sink.encrypted == [True]
    assert sink.recipients == ["a@example.net", "b@example.net"]
    assert mail_read["Subject"] == LINES[0]
    assert mail_read.get_content().splitlines() == list(LINES)
    assert mail_read["From"] == "console@example.net"
    assert mail_read["To"] == "a@example.net, b@example.net"
    assert mail_read["Auto-Submitted"] == "auto-generated"
    assert mail_read["Date"] is not None
    assert all(byte < 128 for byte in sink.mails[0])


async def test_all_mails_of_an_incident_refer_to_one_id_and_each_attempt_is_the_same_mail() -> None:
    async with smtp(SmtpSink()) as sink:
        to = settings(sink, plain=True)
        await sent(to)
        await sent(to)
        await sent(to, Notification("n2", "inc-20261128-7kq4", LINES))
    first, again, other = sink.read
    assert first["Message-ID"] == again["Message-ID"] == "<inc-20261128-7kq4.n1@example.net>"
    assert other["Message-ID"] == "<inc-20261128-7kq4.n2@example.net>"
    assert {one["References"] for one in (first, again, other)} == {"<inc-20261128-7kq4@example.net>"}


async def test_the_log_in_goes_over_an_encrypted_connection(
    authority: trustme.CA, ca: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", CANARY)
    async with smtp(SmtpSink(tls=server_tls(authority), wants_login=True)) as sink:
        await sent(settings(sink, ca=ca, username="console", password=SecretRef("env:MAIL_PASSWORD")))
    assert sink.logins == [f"\0console\0{CANARY}"]
    assert sink.commands.index("STARTTLS") < next(n for n, line in enumerate(sink.commands) if line.startswith("AUTH"))


async def test_tls_from_the_first_byte_on_its_port(
    authority: trustme.CA, ca: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with smtp(SmtpSink(), implicit=server_tls(authority)) as sink:
        monkeypatch.setattr(mail_server, "_TLS_PORT", sink.port)
        await sent(settings(sink, ca=ca))
    assert sink.encrypted == [True]
    assert "STARTTLS" not in sink.commands


async def test_a_server_without_encryption_gets_nothing_unless_asked_for() -> None:
    async with smtp(SmtpSink()) as sink:
        error = await failure(settings(sink))
        assert error.lasting
        assert "offers no encryption" in str(error)
        assert not any(line.startswith("MAIL") for line in sink.commands)
        assert await sent(settings(sink, plain=True)) == ""
    assert sink.encrypted == [False]


@pytest.mark.parametrize(
    ("name", "known", "says"),
    [("127.0.0.1", False, "issuer certificate"), ("other.example", True, "IP address mismatch")],
)
@pytest.mark.parametrize("implicit", [False, True])
async def test_a_certificate_that_can_not_be_trusted_ends_it(
    authority: trustme.CA,
    ca: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    says: str,
    *,
    known: bool,
    implicit: bool,
) -> None:
    tls = server_tls(authority, name)
    async with smtp(SmtpSink(tls=tls), implicit=tls if implicit else None) as sink:
        if implicit:
            monkeypatch.setattr(mail_server, "_TLS_PORT", sink.port)
        error = await failure(settings(sink, ca=ca if known else None))
    assert (error.lasting, error.uncertain) == (True, False)
    assert says in str(error)
    assert "`ca`" in str(error)
    assert sink.mails == []


@pytest.mark.parametrize(
    ("behave", "lasting", "uncertain", "says"),
    [
        (lambda sink: sink.answers.update({"CONNECT": ["554 go away"]}), True, False, "554 go away"),
        (lambda sink: sink.answers.update({"MAIL": ["451 later"]}), False, False, "451 later"),
        (lambda sink: sink.answers.update({"MAIL": ["553 not you"]}), True, False, "553 not you"),
        (lambda sink: sink.answers.update({"RCPT": ["550 nobody", "550 nobody"]}), True, False, "550 nobody"),
        (lambda sink: sink.answers.update({"RCPT": ["450 grey", "450 grey"]}), False, False, "450 grey"),
        (lambda sink: sink.answers.update({"DATA": ["452 full"]}), False, False, "452 full"),
        (lambda sink: sink.answers.update({".": ["554 spam"]}), True, False, "554 spam"),
        (lambda sink: setattr(sink, "closes_at", "CONNECT"), False, False, "broke the connection off"),
        (lambda sink: setattr(sink, "closes_at", "MAIL"), False, False, "broke the connection off"),
        (lambda sink: setattr(sink, "closes_at", "."), False, True, "broke the connection off"),
    ],
)
async def test_each_refusal_says_whether_to_try_again_and_whether_it_may_have_arrived(
    behave: Callable[[SmtpSink], None], *, lasting: bool, uncertain: bool, says: str
) -> None:
    sink = SmtpSink()
    behave(sink)
    async with smtp(sink):
        error = await failure(settings(sink, plain=True))
    assert (error.lasting, error.uncertain) == (lasting, uncertain)
    assert says in str(error)
    assert str(error).startswith("mail ")


@pytest.mark.parametrize(("command", "uncertain"), [("CONNECT", False), ("EHLO", False), ("MAIL", False), (".", True)])
async def test_a_server_that_says_nothing_ends_at_the_wall_time(command: str, *, uncertain: bool) -> None:
    async with smtp(SmtpSink(silent_at=command)) as sink:
        error = await failure(settings(sink, plain=True, timeout=0.5))
    assert (error.lasting, error.uncertain) == (False, uncertain)
    assert "did not answer in time" in str(error)


async def test_an_answer_that_drips_ends_at_the_wall_time_with_its_connection() -> None:
    broken_off = asyncio.Event()

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(b"2")
                await writer.drain()
                await asyncio.sleep(0.05)
        except ConnectionError:
            broken_off.set()

    async with served(drip) as address:
        sink = SmtpSink(port=int(address.rpartition(":")[2]))
        error = await failure(settings(sink, plain=True, timeout=0.5))
        await asyncio.wait_for(broken_off.wait(), 60)
    assert "did not answer in time" in str(error)


async def test_who_was_refused_is_told_when_others_got_it() -> None:
    async with smtp(SmtpSink(answers={"RCPT": ["550 nobody"]})) as sink:
        words = await sent(settings(sink, plain=True))
    assert words == "refused for a@example.net 550 nobody"
    assert len(sink.mails) == 1


async def test_nobody_listening_is_a_sentence() -> None:
    async with smtp(SmtpSink()) as sink:
        pass
    error = await failure(settings(sink, plain=True))
    assert "mail can't be reached" in str(error)
    assert (error.lasting, error.uncertain) == (False, False)


@pytest.mark.parametrize("title", [*HOSTILE, "a\r\nBcc: evil@example.net\r\n\r\nbody", "x" * 10_000])
async def test_a_hostile_title_stays_in_its_place(title: str) -> None:
    line = safe_text(title) or SafeText("-")
    async with smtp(SmtpSink()) as sink:
        await sent(settings(sink, plain=True), Notification("n", "i", (line, SafeText(".\u2424"))))
    (read,) = sink.read
    assert set(read.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
        "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip
    assert sink.recipients == ["a@example.net", "b@example.net"]
    assert read.get_content().split("\n")[0].rstrip() == line.rstrip()


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\0"])
def test_a_line_with_an_end_of_line_in_it_is_refused(end: str) -> None:
    lines = (SafeText(f"title{end}Bcc: evil@example.net"),)
    with pytest.raises(DeliveryError, match="end of line"):
        mail(Notification("n", "i", lines), settings(SmtpSink()), 0.0)


def test_a_hostile_id_makes_no_header() -> None:
    made = mail(Notification("n>\r\nBcc: x", "i\r\n<x", LINES), settings(SmtpSink()), 0.0)
    assert made["Bcc"] is None
    assert "\n" not in made["Message-ID"]


async def test_a_password_is_in_no_error_and_in_no_log(
    authority: trustme.CA, ca: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("MAIL_PASSWORD", CANARY)
    sink = SmtpSink(tls=server_tls(authority), wants_login=True, answers={"AUTH": [f"535 {CANARY} is wrong"] * 3})
    async with smtp(sink):
        error = await failure(settings(sink, ca=ca, username="console", password=SecretRef("env:MAIL_PASSWORD")))
    assert error.lasting
    assert "refused the log-in: 535" in str(error)
    assert "canary" not in f"{error!r} {error} {caplog.text}"
    assert error.__context__ is None


async def test_a_password_that_is_not_there_says_where_it_should_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAIL_PASSWORD", raising=False)
    error = await failure(settings(SmtpSink(port=1), username="u", password=SecretRef("env:MAIL_PASSWORD")))
    assert error.lasting
    assert "export MAIL_PASSWORD" in str(error)
