"""What is being looked at."""

from __future__ import annotations

import msgspec

from opsconsole.domain.text import SafeText


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
