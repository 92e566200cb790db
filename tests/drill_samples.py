"""A drill for tests: checkout 1.15.0 was rolled out, and rolling it back heals."""

from __future__ import annotations

from incident_samples import T0
from opsconsole.actions import ACTIONS
from opsconsole.cli.drill import ordered
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.drill import ActionUsed, DrillEnding, DrillTruth
from opsconsole.domain.incident_event import DrillEnded, OperationTold
from opsconsole.domain.operation import OperationKind, OperationState
from opsconsole.domain.text import SafeText
from opsconsole.drills.drill import Drill, DrillOrder
from opsconsole.drills.key_path import KeyPath
from opsconsole.practice.scenarios import scenario_named

TRUTH = DrillTruth(
    cause=SafeText("checkout 1.15.0 dereferences a nil coupon"),
    change=SafeText("rollout of checkout 1.15.0"),
    healing=SafeText("roll checkout back to 1.14.2"),
    alert=SafeText("ErrorRateHigh"),
    service=SafeText("checkout"),
    heals_by=(OperationKind.ROLL_BACK,),
)
ORDER = DrillOrder(SafeText("bad-release"), 7, TRUTH)


def drill() -> Drill:
    return Drill(ORDER, KeyPath({one.handler: one.id for one in ACTIONS}))


def ended(
    alerted: float = 0.0, *path: ActionUsed, calm: float | None = 400.0, scenario: str = "bad-release",
    truth: DrillTruth = TRUTH, attended: bool = True,
) -> DrillEnded:  # fmt: skip
    """The end of a drill whose first alert fired `alerted` seconds after T0."""
    return DrillEnded(
        scenario=SafeText(scenario), seed=7, truth=truth, ending=DrillEnding.HEALED, alerted_at=T0 + alerted,
        calm_at=None if calm is None else T0 + calm, path=path, attended=attended,
    )  # fmt: skip


def operation(
    kind: OperationKind, name: str = "checkout", state: OperationState = OperationState.VERIFIED, *,
    of: Kind = Kind.DEPLOYMENT, id: str = "op1",  # noqa: A002
) -> OperationTold:  # fmt: skip
    return OperationTold(id, kind, ObjectRef(of, SafeText("shop"), SafeText(name)), state, SafeText("told"))


def drill_of(scenario: str) -> Drill:
    """A drill of a scenario of the practice cluster."""
    return Drill(ordered(scenario_named(scenario), 7), KeyPath({one.handler: one.id for one in ACTIONS}))
