"""The one selection and the one time range that every pane follows."""

from __future__ import annotations

import msgspec

from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeWindow


class Selection(msgspec.Struct, frozen=True):
    """What is being looked at. None means "all of them"."""

    cluster: SafeText
    namespace: SafeText | None = None
    service: SafeText | None = None
    pod: SafeText | None = None
    alert: SafeText | None = None
    """Fingerprint of the alert the selection came from."""
    trace: SafeText | None = None
    """Trace id whose log lines and spans are asked for."""


class Scope(msgspec.Struct, frozen=True):
    """Selection, window and cursor as one value; a new value replaces the old one whole."""

    selection: Selection
    window: TimeWindow = TimeWindow()
    cursor: float | None = None
    """The moment under the cursor, unix seconds, the same in every pane."""
