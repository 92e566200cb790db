"""Which change a moment is about, and what a rollout brought: pure functions."""

from __future__ import annotations

from opsconsole.domain.operation import FieldChange, Revision
from opsconsole.domain.pod import Change, ChangeKind
from opsconsole.domain.text import SafeText

SOON = 120.0
"""Seconds after a moment in which a change still counts as what came before it: an alert has waited out its `for`."""
AGO = 3600.0
"""Seconds before a moment in which a change of another service is worth naming."""


def changes_about(changes: tuple[Change, ...], service: SafeText | None, moment: float) -> tuple[Change, ...]:
    """Changes of `service` (None: of any), newest first, and those of others in the hour before `moment`."""
    found = (
        change
        for change in changes
        if service is None or change.service == service or -SOON <= moment - change.time <= AGO
    )
    return tuple(sorted(found, key=lambda change: -change.time))


def nearest_change(changes: tuple[Change, ...], service: SafeText | None, moment: float) -> Change | None:
    """The change that `moment` (unix seconds) is about.

    The last deploy or scaling of `service` in the hour before it or shortly after, else that of anything else then,
    else the last change of `service` before, else its first one after.
    """
    made = [
        change
        for change in changes
        if change.kind is not ChangeKind.RESTART
        and (change.kind is not ChangeKind.JOB or change.service == service)
        and -SOON <= moment - change.time <= AGO
    ]
    own = [change for change in changes if service is None or change.service == service]
    before = [change for change in own if change.time <= moment + SOON]
    newest = [change for change in made if service is None or change.service == service] or made or before
    if newest:
        return max(newest, key=lambda change: change.time)
    return min(own, key=lambda change: change.time, default=None)


def rollout_of(revisions: tuple[Revision, ...], number: int) -> tuple[Revision | None, Revision | None]:
    """The revision `number` and the one it replaced; None for what is no longer kept."""
    made = next((one for one in revisions if one.number == number), None)
    earlier = [one for one in revisions if one.number < number]
    return made, max(earlier, key=lambda one: one.number, default=None)


def brought(made: Revision, replaced: Revision) -> tuple[FieldChange, ...]:
    """How going from `replaced` to `made` changed the template, told from how both differ from the one in force."""
    now = {change.path: change.after for change in made.changes}
    then = {change.path: change.after for change in replaced.changes}
    present = {change.path: change.before for change in (*made.changes, *replaced.changes)}
    return tuple(
        FieldChange(path, then.get(path, value), now.get(path, value))
        for path, value in present.items()
        if then.get(path, value) != now.get(path, value)
    )
