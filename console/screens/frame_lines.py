"""The lines around the panes: header, headline, keys and freshness."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo

from opsconsole.actions import Action, PaneName, available, key_words
from opsconsole.domain.log_level import RaisedLevel
from opsconsole.domain.text import SafeText
from opsconsole.screens.headline import headline
from opsconsole.screens.jumps.jump import Step
from opsconsole.screens.pane import PaneView
from opsconsole.widgets.freshness_line import FreshnessLine
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.headline import HeadlineBar
from opsconsole.widgets.incidents.header_tag import IncidentStanding
from opsconsole.widgets.key_line import KeyLine
from opsconsole.widgets.scope_header import HeaderFacts, ScopeHeader
from opsconsole.write_mode import WriteMode


class FrameLines:
    """The widgets of those lines, and what they are drawn from."""

    def __init__(
        self,
        glyphs: Glyphs,
        zone: tzinfo,
        *,
        production: bool,
        write_mode: WriteMode | None,
        levels: Callable[[], tuple[RaisedLevel, ...]] = tuple,
        trail: Callable[[], tuple[Step, ...]] = tuple,
        incident: Callable[[], IncidentStanding] = IncidentStanding,
    ) -> None:
        """Times are shown in `zone`; `write_mode` None is a console that can only look. `levels` are those in force.

        `trail` are the steps that led to what is shown, `incident` is what is worked on.
        """
        self.header = ScopeHeader(glyphs=glyphs, zone=zone, id="header")
        self.headline = HeadlineBar(glyphs=glyphs, id="headline")
        self.keys = KeyLine(id="keys")
        self.freshness = FreshnessLine(glyphs=glyphs, id="freshness")
        self._zone = zone
        self._production = production
        self._write_mode = write_mode
        self._levels = levels
        self._trail = trail
        self._incident = incident

    def draw(self, view: PaneView) -> None:
        """All but the keys."""
        write = self._write_mode.remaining if self._write_mode else 0.0
        levels, trail = self._levels(), tuple(step.words for step in self._trail())
        self.header.show(
            HeaderFacts(
                view.scope,
                view.now,
                production=self._production,
                write=write,
                levels=levels,
                trail=trail,
                incident=self._incident(),
            )
        )
        self.headline.show(headline(view.feeds, view.scope, view.now, self._zone))
        self.freshness.show(view.feeds.freshness(), now=view.now)

    def draw_keys(self, pane: PaneName | None, actions: tuple[Action, ...]) -> None:
        """The keys that work while `pane` has the focus."""
        shown = available(pane, actions=actions)
        self.keys.show(
            tuple((SafeText(key_words(one.keys).split()[0]), SafeText(one.short)) for one in shown if one.short)
        )
