"""The process that outlives a console: what it is told, what it gets of our environment, and when it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from level_cluster import CHECKOUT, LevelCluster
from opsconsole.config.settings import (
    Auth,
    AuthKind,
    ClusterSettings,
    KubernetesSettings,
    LogLevelSettings,
    SecretRef,
)
from opsconsole.domain.operation import OperationKind, Order
from opsconsole.domain.text import SafeText
from opsconsole.level_watch import LevelWatch, WatchOrder, decoded, encoded
from opsconsole.level_watch_process import PATIENCE_SECONDS, watch
from opsconsole.operations.audit.log import AuditLog
from opsconsole.operations.carrying_out import UnwatchedError
from opsconsole.operations.engine import Engine
from opsconsole.operations.procedures.catalogue import catalogue
from opsconsole.operations.raised_levels import raised_in
from opsconsole.operations.trail import Trail
from opsconsole.write_mode import WriteMode

KUBERNETES = KubernetesSettings(
    "https://10.0.0.1:6443",
    auth=Auth(AuthKind.BEARER, secret=SecretRef("env:KUBE_TOKEN")),
    ca=Path("/etc/ca.pem"),
    headers={"X-Team": "shop", "Cookie": SecretRef("env:SSO_COOKIE")},
    namespaces=("shop",),
)
LEVELS = LogLevelSettings("/level", 8080, {"orders": "http://{ip}/level"})
CLUSTER = ClusterSettings("prod", "production", kubernetes=KUBERNETES, log_levels=LEVELS)


class Hours:
    """Waiting takes no time, but the time passes; `passing` is told after each wait."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0
        self.passing = lambda: None

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds
        self.passing()


def test_an_order_arrives_as_it_was_given() -> None:
    order = WatchOrder(CLUSTER, "/state/audit", "op-1")
    assert decoded(encoded(order)) == order


def test_no_secret_is_in_an_order_but_where_it_is() -> None:
    raw = encoded(WatchOrder(CLUSTER, "/state/audit", "op-1"))
    assert b"env:KUBE_TOKEN" in raw


def test_it_gets_what_signing_in_needs_and_nothing_else() -> None:
    environ = {
        "PATH": "/bin", "HOME": "/srv/op", "KUBECONFIG": "/k", "AWS_PROFILE": "prod", "KUBE_TOKEN": "t",
        "SSO_COOKIE": "c", "DATABASE_URL": "postgres://", "GITHUB_TOKEN": "g", "TERM": "xterm", "SSH_AUTH_SOCK": "/s",
    }  # fmt: skip
    got = LevelWatch(CLUSTER, Path("/state"), environ).environment()
    assert set(got) == {"PATH", "HOME", "KUBECONFIG", "AWS_PROFILE", "KUBE_TOKEN", "SSO_COOKIE"}


async def test_a_cluster_that_can_not_be_asked_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    nowhere = ClusterSettings("prod", kubernetes=KubernetesSettings("http://127.0.0.1:1", timeout=2.0))
    with pytest.raises(UnwatchedError, match="kubernetes can't be reached"):
        await LevelWatch(nowhere, tmp_path)("op-1")


async def test_a_program_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(UnwatchedError, match="can't be started"):
        await LevelWatch(CLUSTER, tmp_path)("op-1")


class Place:
    """A level that was set for ten minutes, and whoever watches over it."""

    def __init__(self, folder: Path) -> None:
        self.clock = Hours()
        self.mode = WriteMode(self.clock)
        self.cluster = LevelCluster(self.mode)
        self.log = AuditLog(folder / "prod.jsonl")
        self.engine = self._engine()

    def _engine(self) -> Engine:
        trail = Trail(self.log, self.clock, cluster=SafeText("prod"), operator=SafeText("op"))

        async def raised() -> tuple[object, ...]:
            return raised_in(await trail.entries())

        return Engine(self.cluster, catalogue(self.clock, raised), trail, self.clock, self.mode)

    async def set(self) -> WatchOrder:
        order = Order(OperationKind.SET_LOG_LEVEL, CHECKOUT, level=SafeText("debug"), seconds=600.0)
        plan = await self.engine.check(order)
        self.mode.open()
        async for _ in self.engine.carry_out(plan):
            pass
        self.mode.close()
        return WatchOrder(CLUSTER, "", plan.id)

    async def watch(self, order: WatchOrder) -> bool:
        return await watch(order, self.log, self._engine(), self.clock)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


async def test_it_waits_until_the_time_is_over_and_puts_it_back(place: Place) -> None:
    order = await place.set()
    begun = place.clock.time
    early: list[float] = []
    place.cluster.before_sending = lambda _: early.append(place.clock.time - begun)
    assert await place.watch(order)
    assert set(place.cluster.levels.values()) == {"info"}
    assert 599 <= min(early) < 605


async def test_it_ends_as_soon_as_somebody_else_has_put_it_back(place: Place) -> None:
    order = await place.set()
    await place.engine.put_back(ours=True)
    begun = place.clock.time
    assert await place.watch(order)
    assert place.clock.time - begun < 10


async def test_it_asks_a_cluster_that_is_away_again_but_not_for_ever(place: Place) -> None:
    order = await place.set()
    begun = place.clock.time
    place.cluster.away = True

    def back() -> None:
        place.cluster.away = place.clock.time < begun + 1500

    place.clock.passing = back
    assert await place.watch(order)
    assert set(place.cluster.levels.values()) == {"info"}


async def test_after_an_hour_it_leaves_the_rest_to_the_next_console(place: Place) -> None:
    order = await place.set()
    begun = place.clock.time
    place.cluster.away = True
    assert not await place.watch(order)
    assert 600 + PATIENCE_SECONDS <= place.clock.time - begun < 600 + PATIENCE_SECONDS + 130
    place.cluster.away = False
    (attempt,) = await place.engine.put_back()
    assert attempt.done


async def test_what_was_recorded_and_never_sent_needs_no_watch(place: Place) -> None:
    place.cluster.before_sending = lambda _: None
    assert await place.watch(WatchOrder(CLUSTER, "", "op-unknown"))
