"""What is said on the terminal while a console that was left still waits for something."""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.domain.operation import OperationKind, Plan
from opsconsole.domain.text import SafeText
from opsconsole.screens.operations.running import RunningOperation
from opsconsole.widgets.operations.progress_page import STATE_WORDS


def waiting_words(plans: Sequence[Plan], seconds: float) -> SafeText:
    """For what is waited, how long at most, and what Ctrl+C would do."""
    each = "; ".join(plan.summary for plan in plans)
    runs = any(plan.order.kind is OperationKind.RUN_COMMAND for plan in plans)
    then = "then the program is ended" if runs else "then the next start looks what became of it"
    return SafeText(f"waiting up to {seconds:.0f} s for the end of: {each}; {then} (Ctrl+C: now)")


def ended_words(running: RunningOperation) -> SafeText:
    """What became of it in the end."""
    last = running.last
    if not running.told or last is None:
        if running.plan.order.kind is OperationKind.RUN_COMMAND:
            return SafeText(f"{running.plan.summary}: ended with the console; how it went is not known")
        return SafeText(f"{running.plan.summary}: no answer yet; the next start looks what became of it")
    return SafeText(f"{running.plan.summary}: {STATE_WORDS[last.state]}. {last.words}")


def putting_back_words(seconds: float) -> SafeText:
    """That log levels are put back, which takes at most `seconds`."""
    return SafeText(f"putting log levels back, at most {seconds:.0f} s")
