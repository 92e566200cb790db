"""Moments worth a mark on a time axis."""

from __future__ import annotations

import enum

import msgspec

from opsconsole.domain.text import SafeText


class MarkerKind(enum.Enum):
    """What happened; each kind has its own glyph."""

    DEPLOY = "deploy"
    RESTART = "restart"
    ALERT = "alert"
    INCIDENT = "incident"


class Marker(msgspec.Struct, frozen=True):
    """A labelled moment, unix seconds."""

    time: float
    kind: MarkerKind
    label: SafeText
