"""Parts of a console that are put together from the settings, and imported when they are first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opsconsole.clock import Clock
from opsconsole.config.settings import NotificationSettings, Settings
from opsconsole.domain.text import SafeText
from opsconsole.incidents.notifying import Messenger
from opsconsole.incidents.protocols import IncidentStore
from opsconsole.screens.incidents.record_watch import Share, Sharer
from opsconsole.write_mode import WriteMode

if TYPE_CHECKING:
    from opsconsole.sources.kubernetes.access import Reached


def share_of(settings: Settings, clock: Clock) -> Share | None:
    """What shares the incidents of the settings' cluster; None where they are not shared."""
    if settings.cluster.incidents is None:
        return None

    def share(store: IncidentStore) -> Sharer | None:
        from opsconsole.incident_sharing import sharing_of  # noqa: PLC0415 - brings a client, after first paint

        return sharing_of(settings.cluster, store, clock)

    return share


def messenger_of(settings: NotificationSettings, clock: Clock) -> Messenger:
    """What sends by these settings."""
    from opsconsole.sources.notifying.connecting import messenger  # noqa: PLC0415 - brings httpx, after first paint

    return messenger(settings, clock)


def logged_in(access: Reached | None) -> SafeText:
    """Sign in, and say by what. Raises `SourceError`."""
    done = access.log_in() if access else None
    return SafeText(f"{done.program} gave a credential" if done else "there is nothing to sign in to")


def write_mode_of(settings: Settings, clock: Clock) -> WriteMode:
    """Open where the settings say so."""
    write_mode = WriteMode(clock)
    if settings.write:
        write_mode.open()
    return write_mode
