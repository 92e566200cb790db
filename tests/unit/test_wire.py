"""The wire against loopback servers that misbehave, each in one way."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import trustme

from opsconsole.clock import SystemClock
from opsconsole.config.settings import Auth, AuthKind, SecretRef, SourceSettings
from opsconsole.domain.errors import ConfigError, ErrorKind, SourceError
from opsconsole.sources.wire import PROMETHEUS_READS, Wire
from opsconsole.sources.wire.body import BodyTooLargeError, read_body

MEGABYTE = 1_048_576
K = ErrorKind
PLAIN = {"Content_Type": "text/plain"}
HTML = {"Content_Type": "text/html; charset=utf-8"}
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], "asyncio.Future[None] | object"]


@asynccontextmanager
async def served(script: Script, tls: ssl.SSLContext | None = None, until: bytes = b"\r\n\r\n") -> AsyncIterator[str]:
    """A server that runs `script` once it has read `until`; yields its host and port."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if until:
                await reader.readuntil(until)
            await script(reader, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


def replying(status: int, body: bytes, **headers: str) -> Script:
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())

    async def script(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + body)

    return script


class Once(httpx.AsyncByteStream):
    """A body that arrives in one piece."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


def wire_to(url: str, **settings: object) -> Wire:
    return Wire("prometheus", SourceSettings(url, **settings), SystemClock(), PROMETHEUS_READS)


async def failure(wire: Wire, method: str = "GET", path: str = "/api/v1/query", **options: object) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await wire.request(method, path, **options)
    await wire.close()
    return caught.value


@pytest.mark.parametrize(
    ("status", "body", "headers", "kind", "words"),
    [
        (400, b'{"status":"error","errorType":"bad_data","error":"parse error"}', {}, K.BAD_QUERY, "parse error"),
        (400, b'"bad matcher format: foo("', {}, K.BAD_QUERY, "bad matcher format: foo("),
        (401, b"Unauthorized\n", PLAIN, K.UNAUTHORIZED, "Unauthorized"),
        (403, b'{"kind":"Status","message":"pods is forbidden"}', {}, K.FORBIDDEN, "pods is forbidden"),
        (404, b"404 page not found", PLAIN, K.NOT_FOUND, "404 page not found"),
        (429, b'{"error":{"reason":"queue full"}}', {"Retry_After": "7"}, K.THROTTLED, "queue full"),
        (500, b'{"error":{"httpCode":500,"message":"storage gone"}}', {}, K.SERVER, "storage gone"),
        (502, b"<html><title>502 Bad\n Gateway</title>", HTML, K.SERVER, "502 Bad Gateway"),
        (504, b"", {}, K.TIMEOUT, ""),
        (414, b"", {}, K.BAD_QUERY, "too long"),
        (200, b"<title>Log in &amp; win</title>", HTML, K.MALFORMED, "Log in & win"),
    ],
)  # fmt: skip
async def test_each_answer_that_is_none_becomes_its_kind_with_the_servers_words(
    status: int, body: bytes, headers: dict[str, str], kind: ErrorKind, words: str
) -> None:
    async with served(replying(status, body, **headers)) as address:
        error = await failure(wire_to(f"http://{address}"))
    assert error.kind is kind
    assert words in error.detail
    assert "prometheus" in error.sentence
    assert error.retry_after == (7.0 if status == 429 else None)


async def test_a_servers_words_can_not_command_the_terminal() -> None:
    async with served(replying(500, b'{"error":"\\u001b]52;c;x\\u0007 \xe2\x80\xae"}')) as address:
        error = await failure(wire_to(f"http://{address}"))
    assert not {"\x1b", "\x07", "\u202e"} & set(str(error))


async def test_a_redirect_is_not_followed_and_says_where_it_points_without_its_secrets() -> None:
    script = replying(302, b"", Location="https://user:pw@login.example/oauth?state=s3cret")
    async with served(script) as address:
        error = await failure(wire_to(f"http://{address}"))
    assert error.kind is ErrorKind.MALFORMED
    assert "https://login.example/oauth" in error.detail
    assert "pw" not in error.detail
    assert "s3cret" not in error.detail


async def test_a_server_that_drips_runs_into_the_wall_deadline() -> None:
    closed = asyncio.Event()

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        try:
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.01)
        finally:
            closed.set()

    async with served(drip) as address:
        error = await failure(wire_to(f"http://{address}"), deadline=0.1)
        async with asyncio.timeout(5):
            await closed.wait()
    assert error.kind is ErrorKind.TIMEOUT
    assert "0.1 s" in error.detail


async def test_a_gzip_bomb_is_refused_at_the_cap() -> None:
    bomb = gzip.compress(bytes(80 * MEGABYTE))
    assert len(bomb) < MEGABYTE
    async with served(replying(200, bomb, Content_Encoding="gzip")) as address:
        error = await failure(wire_to(f"http://{address}"))
    assert error.kind is ErrorKind.TOO_LARGE
    assert "over 32 MB" in error.detail


async def test_a_gzip_bomb_is_not_even_held_for_a_moment() -> None:
    bomb = httpx.Response(200, stream=Once(gzip.compress(bytes(60 * MEGABYTE))), headers={"Content-Encoding": "gzip"})
    tracemalloc.start()
    try:
        with pytest.raises(BodyTooLargeError):
            await read_body(bomb, MEGABYTE)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 10 * MEGABYTE


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(b'{"a": 1}', mtime=0)[:-4], "gzip"),
        (gzip.compress(b'{"a": 1}', mtime=0) + b"more", "gzip"),
        (b"no gzip", "gzip"),
        (b"x", "br"),
    ],
)
async def test_a_damaged_or_unknown_encoding_is_malformed(body: bytes, encoding: str) -> None:
    async with served(replying(200, body, Content_Encoding=encoding)) as address:
        assert (await failure(wire_to(f"http://{address}"))).kind is ErrorKind.MALFORMED


async def test_a_compressed_answer_is_read() -> None:
    async with served(replying(200, gzip.compress(b'{"a": 1}'), Content_Encoding="gzip")) as address:
        wire = wire_to(f"http://{address}")
        assert (await wire.request("GET", "/x")).decode(dict[str, int]) == {"a": 1}
        await wire.close()


async def test_a_port_without_a_server_is_unreachable_and_an_unknown_name_too() -> None:
    async with served(replying(200, b"")) as address:
        pass
    refused = await failure(wire_to(f"http://{address}"))
    assert (refused.kind, refused.detail) == (ErrorKind.UNREACHABLE, "connection refused")
    unknown = await failure(wire_to("http://no-such-host.invalid"))
    assert (unknown.kind, unknown.detail) == (ErrorKind.UNREACHABLE, "its name does not resolve")


async def test_what_is_no_http_is_malformed() -> None:
    async def shout(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

    async with served(shout) as address:
        assert (await failure(wire_to(f"http://{address}"))).kind is ErrorKind.MALFORMED


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def tls_server(authority: trustme.CA, name: str, client_authority: trustme.CA | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    if client_authority is not None:
        client_authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


async def test_an_unknown_authority_is_a_tls_error_until_ca_names_it(authority: trustme.CA, tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    async with served(replying(200, b"{}"), tls_server(authority, "127.0.0.1")) as address:
        error = await failure(wire_to(f"https://{address}"))
        trusted = wire_to(f"https://{address}", ca=ca)
        assert (await trusted.request("GET", "/x")).status == 200
        await trusted.close()
    assert error.kind is ErrorKind.TLS
    assert "issuer certificate" in error.detail
    assert "issued to trustme" in error.detail
    assert "valid until" in error.detail
    assert "`ca`" in error.hint


async def test_a_server_that_asks_for_a_client_certificate_after_the_handshake_says_so(
    authority: trustme.CA, tmp_path: Path
) -> None:
    ca = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    demanding = tls_server(authority, "127.0.0.1", trustme.CA())
    listener = socket.create_server(("127.0.0.1", 0))

    def refuse() -> None:
        raw, _ = listener.accept()
        with raw:
            with pytest.raises(ssl.SSLError):
                demanding.wrap_socket(raw.dup(), server_side=True)
            raw.recv(65_536)  # what was sent meanwhile; left unread, it would turn the alert into a reset

    with listener:
        refusing = asyncio.create_task(asyncio.to_thread(refuse))
        error = await failure(wire_to(f"https://127.0.0.1:{listener.getsockname()[1]}", ca=ca))
        await refusing
    assert error.kind is ErrorKind.TLS
    assert "client_certificate" in error.hint


async def test_a_certificate_for_another_name_says_so(authority: trustme.CA, tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    async with served(replying(200, b"{}"), tls_server(authority, "other.example")) as address:
        error = await failure(wire_to(f"https://{address}", ca=ca))
    assert error.kind is ErrorKind.TLS
    assert "127.0.0.1" in error.detail
    assert "made out to" in error.hint


async def test_a_client_certificate_is_presented(authority: trustme.CA, tmp_path: Path) -> None:
    ca, client = tmp_path / "ca.pem", tmp_path / "client.pem"
    authority.cert_pem.write_to_path(str(ca))
    clients = trustme.CA()
    clients.issue_cert("engineer@example.org").private_key_and_cert_chain_pem.write_to_path(str(client))
    demanding = tls_server(authority, "127.0.0.1", clients)
    demanding.maximum_version = ssl.TLSVersion.TLSv1_2  # 1.3 refuses after the handshake, with a reset that may win
    async with served(replying(200, b"{}"), demanding) as address:
        wire = wire_to(f"https://{address}", ca=ca, client_certificate=client)
        assert (await wire.request("GET", "/x")).status == 200
        await wire.close()
        without = await failure(wire_to(f"https://{address}", ca=ca))
    assert without.kind is ErrorKind.UNREACHABLE  # asyncio's server closes without an alert
    assert "client_certificate" in without.hint


async def test_https_to_a_plain_port_and_http_to_a_tls_port_say_which_to_write() -> None:
    async with served(replying(400, b""), until=b"") as address:
        assert "write http://" in (await failure(wire_to(f"https://{address}"))).hint
    words = b"Client sent an HTTP request to an HTTPS server.\n"
    async with served(replying(400, words, Content_Type="text/plain")) as address:
        assert "write https://" in (await failure(wire_to(f"http://{address}"))).hint


async def test_an_unreadable_ca_stays_in_the_pane_of_its_source(tmp_path: Path) -> None:
    error = await failure(wire_to("https://127.0.0.1:1", ca=tmp_path / "gone.pem"))
    assert error.kind is ErrorKind.CONFIGURATION
    assert "gone.pem" in error.detail
    assert "`ca`" in error.hint


@pytest.mark.parametrize(
    "url", ["", "prometheus:9090", "ftp://host", "http://", "http://u:secret@host", "http://h/?q=1"]
)
def test_a_url_that_is_none_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        wire_to(url)
    assert "prometheus" in str(caught.value)
    assert "secret" not in str(caught.value)


def recording(seen: list[httpx.Request], answer: httpx.Response | None = None) -> httpx.MockTransport:
    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer or httpx.Response(200, json={})

    return httpx.MockTransport(handle)


def mocked(answer: httpx.Response) -> Wire:
    return Wire("x", SourceSettings("http://h"), SystemClock(), PROMETHEUS_READS, transport=recording([], answer))


async def test_requests_carry_base_path_credentials_headers_and_tenant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROM_TOKEN", "t0ken\n")
    seen: list[httpx.Request] = []
    settings = SourceSettings(
        "https://prom.example/base/",
        auth=Auth(AuthKind.BEARER, secret=SecretRef("env:PROM_TOKEN")),
        headers={"X-Team": "shop"},
        tenant="a|b",
    )
    wire = Wire("prometheus", settings, SystemClock(), PROMETHEUS_READS, transport=recording(seen))
    await wire.request("POST", "/api/v1/query", form={"query": 'up{a="é&="}'}, headers={"X-One": "1"})
    (request,) = seen
    assert str(request.url) == "https://prom.example/base/api/v1/query"
    assert request.headers["authorization"] == "Bearer t0ken"
    assert (request.headers["x-team"], request.headers["x-scope-orgid"], request.headers["x-one"]) == (
        "shop",
        "a|b",
        "1",
    )
    assert httpx.QueryParams(request.content.decode())["query"] == 'up{a="é&="}'
    assert "t0ken" not in repr(wire)
    assert "t0ken" not in repr(settings)


async def test_after_a_401_the_secret_is_read_again(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("old")
    secret.chmod(0o600)
    seen: list[httpx.Request] = []
    settings = SourceSettings("http://h", auth=Auth(AuthKind.BASIC, "me", SecretRef(f"file:{secret}")))
    wire = Wire("prometheus", settings, SystemClock(), PROMETHEUS_READS, transport=recording(seen, httpx.Response(401)))
    for value in ("old", "new"):
        secret.write_text(value)
        with pytest.raises(SourceError, match="401"):
            await wire.request("GET", "/x")
    assert [request.headers["authorization"] for request in seen] == ["Basic bWU6b2xk", "Basic bWU6bmV3"]


async def test_environment_proxies_and_netrc_are_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with served(replying(200, b"{}")) as address:
        wire = wire_to(f"http://{address}")
        assert (await wire.request("GET", "/x")).status == 200
        await wire.close()


async def test_at_most_four_requests_are_out_at_once_and_all_get_their_turn() -> None:
    out, most, gate = 0, 0, asyncio.Event()

    async def handle(_: httpx.Request) -> httpx.Response:
        nonlocal out, most
        out += 1
        most = max(most, out)
        if out == 4:
            gate.set()
        await gate.wait()
        await asyncio.sleep(0)
        out -= 1
        return httpx.Response(200, json={})

    wire = Wire("x", SourceSettings("http://h"), SystemClock(), PROMETHEUS_READS, transport=httpx.MockTransport(handle))
    await asyncio.gather(*(wire.request("GET", "/x") for _ in range(12)))
    assert most == 4


async def test_waiting_for_a_slot_counts_against_the_deadline() -> None:
    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    wire = Wire("x", SourceSettings("http://h"), SystemClock(), PROMETHEUS_READS, transport=httpx.MockTransport(never))
    hogs = [asyncio.create_task(wire.request("GET", "/x", deadline=60)) for _ in range(4)]
    await asyncio.sleep(0)
    with pytest.raises(SourceError, match="in time"):
        await wire.request("GET", "/x", deadline=0.02)
    for hog in hogs:
        hog.cancel()
    assert all(isinstance(end, asyncio.CancelledError) for end in await asyncio.gather(*hogs, return_exceptions=True))


async def test_cancelling_closes_the_connection() -> None:
    asked, gone = asyncio.Event(), asyncio.Event()

    async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        gone.set()

    async with served(hang) as address, asyncio.timeout(5):
        wire = wire_to(f"http://{address}")
        task = asyncio.create_task(wire.request("GET", "/x"))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await gone.wait()
        await wire.close()


async def test_an_answer_says_how_long_it_took_and_how_far_the_servers_clock_is_ahead() -> None:
    class Fixed(SystemClock):
        def __init__(self) -> None:
            self.ticks = iter((100.0, 100.4, 100.7))

        def now(self) -> float:
            return 1_700_000_000.2

        def monotonic(self) -> float:
            return next(self.ticks)

    answer = httpx.Response(200, json={}, headers={"Date": "Tue, 14 Nov 2023 22:13:30 GMT"})
    wire = Wire("x", SourceSettings("http://h"), Fixed(), PROMETHEUS_READS, transport=recording([], answer))
    answer_ = await wire.request("GET", "/x")
    assert answer_.latency == pytest.approx(0.7)
    assert answer_.clock_skew == pytest.approx(10.5)


async def test_statuses_that_the_caller_knows_are_handed_over() -> None:
    wire = Wire(
        "x", SourceSettings("http://h"), SystemClock(), PROMETHEUS_READS, transport=recording([], httpx.Response(422))
    )
    assert (await wire.request("GET", "/x", accept=(400, 422))).status == 422


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}", b'{"a": NaN}', b'{"a": 1', b"", b'{"a": "x"}'],
    ids=["deep", "digits", "nan", "cut", "empty", "type"],
)
async def test_json_that_is_none_is_malformed(body: bytes) -> None:
    wire = mocked(httpx.Response(200, content=body))
    answer = await wire.request("GET", "/x")
    with pytest.raises(SourceError) as caught:
        answer.decode(dict[str, float])
    assert caught.value.kind is ErrorKind.MALFORMED


@pytest.mark.parametrize("body", [b'{"a": "x\xff"}', b'{"a": "x\\ud800"}'])
async def test_bytes_that_are_no_text_are_replaced_not_fatal(body: bytes) -> None:
    wire = mocked(httpx.Response(200, content=body))
    text = (await wire.request("GET", "/x")).decode(dict[str, str])["a"]
    assert text[0] == "x"
    text.encode()


async def test_a_stream_that_a_gateway_compresses_is_inflated_piece_by_piece() -> None:
    whole = b"line\n" * 1_000_000
    async with served(replying(200, gzip.compress(whole, mtime=0), Content_Encoding="gzip")) as address:
        wire = wire_to(f"http://{address}")
        async with wire.stream("GET", "/watch") as chunks:
            pieces = [piece async for piece in chunks]
        await wire.close()
    assert b"".join(pieces) == whole
    assert max(map(len, pieces)) <= MEGABYTE


@pytest.mark.parametrize(
    ("body", "encoding"), [(b"no gzip", "gzip"), (gzip.compress(b"x\n", mtime=0) + b"more", "gzip"), (b"x", "br")]
)
async def test_a_stream_that_is_not_what_its_encoding_says_is_malformed(body: bytes, encoding: str) -> None:
    async with served(replying(200, body, Content_Encoding=encoding)) as address:
        wire = wire_to(f"http://{address}")
        with pytest.raises(SourceError) as caught:
            async with wire.stream("GET", "/watch") as chunks:
                await anext(aiter(chunks))
        await wire.close()
    assert caught.value.kind is ErrorKind.MALFORMED


async def test_a_stream_hands_over_chunks_and_refusals_raise() -> None:
    async def watch(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        await writer.drain()
        writer.write(b"3\r\ntwo\r\n0\r\n\r\n")

    async with served(watch) as address:
        wire = wire_to(f"http://{address}")
        async with wire.stream("GET", "/watch") as chunks:
            assert b"".join([chunk async for chunk in chunks]) == b"onetwo"
        await wire.close()
    async with served(replying(403, b'{"message":"no"}')) as address:
        wire = wire_to(f"http://{address}")
        with pytest.raises(SourceError, match="403"):
            async with wire.stream("GET", "/watch"):
                pass
        await wire.close()
