"""Runbooks as they are offered: one line each, and a page about the one under the cursor."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from opsconsole.domain.runbook import Lint, RunbookOffer
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepOutcome, Verdict, Walk
from opsconsole.widgets.details.facts import BLANK, fact, facts, heading, paragraph
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.runbooks.step_lines import HASH_DIGITS, result_words


def offer_line(offer: RunbookOffer, tried: Verdict | None, glyphs: Glyphs) -> Content:
    """`Bad release  alert ErrorRateHigh of checkout`; one that was walked says what it found."""
    fits = offer.score > 0
    sign = glyphs.path if fits else glyphs.unset
    found = f"  walked: {tried.value}" if tried is not None else ""
    return Content.assemble(
        (f"{sign} ", "$primary" if fits else "$muted"),
        (offer.runbook.title, "bold" if fits else ""),
        (f"  {offer.reason}" if offer.reason else "", "$muted"),
        (found, "$severity-warning"),
    )


def walk_line(walk: Walk, glyphs: Glyphs) -> Content:
    """`↻ resume Bad release at step 4`."""
    at = f" at step {walk.position}" if walk.position is not None else ""
    return Content.assemble(
        (f"{glyphs.restarts} resume ", "$primary bold"),
        (walk.title, "bold"),
        at,
        ("" if walk.incident else "  not recorded", "$severity-warning"),
    )


def offer_page(offer: RunbookOffer) -> tuple[Content, ...]:
    """Lines: what it is about, why it is offered, what it asks for, its steps, and which file it is."""
    runbook = offer.runbook
    matches = runbook.matches
    return (
        heading(runbook.title),
        *(paragraph(runbook.summary) if runbook.summary else ()),
        *facts(
            [
                ("why", offer.reason),
                ("alerts", ", ".join(matches.alerts)),
                ("services", ", ".join(matches.services)),
                ("asks for", ", ".join(one.title or one.name for one in runbook.inputs)),
                ("file", runbook.path),
                ("hash", runbook.sha256[:HASH_DIGITS]),
            ]
        ),
        BLANK,
        heading("steps"),
        *(
            Content.assemble((f"  {step.number:>2}  ", "$muted"), step.title, (f"  {step.does.kind.value}", "$muted"))
            for step in runbook.steps
        ),
    )


def walk_page(walk: Walk) -> tuple[Content, ...]:
    """Lines: which file was walked, with what, and how its steps came out."""
    counted = [one for one in walk.results if one.outcome is not StepOutcome.TAKEN_BACK]
    return (
        heading(walk.title),
        *facts([("file", walk.path), ("hash", walk.sha256[:HASH_DIGITS])]),
        *(fact(name, value) for name, value in walk.inputs.items()),
        BLANK,
        heading("steps so far" if counted else "no step came out yet"),
        *(
            Content.assemble((f"  {one.number:>2}  ", "$muted"), one.title, (f"  {result_words(one)}", "$muted"))
            for one in counted
        ),
    )


def refused_words(lints: Sequence[Lint]) -> SafeText:
    """`2 files can't be walked: bad.md line 3: …`; empty for none."""
    grave = [one for one in lints if one.grave]
    if not grave:
        return SafeText("")
    files = len({one.path for one in grave})
    first = grave[0]
    name = first.path.rsplit("/", 1)[-1]
    counted = f"{files} {'file' if files == 1 else 'files'} can't be walked"
    return SafeText(f"{counted}: {name} line {first.line}: {first.words}")
