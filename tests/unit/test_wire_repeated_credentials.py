"""A server, or whatever stands before it, may repeat what it refuses; nobody is shown it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import Auth, AuthKind, SecretRef, SourceSettings
from opsconsole.domain.errors import SourceError
from opsconsole.sources.credentials import Credentials, FoundSettings
from opsconsole.sources.wire import PROMETHEUS_READS, Answer, Wire

SECRET = "canary of no shape"  # noqa: S105  - looked for in errors
SPELLINGS = (
    SECRET,
    quote(SECRET),
    base64.b64encode(SECRET.encode()).decode(),
    base64.b64encode(f"me:{SECRET}".encode()).decode(),
)


class Given:
    """Credentials as a kubeconfig or a program gives them."""

    async def current(self) -> Credentials:
        return Credentials((("Authorization", f"Bearer {SECRET}"),))

    async def refused(self, shown: Credentials) -> bool:  # noqa: ARG002  - the protocol's
        return False


REF = SecretRef("env:CANARY")
WAYS = {
    "basic": SourceSettings("http://h", auth=Auth(AuthKind.BASIC, "me", REF)),
    "bearer": SourceSettings("http://h", auth=Auth(AuthKind.BEARER, "", REF)),
    "key": SourceSettings("http://h", auth=Auth(AuthKind.API_KEY, "", REF)),
    "cookie": SourceSettings("http://h", headers={"Cookie": REF}),
    "any header": SourceSettings("http://h", headers={"X-Other": REF, "X-Team": "payments"}),
    "found": FoundSettings("http://h", credentials=Given()),
}


def as_json(said: str) -> httpx.Response:
    return httpx.Response(401, json={"status": "error", "error": f"no such user: {said}"})


def as_page(said: str) -> httpx.Response:
    return httpx.Response(200, html=f"<title>no such user: {said}</title>")


def as_text(said: str) -> httpx.Response:
    return httpx.Response(500, text=f"no such user: {said}")


def repeating(answer: Callable[[str], httpx.Response]) -> httpx.MockTransport:
    """Says what it was given, as it came and in other spellings."""

    def handle(request: httpx.Request) -> httpx.Response:
        given = [request.headers.get(name, "") for name in ("authorization", "cookie", "x-other")]
        return answer(" ".join((*given, *SPELLINGS, request.headers.get("x-team", ""))))

    return httpx.MockTransport(handle)


@pytest.mark.parametrize("answer", [as_json, as_page, as_text])
@pytest.mark.parametrize("way", WAYS)
async def test_what_a_server_repeats_of_our_credentials_is_shown_to_nobody(
    way: str, answer: Callable[[str], httpx.Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", SECRET)
    wire = Wire("prometheus", WAYS[way], SystemClock(), PROMETHEUS_READS, transport=repeating(answer))
    with pytest.raises(SourceError) as caught:
        await wire.request("GET", "/api/v1/query")
    assert "no such user" in caught.value.sentence
    assert [one for one in SPELLINGS if one in caught.value.sentence] == []
    assert ("payments" in caught.value.sentence) is (way == "any header")
    await wire.close()


async def test_an_answer_whose_status_is_accepted_repeats_nothing_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", SECRET)
    wire = Wire("prometheus", WAYS["bearer"], SystemClock(), PROMETHEUS_READS, transport=repeating(as_json))
    answer: Answer = await wire.request("GET", "/api/v1/query", accept={401})
    assert SECRET not in answer.body.decode()
    assert json.loads(answer.body)["status"] == "error"
    await wire.close()
