"""Settings become sources, and no source can write unless asked to."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import (
    Auth,
    AuthKind,
    ClusterSettings,
    ElasticsearchSettings,
    KubernetesSettings,
    SecretRef,
    SourceSettings,
)
from opsconsole.domain.errors import ConfigError, ErrorKind, SourceError
from opsconsole.domain.snapshot import SourceName
from opsconsole.sources.connect import connect
from opsconsole.sources.wire import Wire
from opsconsole.write_mode import WriteMode

NOWHERE = "http://127.0.0.1:1"
ALL = ClusterSettings(
    "prod",
    prometheus=SourceSettings(NOWHERE),
    alertmanager=SourceSettings(NOWHERE),
    elasticsearch=ElasticsearchSettings(NOWHERE),
    jaeger=SourceSettings(NOWHERE),
    kubernetes=KubernetesSettings(NOWHERE),
)


async def wire_of(source: Any) -> Wire:
    return await source.access.wire() if hasattr(source, "access") else source._wire


async def test_every_configured_source_is_there_and_the_others_are_none() -> None:
    assert [source.name for source in connect(ALL, SystemClock()).configured()] == list(SourceName)
    assert connect(ClusterSettings("bare"), SystemClock()).configured() == ()


async def test_each_source_names_itself_when_it_can_not_be_reached() -> None:
    for source in connect(ALL, SystemClock()).configured():
        with pytest.raises(SourceError) as caught:
            await source.health()
        assert caught.value.kind is ErrorKind.UNREACHABLE
        assert caught.value.source == source.name.value
        await source.close()


async def test_no_source_lets_a_write_out_without_a_permit_even_in_write_mode() -> None:
    mode = WriteMode(SystemClock())
    mode.open()
    for source in connect(ALL, SystemClock(), write_mode=mode).configured():
        with pytest.raises(SourceError) as caught:
            await (await wire_of(source)).request("POST", "/any/change")
        assert caught.value.kind is ErrorKind.REFUSED_WRITE
        with pytest.raises(SourceError) as caught:
            await (await wire_of(source)).request(
                "POST", "/any/change", permit=mode.permit("POST", "/any/change", "op")
            )
        assert caught.value.kind is ErrorKind.UNREACHABLE
        await source.close()


def test_a_url_that_is_none_is_named_before_anything_starts() -> None:
    with pytest.raises(ConfigError, match="alertmanager"):
        connect(ClusterSettings("x", alertmanager=SourceSettings("am:9093")), SystemClock())


async def test_a_missing_secret_costs_its_own_source_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_SECRET", raising=False)
    auth = Auth(AuthKind.BEARER, secret=SecretRef("env:NO_SUCH_SECRET"))
    sources = connect(ClusterSettings("x", alertmanager=SourceSettings(NOWHERE, auth=auth)), SystemClock())
    assert sources.alerts is not None
    with pytest.raises(SourceError) as caught:
        await sources.alerts.alerts()
    assert caught.value.kind is ErrorKind.CONFIGURATION
    assert "NO_SUCH_SECRET" in caught.value.sentence
    await sources.alerts.close()


def test_connecting_loads_no_client_package() -> None:
    code = (
        "import sys\n"
        "from opsconsole.clock import SystemClock\n"
        "from opsconsole.config.settings import *\n"
        "from opsconsole.sources.connect import connect\n"
        f"at = '{NOWHERE}'\n"
        "connect(ClusterSettings('x', prometheus=SourceSettings(at), elasticsearch=ElasticsearchSettings(at),\n"
        "    jaeger=SourceSettings(at), kubernetes=KubernetesSettings(at)), SystemClock())\n"
        "slow = {'prometheus_api_client', 'requests', 'elasticsearch', 'kubernetes', 'numpy', 'textual', 'starlette'}\n"
        "print(sorted(slow & sys.modules.keys()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
