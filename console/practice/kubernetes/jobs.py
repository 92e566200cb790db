"""The job of the batch namespace."""

from __future__ import annotations

import copy
from typing import Any

from opsconsole.practice.kubernetes.selection import Item
from opsconsole.practice.kubernetes.status import timestamp
from opsconsole.practice.shop import identity
from opsconsole.practice.shop.fleet import BATCH_JOB, Fleet
from opsconsole.practice.shop.topology import BATCH_NAMESPACE
from opsconsole.practice.shop.workload import Pod


class Jobs:
    """Remembers the job once its pod has gone."""

    def __init__(self, fleet: Fleet) -> None:
        """The job's pod is in `fleet`, if there is one."""
        self._fleet = fleet
        self._pod: Pod | None = None

    def objects(self) -> list[Item]:
        """The one batch/v1 Job, from the moment it is there."""
        everyone = [*self._fleet.pods, *self._fleet.gone]
        self._pod = next((pod for pod in everyone if pod.namespace == BATCH_NAMESPACE), self._pod)
        return [] if self._pod is None else [_job(self._pod, alive=self._pod in self._fleet.pods)]


def _job(pod: Pod, *, alive: bool) -> Item:
    labels = {"batch.kubernetes.io/job-name": BATCH_JOB, "job-name": BATCH_JOB}
    status: dict[str, Any] = {"startTime": timestamp(pod.created_at)}
    if alive:
        status |= {"active": 1, "ready": int(pod.ready), "terminating": int(pod.deleted_at is not None)}
    else:
        ended = timestamp(pod.gone_at or pod.created_at)
        failed = {"type": "Failed", "status": "True", "lastProbeTime": ended, "lastTransitionTime": ended}
        words = "Job has reached the specified backoff limit"
        status |= {"failed": 1, "conditions": [{**failed, "reason": "BackoffLimitExceeded", "message": words}]}
    template = copy.deepcopy(pod.template)
    template["metadata"]["labels"] = {**template["metadata"].get("labels", {}), **labels}
    return {
        "metadata": {
            "name": BATCH_JOB,
            "namespace": BATCH_NAMESPACE,
            "uid": identity.uid("job", BATCH_JOB),
            "generation": 1,
            "creationTimestamp": timestamp(pod.created_at),
            "labels": {"app": pod.service.name},
        },
        "spec": {
            "parallelism": 1,
            "completions": 1,
            "backoffLimit": 0,
            "completionMode": "NonIndexed",
            "suspend": False,
            "selector": {"matchLabels": {"batch.kubernetes.io/job-name": BATCH_JOB}},
            "template": template,
        },
        "status": status,
    }
