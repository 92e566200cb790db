"""What is sent for an operation, in words."""

from __future__ import annotations

import shlex

from opsconsole.domain.text import SafeText
from opsconsole.operations.level_change import LevelChange
from opsconsole.operations.procedure import Act, Command, LocalProgram
from opsconsole.safe_text import safe_text


def act_words(act: Act) -> SafeText:
    """What is sent: `patch deployment shop/checkout`, or the program that is run in a container."""
    if isinstance(act, LevelChange):
        levels = ", ".join(sorted({str(step.wanted) for step in act.steps}))
        return SafeText(f"log level {levels}, to {len(act.steps)} {'pod' if len(act.steps) == 1 else 'pods'}")
    if isinstance(act, LocalProgram):
        return safe_text(f"{shlex.join((act.path, *act.run.argv[1:]))}, on this machine")
    if isinstance(act, Command):
        program = " ".join(act.attempts[0]) if act.attempts else "nothing"
        return SafeText(f"{program}, in container {act.container} of {act.pod.words}")
    part = f" ({act.subresource})" if act.subresource else ""
    return SafeText(f"{act.verb.value} {act.target.words}{part}")
