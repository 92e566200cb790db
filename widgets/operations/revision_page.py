"""Revisions of a workload: one line each, and how the chosen one differs."""

from __future__ import annotations

from textual.content import Content

from opsconsole.domain.operation import Revision
from opsconsole.domain.time_range import format_duration
from opsconsole.widgets.details.facts import BLANK, fact, heading
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.names import image_tag
from opsconsole.widgets.operations.plan_page import change_lines


def revision_line(revision: Revision, now: float, glyphs: Glyphs) -> Content:
    """`  7  3m ago      1.9.0  0/3 ready  deploy pipeline`; the one in force says so in words."""
    images = ", ".join(image_tag(container.image) for container in revision.containers)
    age = f"{format_duration(max(0.0, now - revision.created_at))} ago"
    ill = revision.pods and revision.ready < revision.pods
    pods = f"{revision.ready}/{revision.pods} ready" if revision.pods else "no pods"
    sign = glyphs.failing if ill else glyphs.passing if revision.pods else glyphs.unset
    style = "$probe-failing" if ill else "$probe-passing" if revision.pods else "$muted"
    return Content.assemble(
        (f"{revision.number:>4}  ", "bold"),
        (f"{age:<11} ", "$muted"),
        (f"{images}  ", "bold"),
        (f"{sign} {pods}", style),
        ("  in force now" if revision.current else "", "$severity-warning"),
        (f"  {revision.cause}" if revision.cause else "", "$muted"),
    )


def revision_page(revision: Revision, glyphs: Glyphs) -> tuple[Content, ...]:
    """Lines: its images, then every field that going back to it would change."""
    lines = [heading(f"revision {revision.number}")]
    lines.extend(fact(container.name, container.image) for container in revision.containers)
    if revision.current:
        return (*lines, BLANK, Content.assemble(("  this revision is in force", "$muted")))
    if not revision.changes:
        return (*lines, BLANK, Content.assemble(("  its pods would be the same as those of now", "$muted")))
    changed = [line for change in revision.changes for line in change_lines(change, glyphs)]
    return (*lines, BLANK, heading("going back to it changes"), *changed)
