"""The kubelet's `/metrics/probes`, as the API server's node proxy hands it on."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from opsconsole.practice.kubernetes.access import Access
from opsconsole.practice.kubernetes.registry import Registry
from opsconsole.practice.kubernetes.status import Refusal
from opsconsole.practice.shop.workload import PROBE_RESULTS, Pod

TYPE = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
_HEAD = (
    "# HELP prober_probe_total [BETA] Cumulative number of a liveness, readiness or startup probe for a container "
    "by result.\n# TYPE prober_probe_total counter\n"
)


class KubeletMetrics:
    """The handler of `nodes/proxy`, for this one path."""

    def __init__(self, registry: Registry, access: Access) -> None:
        """Counts come from the pods of `registry`'s shop."""
        self._registry = registry
        self._access = access

    async def probes(self, request: Request) -> Response:
        """`prober_probe_total` of the pods on one node. Raises `Refusal`."""
        name = request.path_params["name"]
        self._access.require(request, "get", self._registry.resources["nodes"], None, name, "proxy")
        self._registry.find("nodes", None, name)
        if request.path_params["path"] != "metrics/probes":
            raise Refusal(404, "the server could not find the requested resource", {})
        pods = [pod for pod in self._registry.shop.control.pods if pod.scheduled and f"node-{pod.node + 1}" == name]
        lines = sorted(line for pod in pods for line in _counts(pod))
        return Response(_HEAD + "".join(lines), headers={"content-type": TYPE})


def _counts(pod: Pod) -> list[str]:
    """A line for each probe and result that has come at least once."""
    lines = []
    for (probe, result), count in zip(PROBE_RESULTS, pod.probes, strict=True):
        if count and f"{probe.lower()}Probe" in pod.container:
            labels = (
                f'container="{pod.service.name}",namespace="{pod.namespace}",pod="{pod.name}",'
                f'pod_uid="{pod.uid}",probe_type="{probe}",result="{result}"'
            )
            lines.append(f"prober_probe_total{{{labels}}} {count}\n")
    return lines
