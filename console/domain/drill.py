"""Drills: practice incidents whose ground truth is known, so that they can be judged."""

from __future__ import annotations

import enum

import msgspec

from opsconsole.domain.operation import OperationKind
from opsconsole.domain.text import SafeText


class DrillTruth(msgspec.Struct, frozen=True):
    """What a perfect investigation would have reported.

    `heals_by` are the operations that cure for good when done to `service`, or to a pod of it.
    """

    cause: SafeText
    change: SafeText
    healing: SafeText
    alert: SafeText
    service: SafeText
    heals_by: tuple[OperationKind, ...] = ()


class DrillEnding(enum.Enum):
    """How a drill came to its end."""

    HEALED = "healed"
    """The incident was resolved and the alerts had cleared."""
    ENDED = "ended by the operator"
    LEFT = "left with the console"


class ActionUsed(msgspec.Struct, frozen=True):
    """An action of the registry that was used at `at` (unix seconds), and then again, `times` in all."""

    action: str
    at: float
    times: int = 1
