"""What a pod's containers wrote, as it was on the screen."""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.domain.container_log import ContainerLine
from opsconsole.domain.evidence import LinesEvidence
from opsconsole.domain.log_query import LogSearch
from opsconsole.domain.log_record import LogRecord
from opsconsole.domain.pod import Pod
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.incidents.pinning.lines import LinesSeen, pinned_lines, time_of


def pinned_container_lines(lines: Sequence[ContainerLine], pod: Pod, now: float) -> LinesEvidence | None:
    """`lines` as they were written, oldest first; None when there are none.

    The runtime gives lines no names, so they are numbered.
    """
    records = tuple(_record(number, line, pod) for number, line in enumerate(lines, 1))
    selection = Selection(SafeText(""), namespace=pod.namespace or None, service=pod.service or None, pod=pod.name)
    search = LogSearch(selection, time_of(records, now))
    return pinned_lines(LinesSeen(search, records, SafeText("kubernetes"), marked=records, total=len(records)), now)


def _record(number: int, line: ContainerLine, pod: Pod) -> LogRecord:
    return LogRecord(
        id=SafeText(f"{pod.name} {line.container} {number}"),
        time=line.time,
        level=line.level,
        service=pod.service,
        message=line.whole,
        pod=pod.name,
        namespace=pod.namespace,
        container=line.container,
    )
