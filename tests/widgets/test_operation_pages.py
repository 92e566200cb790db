"""Pages of operations: how they go, in few lines."""

from __future__ import annotations

from datetime import UTC

from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.operation import Confirmation, OperationKind, OperationState, Order, Plan, Step
from opsconsole.domain.text import SafeText
from opsconsole.widgets.glyphs import UNICODE
from opsconsole.widgets.operations.progress_page import progress_page
from widget_samples import NOW

TARGET = ObjectRef(Kind.DEPLOYMENT, SafeText("shop"), SafeText("checkout"))
PLAN = Plan(
    "op-1",
    Order(OperationKind.ROLL_BACK, TARGET, revision=3),
    TARGET,
    NOW,
    SafeText("jane"),
    SafeText("Roll back deployment shop/checkout to revision 3"),
    SafeText("pods are replaced"),
    SafeText("roll back to revision 4"),
    Confirmation.KEY,
)


def page(*steps: Step) -> list[str]:
    return [line.plain for line in progress_page(PLAN, steps, zone=UTC, glyphs=UNICODE)]


def applied(count: int) -> tuple[Step, ...]:
    return tuple(
        Step(OperationState.APPLIED, NOW + at, SafeText(f"{at} of {count} pods are new")) for at in range(count)
    )


def test_a_state_is_named_where_it_begins_and_not_again() -> None:
    lines = page(Step(OperationState.SENT, NOW, SafeText("patch deployment shop/checkout")), *applied(3))
    assert sum("applied" in line for line in lines) == 1
    assert any("sent         patch deployment shop/checkout" in line for line in lines)
    assert [line.split()[-6:-5] for line in lines if "pods are new" in line] == [["0"], ["1"], ["2"]]


def test_a_long_rollout_shows_how_it_began_and_how_it_is_now_and_counts_the_rest() -> None:
    lines = page(*applied(60))
    told = [line for line in lines if "pods are new" in line]
    assert len(told) == 6
    assert "0 of 60" in told[0]
    assert "59 of 60" in told[-1]
    assert any("54 more" in line for line in lines)


def test_one_step_too_many_is_shown_instead_of_counted() -> None:
    lines = page(*applied(7))
    assert sum("pods are new" in line for line in lines) == 7
    assert not any("more" in line for line in lines)
