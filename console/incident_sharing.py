"""Puts the sharing of a cluster's incidents together from the settings."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from functools import partial

from opsconsole.clock import Clock
from opsconsole.config.secrets_in_use import secrets_in_use
from opsconsole.config.settings import ClusterSettings
from opsconsole.domain.sharing import SharingState
from opsconsole.feeds.backoff import Backoff
from opsconsole.incidents.protocols import IncidentStore
from opsconsole.incidents.sharing import Sharing
from opsconsole.safe_text import safe_text
from opsconsole.sources.connect import connect_incidents


def sharing_of(
    cluster: ClusterSettings,
    store: IncidentStore,
    clock: Clock,
    *,
    on_change: Callable[[SharingState], None] = lambda _: None,
) -> Sharing | None:
    """What shares the incidents of `cluster` in `store` with the team; None where that is not configured.

    Nothing is sent before its `run`, which goes on until it is cancelled; then `close` it. `on_change` is called
    with each new state. Raises `ConfigError` for settings by which no server can be reached.
    """
    shared = connect_incidents(cluster, clock, made=secrets.token_hex(16))
    if shared is None:
        return None
    return Sharing(
        store,
        shared,
        safe_text(cluster.name),
        clock,
        delay=Backoff().delay,
        chance=random.Random(),  # noqa: S311  - it spreads requests, and guards nothing
        on_change=on_change,
        known=partial(secrets_in_use, cluster),
    )
