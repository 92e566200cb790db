"""An alert shown whole."""

from __future__ import annotations

from datetime import tzinfo

from textual.content import Content

from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.text import SafeText
from opsconsole.widgets.alert_list import SEVERITY_STYLES, alert_sign
from opsconsole.widgets.details.facts import BLANK, fact, facts, heading, mapping, moment, paragraph
from opsconsole.widgets.glyphs import Glyphs

_RUNBOOK = SafeText("runbook_url")


def alert_detail(alert: Alert, *, now: float, zone: tzinfo, glyphs: Glyphs) -> tuple[Content, ...]:
    """Lines: name, state and severity, since when, summary, runbook link in full, what mutes it, labels.

    Links are text, never live: what a label says is not to be followed by a slip.
    """
    state = "muted by a silence" if alert.state is AlertState.SILENCED else alert.state.value
    style = SEVERITY_STYLES[alert.severity]
    told = [(name, text) for name, text in alert.annotations.items() if text != alert.summary and name != _RUNBOOK]
    runbook = alert.runbook_url or alert.annotations.get(_RUNBOOK)
    return (
        heading(alert.name),
        Content.assemble((f"  {alert_sign(alert.state, glyphs)} {alert.severity.value}, {state}", style)),
        *(paragraph(alert.summary) if alert.summary else ()),
        BLANK,
        fact("since", moment(alert.started_at, now, zone)),
        *facts([("value", "" if alert.value is None else f"{alert.value:g}")]),
        fact("runbook", runbook or "none named (annotation runbook_url)"),
        *facts(
            [
                ("told to", ", ".join(alert.receivers)),
                ("silenced by", ", ".join(alert.silenced_by)),
                ("inhibited by", ", ".join(alert.inhibited_by)),
                ("fingerprint", alert.fingerprint),
            ]
        ),
        *mapping("labels", sorted(alert.labels.items())),
        *mapping("annotations", told),
        *((BLANK, *facts([("rule", alert.generator_url)])) if alert.generator_url else ()),
    )
