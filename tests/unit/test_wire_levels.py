"""What the wire lets pass to log level handlers: reading at the configured address, and a level with a permit."""

from __future__ import annotations

import httpx
import pytest

from fake_clock import FakeClock
from opsconsole.config.settings import SourceSettings
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.sources.wire import KUBERNETES_READS, Wire, WritePolicy, only_level, with_levels
from opsconsole.write_mode import Permit, ReadOnlyError, WriteMode

PODS = "/api/v1/namespaces/shop/pods"
LEVEL = f"{PODS}/checkout-1:8080/proxy/level"
DEBUG = {"level": "debug"}


class Sender:
    """A wire of which all that leaves is kept."""

    def __init__(self, policy: WritePolicy) -> None:
        self.mode = WriteMode(FakeClock())
        self.seen: list[str] = []
        transport = httpx.MockTransport(self._answer)
        self.wire = Wire("kubernetes", SourceSettings("http://h"), FakeClock(), policy, write_mode=self.mode,
                         transport=transport)  # fmt: skip

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(f"{request.method} {request.url.raw_path.decode()}")
        return httpx.Response(200, json={"level": "debug"})

    async def refused(self, method: str, path: str, permit: Permit | None = None, **body: object) -> None:
        with pytest.raises(SourceError) as raised:
            await self.wire.request(method, path, permit=permit, **body)  # type: ignore[arg-type]
        assert raised.value.kind is ErrorKind.REFUSED_WRITE
        assert self.seen == []


@pytest.fixture
def proxy() -> Sender:
    return Sender(with_levels(KUBERNETES_READS, 8080, "/level"))


@pytest.fixture(params=["open", "closed"])
def either(request: pytest.FixtureRequest, proxy: Sender) -> Sender:
    if request.param == "open":
        proxy.mode.open()
    return proxy


async def test_a_level_is_read_at_the_configured_address_alone(proxy: Sender) -> None:
    await proxy.wire.request("GET", LEVEL)
    assert proxy.seen == [f"GET {LEVEL}"]
    proxy.seen.clear()
    for path in (
        f"{PODS}/checkout-1:8081/proxy/level",
        f"{PODS}/checkout-1/proxy/level",
        f"{PODS}/checkout-1:8080/proxy/level/..",
        f"{PODS}/checkout-1:8080/proxy/levels",
        f"{PODS}/checkout-1:8080/proxy/",
        "/api/v1/namespaces/shop/services/checkout:8080/proxy/level",
        "/api/v1/nodes/n1:8080/proxy/level",
    ):
        await proxy.refused("GET", path)
    await proxy.refused("GET", LEVEL, params={"level": "debug"})
    await proxy.refused("HEAD", LEVEL)


async def test_without_a_configured_address_nothing_passes_through_the_proxy_of_a_pod() -> None:
    bare = Sender(KUBERNETES_READS)
    await bare.refused("GET", LEVEL)
    bare.mode.open()
    await bare.refused("PUT", LEVEL, bare.mode.permit("PUT", LEVEL, "op-1", DEBUG), json=DEBUG)


async def test_a_level_is_set_with_a_permit_once(proxy: Sender) -> None:
    proxy.mode.open()
    permit = proxy.mode.permit("PUT", LEVEL, "op-1", DEBUG)
    await proxy.wire.request("PUT", LEVEL, json=DEBUG, permit=permit)
    assert proxy.seen == [f"PUT {LEVEL}"]
    proxy.seen.clear()
    await proxy.refused("PUT", LEVEL, permit, json=DEBUG)


async def test_a_read_only_console_sets_no_level(proxy: Sender) -> None:
    await proxy.refused("PUT", LEVEL, json=DEBUG)
    with pytest.raises(ReadOnlyError):
        proxy.mode.permit("PUT", LEVEL, "op-1", DEBUG)
    proxy.mode.open()
    permit = proxy.mode.permit("PUT", LEVEL, "op-1", DEBUG)
    proxy.mode.close()
    await proxy.refused("PUT", LEVEL, permit, json=DEBUG)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", LEVEL, {"json": DEBUG}),
        ("DELETE", LEVEL, {}),
        ("PUT", f"{PODS}/checkout-1:8080/proxy/other", {"json": DEBUG}),
        ("PUT", f"{PODS}/checkout-1:9090/proxy/level", {"json": DEBUG}),
        ("PUT", LEVEL, {"json": {"level": "debug", "more": 1}}),
        ("PUT", LEVEL, {"json": {"level": "loud"}}),
        ("PUT", LEVEL, {"json": "debug"}),
        ("PUT", LEVEL, {"content": b'{"level":"debug"}'}),
        ("PUT", LEVEL, {"form": {"level": "debug"}}),
        ("PUT", LEVEL, {"json": DEBUG, "params": {"x": "y"}}),
        ("PUT", LEVEL, {"json": DEBUG, "headers": {"X-Http-Method-Override": "DELETE"}}),
        ("GET", f"{PODS}/checkout-1:8080/proxy/shutdown", {}),
    ],
)
async def test_no_permit_lets_anything_but_a_level_through_a_proxy(
    proxy: Sender, method: str, path: str, body: dict[str, object]
) -> None:
    proxy.mode.open()
    await proxy.refused(method, path, proxy.mode.permit(method, path, "op-1"), **body)


async def test_putting_back_passes_whether_write_mode_is_open_or_not_and_once(either: Sender) -> None:
    permit = either.mode.permit_putting_back("PUT", LEVEL, "op-1", {"level": "info"})
    await either.wire.request("PUT", LEVEL, json={"level": "info"}, permit=permit)
    assert either.seen == [f"PUT {LEVEL}"]
    either.seen.clear()
    await either.refused("PUT", LEVEL, permit, json={"level": "info"})


async def test_a_permit_to_put_back_covers_that_level_of_that_pod_alone(either: Sender) -> None:
    other = LEVEL.replace("checkout-1", "checkout-2")
    permit = either.mode.permit_putting_back("PUT", LEVEL, "op-1", {"level": "info"})
    await either.refused("PUT", LEVEL, permit, json=DEBUG)
    await either.refused("PUT", other, permit, json={"level": "info"})
    forged = Permit("PUT", LEVEL, "op-1", {"level": "info"}, putting_back=True)
    await either.refused("PUT", LEVEL, forged, json={"level": "info"})


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", f"{PODS}/checkout-1"), ("PATCH", "/apis/apps/v1/namespaces/shop/deployments/checkout")],
)
async def test_a_permit_to_put_back_is_for_levels_alone(either: Sender, method: str, path: str) -> None:
    await either.refused(method, path, either.mode.permit_putting_back(method, path, "op-1", None))


async def test_of_a_server_with_an_address_of_its_own_only_the_handler_is_meant() -> None:
    direct = Sender(only_level("/admin/level"))
    await direct.wire.request("GET", "/admin/level")
    direct.seen.clear()
    await direct.refused("GET", "/admin")
    direct.mode.open()
    await direct.refused("PUT", "/admin/other", direct.mode.permit("PUT", "/admin/other", "op-1"), json=DEBUG)
    await direct.wire.request(
        "PUT", "/admin/level", json=DEBUG, permit=direct.mode.permit("PUT", "/admin/level", "op-1", DEBUG)
    )
    assert direct.seen == ["PUT /admin/level"]
