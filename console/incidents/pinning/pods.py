"""A pod as it stood."""

from __future__ import annotations

import msgspec

from opsconsole.domain.evidence import PodEvidence
from opsconsole.domain.pod import Pod, PodList
from opsconsole.domain.snapshot import Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.incidents.pinning.standpoint import Standpoint, completeness_words, joined, shortened

MOST_CONTAINERS = 40


def pinned_pod(pod: Pod, snapshot: Snapshot[PodList], seen: Standpoint) -> PodEvidence:
    """`pod` with its containers and probes, out of the list `snapshot`. Pods always speak of now, not of the cursor."""
    said = list(completeness_words(snapshot))
    if len(pod.containers) > MOST_CONTAINERS:
        said.append(f"{MOST_CONTAINERS} of {len(pod.containers)} containers")
    trouble = pod.trouble
    moment = seen.now if snapshot.as_of is None else min(seen.now, snapshot.as_of)
    return PodEvidence(
        title=SafeText(f"{pod.name}, {trouble or ('ready' if pod.ready else pod.phase)}"),
        span=seen.span,
        at=moment,
        captured_at=seen.now,
        source=SafeText("kubernetes"),
        completeness=joined(said),
        pod=msgspec.structs.replace(pod, containers=pod.containers[:MOST_CONTAINERS], labels=shortened(pod.labels)),
    )
