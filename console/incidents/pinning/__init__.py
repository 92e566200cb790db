"""Evidence: pure functions from what was on the screen to a value that is kept for years.

What is kept is bounded, whatever was shown, and says in its completeness what was left out.
"""

from opsconsole.incidents.pinning.alerts import pinned_alert
from opsconsole.incidents.pinning.charts import pinned_chart
from opsconsole.incidents.pinning.container_lines import pinned_container_lines
from opsconsole.incidents.pinning.lines import LinesSeen, pinned_lines, time_of
from opsconsole.incidents.pinning.links import NO_LINKS, WebLinks, with_link
from opsconsole.incidents.pinning.pods import pinned_pod
from opsconsole.incidents.pinning.standpoint import Standpoint, completeness_words, missing_words
from opsconsole.incidents.pinning.traces import pinned_trace

__all__ = [
    "NO_LINKS",
    "LinesSeen",
    "Standpoint",
    "WebLinks",
    "completeness_words",
    "missing_words",
    "pinned_alert",
    "pinned_chart",
    "pinned_container_lines",
    "pinned_lines",
    "pinned_pod",
    "pinned_trace",
    "time_of",
    "with_link",
]
