"""Whether the operator's yes counts."""

from __future__ import annotations

from opsconsole.domain.operation import Confirmation, Plan
from opsconsole.domain.text import SafeText
from opsconsole.write_mode import WriteMode

PLAN_SECONDS = 60.0
"""How long a plan may be confirmed after it was checked."""


def objection(plan: Plan, typed: str, age: float, write_mode: WriteMode) -> SafeText | None:
    """Why the plan, checked `age` seconds ago, is not carried out; None when it is confirmed.

    Where the name must be typed, it is exactly the target's, in the characters the API server knows it by.
    """
    if plan.blocked:
        return SafeText(f"{plan.blocked[0].title}: {plan.blocked[0].words}")
    if age > PLAN_SECONDS:
        return SafeText(f"the plan is older than {PLAN_SECONDS:g} s; look again, then decide anew")
    if plan.confirmation is Confirmation.NAME and typed != plan.target.name:
        return SafeText("what was typed is not the target's name")
    if not write_mode.is_open:
        return SafeText("the console is read-only; open write mode first")
    return None
