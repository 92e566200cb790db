"""Leads a drill from the quiet before it to the page that tells how it went."""

from __future__ import annotations

from datetime import tzinfo

from textual.screen import ModalScreen, Screen

from opsconsole.clock import Clock
from opsconsole.domain.drill import DrillEnding
from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.incident import Incident
from opsconsole.domain.snapshot import FeedState
from opsconsole.domain.text import SafeText
from opsconsole.drills.drill import Drill
from opsconsole.drills.ending import end_drill
from opsconsole.feeds import topic as topics
from opsconsole.feeds.cluster_feeds import ClusterFeeds
from opsconsole.screens.choice_screen import Choice, ChoiceScreen
from opsconsole.screens.detail_screen import DetailScreen
from opsconsole.screens.drills.result_view import DrillResultView
from opsconsole.screens.help_screen import HelpScreen
from opsconsole.screens.incidents.incident_desk import IncidentDesk
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.incidents.elapsed import elapsed_text

NO_DRILL = "no drill is under way; `opsconsole drill` begins one"
QUIET_YET = "no alert has fired yet: the clock does not run, and there is nothing to judge; q leaves"
BEGUN = "a drill: something breaks within two minutes, its alert follows minutes later and starts the clock"
ALERTED = "an alert fires: the clock runs; i opens the incident"
CLEARED = "the alerts have cleared: the drill ends when the incident is resolved (i, then s), or by {key}"
_ONLY_READ = (DetailScreen, HelpScreen)
_END, _GO_ON = "end", "on"


class DrillDesk:
    """Looks at the alerts and the incident each second; without a drill it does nothing."""

    def __init__(
        self,
        screen: Screen[None],
        drill: Drill | None,
        incidents: IncidentDesk,
        *,
        clock: Clock,
        zone: tzinfo,
        glyphs: Glyphs,
        key: str,
    ) -> None:
        """`incidents` has the records; `key` is the one that ends a drill, as it is told."""
        self._screen = screen
        self._drill = drill
        self._incidents = incidents
        self._clock = clock
        self._zone = zone
        self._glyphs = glyphs
        self._key = key
        self._incident: Incident | None = None
        self._told: set[str] = set()
        self._ending = False
        self._over = False

    @property
    def word(self) -> SafeText:
        """For the header: that this is a drill, and how long ago its first alert fired."""
        drill = self._drill
        if drill is None:
            return SafeText("")
        if self._over:
            return SafeText("DRILL over")
        clock = "" if drill.alerted_at is None else f" {elapsed_text(self._clock.now() - drill.alerted_at)}"
        return SafeText(f"DRILL{clock}")

    # -- looking ---------------------------------------------------------------------------------

    def look(self, feeds: ClusterFeeds) -> None:
        """See how it stands; called each second."""
        drill = self._drill
        if drill is None or self._over or self._ending:
            return
        alerts = feeds.snapshot(topics.ALERTS)
        if alerts.state is FeedState.LIVE and alerts.value is not None:
            drill.see(alerts.value, self._clock.now() if alerts.as_of is None else alerts.as_of)
        self._follow_incident()
        self._tell(drill)
        if drill.healed(self._incident) and not self._dialog_open:
            self._end(DrillEnding.HEALED)

    def _follow_incident(self) -> None:
        current, known = self._incidents.current, self._incident
        if current is not None:
            self._incident = current
        elif known is not None and not known.state.over:
            # Closed so fast that it was never seen resolved.
            self._screen.run_worker(self._read(known.id), group="drill-incident", exclusive=True)

    async def _read(self, incident: str) -> None:
        try:
            self._incident = await (await self._incidents.records()).store.incident(incident)
        except OpsConsoleError as error:
            self._say(str(error), wrong=True)

    @property
    def _dialog_open(self) -> bool:
        """Whether somebody may be typing or deciding: what they type must not fall on another page."""
        stack = self._screen.app.screen_stack
        return any(isinstance(one, ModalScreen) and not isinstance(one, _ONLY_READ) for one in stack)

    def _tell(self, drill: Drill) -> None:
        resolved = self._incident is not None and self._incident.state.over
        self._say_once(BEGUN if drill.alerted_at is None else ALERTED)
        if resolved and drill.waiting:
            names = ", ".join(drill.waiting)
            self._say_once(f"resolved: the drill ends when these have cleared, or by {self._key}: {names}", "resolved")
        elif drill.calm and not resolved:
            self._say_once(CLEARED.format(key=self._key))

    # -- the end ---------------------------------------------------------------------------------

    def ask(self) -> None:
        """End the drill, once that was said again; after its end show how it went."""
        drill = self._drill
        if drill is None:
            self._say(NO_DRILL)
        elif self._over:
            self._screen.run_worker(self._show(drill), group="drill", exclusive=True)
        elif drill.alerted_at is None:
            self._say(QUIET_YET)
        else:
            choices = (
                Choice(_GO_ON, SafeText("go on with the drill")),
                Choice(_END, SafeText("end it: the truth is shown")),
            )
            self._screen.app.push_screen(
                ChoiceScreen(SafeText("End the drill?"), choices, "type to narrow", current=_GO_ON), self._chosen
            )

    def _chosen(self, value: str | None) -> None:
        if value == _END and not self._over:
            self._end(DrillEnding.ENDED)

    def _end(self, ending: DrillEnding) -> None:
        if self._drill is not None and not self._ending:
            self._ending = True
            self._screen.run_worker(self._finish(self._drill, ending), group="drill", exclusive=True)

    async def _finish(self, drill: Drill, ending: DrillEnding) -> None:
        try:
            await end_drill(await self._incidents.records(), drill, ending, self._incident)
            self._over = True
            await self._show(drill)
        except OpsConsoleError as error:
            self._say(f"the drill's end can't be written down: {error}", wrong=True)
        finally:
            self._ending = False

    async def _show(self, drill: Drill) -> None:
        records = await self._incidents.records()
        if drill.incident is not None:
            self._screen.app.push_screen(
                DrillResultView(records, drill.incident, self._glyphs, self._clock, self._zone)
            )

    async def close(self) -> None:
        """The console ends: a drill whose clock ran is over, too. Said on no screen; the record is what counts."""
        drill = self._drill
        if drill is None or self._over or drill.alerted_at is None:
            return
        self._over = True
        try:
            await end_drill(await self._incidents.records(), drill, DrillEnding.LEFT, self._incident)
        except OpsConsoleError as error:
            drill.trouble = str(error)

    # -- saying ----------------------------------------------------------------------------------

    def _say_once(self, sentence: str, name: str = "") -> None:
        if (name or sentence) not in self._told:
            self._told.add(name or sentence)
            self._say(sentence)

    def _say(self, sentence: str, *, wrong: bool = False) -> None:
        self._screen.notify(sentence, severity="error" if wrong else "information", markup=False, timeout=10)
