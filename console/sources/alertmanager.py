"""Alertmanager (API v2) as the console's source of routed alerts."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.snapshot import Reading, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_mapping, safe_text
from opsconsole.sources.alert_labels import runbook_of, severity_of, web_link
from opsconsole.sources.moments import parse_moment
from opsconsole.sources.protocols import Health
from opsconsole.sources.wire import Wire


class _Receiver(msgspec.Struct, frozen=True):
    name: str = ""


class _Status(msgspec.Struct, frozen=True, rename="camel"):
    state: str = "active"
    silenced_by: tuple[str, ...] | None = None
    inhibited_by: tuple[str, ...] | None = None


class _GettableAlert(msgspec.Struct, frozen=True):
    """`gettableAlert` of Alertmanager's OpenAPI description, as far as it is shown."""

    labels: dict[str, str]
    fingerprint: str = ""
    starts_at: str = msgspec.field(name="startsAt", default="")
    generator_url: str = msgspec.field(name="generatorURL", default="")
    annotations: dict[str, str] = {}
    receivers: tuple[_Receiver, ...] | None = None
    status: _Status = _Status()


class _Version(msgspec.Struct, frozen=True):
    version: str = ""


class _Cluster(msgspec.Struct, frozen=True):
    """`clusterStatus`: `disabled` for one that runs by itself, else `settling` or `ready`."""

    status: str = ""
    peers: tuple[msgspec.Raw, ...] | None = None

    @property
    def words(self) -> str:
        if self.status == "disabled":
            return "on its own"
        return f"one of {len(self.peers or ())}, {self.status}" if self.status else ""


class _AlertmanagerStatus(msgspec.Struct, frozen=True):
    """`alertmanagerStatus`; `versionInfo` has no default, so that other servers' JSON is told apart."""

    version_info: _Version = msgspec.field(name="versionInfo")
    cluster: _Cluster = _Cluster()


class AlertmanagerSource:
    """Alerts over `wire`, with who gets them and why some are quiet."""

    name = SourceName.ALERTMANAGER

    def __init__(self, wire: Wire) -> None:
        """Nothing is sent before the first question."""
        self._wire = wire

    async def health(self) -> Health:
        """Version, size of its cluster and latency by `/api/v2/status`."""
        answer = await self._wire.request("GET", "/api/v2/status")
        status = answer.decode(_AlertmanagerStatus)
        return Health(
            self.name,
            safe_text(self._wire.url),
            version=safe_text(status.version_info.version, 100),
            identity=safe_text(status.cluster.words, 100),
            latency=answer.latency,
            clock_skew=answer.clock_skew,
        )

    async def alerts(self) -> Reading[tuple[Alert, ...]]:
        """Firing, silenced and inhibited alerts, worst first. An alert both silenced and inhibited is silenced."""
        answer = await self._wire.request("GET", "/api/v2/alerts")
        received = answer.decode(tuple[_GettableAlert, ...])
        return Reading(tuple(sorted((_alert(each) for each in received), key=lambda alert: alert.order)))

    async def close(self) -> None:
        """Give back connections."""
        await self._wire.close()


def _alert(received: _GettableAlert) -> Alert:
    """`started_at` is 0 when `startsAt` is no time. An alert that is not processed yet counts as firing."""
    silenced, inhibited = _names(received.status.silenced_by), _names(received.status.inhibited_by)
    state = AlertState.FIRING
    if received.status.state == "suppressed":
        state = AlertState.SILENCED if silenced or not inhibited else AlertState.INHIBITED
    return Alert(
        fingerprint=safe_text(received.fingerprint, 64),
        name=safe_text(received.labels.get("alertname", ""), 256),
        state=state,
        severity=severity_of(received.labels),
        started_at=parse_moment(received.starts_at) or 0.0,
        labels=safe_mapping(received.labels),
        annotations=safe_mapping(received.annotations),
        runbook_url=runbook_of(received.annotations),
        generator_url=web_link(received.generator_url),
        receivers=_names(receiver.name for receiver in received.receivers or ()),
        silenced_by=silenced,
        inhibited_by=inhibited,
        fired_at=parse_moment(received.starts_at),
    )


def _names(raw: Iterable[str] | None) -> tuple[SafeText, ...]:
    return tuple(safe_text(each, 256) for each in raw or ())
