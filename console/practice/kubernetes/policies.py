"""PodDisruptionBudgets and the HorizontalPodAutoscaler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opsconsole.practice.kubernetes.selection import Item
from opsconsole.practice.kubernetes.status import Refusal, timestamp
from opsconsole.practice.shop import identity
from opsconsole.practice.shop.controllers import AUTOSCALED, LEAST, MOST
from opsconsole.practice.shop.shop import Shop
from opsconsole.practice.shop.topology import NAMESPACE, WorkloadKind
from opsconsole.practice.shop.workload import Pod

_DAY = 86_400


@dataclass(frozen=True)
class Budget:
    """How many pods of a service must stay, as its team wrote it: one of the two is given."""

    service: str
    available: int | None = None
    unavailable: int | None = None


BUDGETS = (Budget("gateway", available=2), Budget("checkout", unavailable=1), Budget("postgres", available=1))
"""The one of postgres never lets its only pod go: a classic."""


@dataclass(frozen=True)
class Count:
    """A budget's figures: pods that should be, must be and are healthy, and how many may go."""

    expected: int
    desired: int
    healthy: int

    @property
    def allowed(self) -> int:
        """Disruptions that the budget lets happen now."""
        return max(0, self.healthy - self.desired) if self.expected else 0


def count(budget: Budget, shop: Shop) -> Count:
    """The disruption controller's figures (`pkg/controller/disruption`)."""
    workload = next(one for one in shop.control.workloads if one.name == budget.service)
    pods = [pod for pod in shop.control.pods if _covers(budget, pod)]
    healthy = sum(pod.serving for pod in pods)
    if budget.available is not None:
        return Count(len(pods), budget.available, healthy)
    expected = workload.replicas
    return Count(expected, max(0, expected - (budget.unavailable or 0)), healthy)


def _covers(budget: Budget, pod: Pod) -> bool:
    return pod.namespace == NAMESPACE and pod.labels.get("app") == budget.service


def budget_objects(shop: Shop) -> list[Item]:
    """Every policy/v1 PodDisruptionBudget."""
    made = []
    for budget in BUDGETS:
        figures = count(budget, shop)
        limit = (
            {"maxUnavailable": budget.unavailable} if budget.available is None else {"minAvailable": budget.available}
        )
        at = timestamp(shop.begin - 96 * _DAY)
        condition = {
            "type": "DisruptionAllowed",
            "status": "True" if figures.allowed else "False",
            "observedGeneration": 1,
            "lastTransitionTime": at,
            "reason": "SufficientPods" if figures.allowed else "InsufficientPods",
            "message": "",
        }
        made.append(
            {
                "metadata": {
                    "name": budget.service,
                    "namespace": NAMESPACE,
                    "uid": identity.uid("budget", budget.service),
                    "generation": 1,
                    "creationTimestamp": at,
                    "labels": {"app": budget.service},
                },
                "spec": {**limit, "selector": {"matchLabels": {"app": budget.service}}},
                "status": {
                    "observedGeneration": 1,
                    "disruptionsAllowed": figures.allowed,
                    "currentHealthy": figures.healthy,
                    "desiredHealthy": figures.desired,
                    "expectedPods": figures.expected,
                    "conditions": [condition],
                },
            }
        )
    return made


def check_eviction(shop: Shop, pod: Pod) -> None:
    """Raises `Refusal` 429 where a budget forbids that `pod` is evicted (`pkg/registry/core/pod`, eviction.go).

    A pod that has not started or is on its way out may always go, one that is not ready if enough others are.
    """
    budget = next((one for one in BUDGETS if _covers(one, pod)), None)
    if budget is None or pod.deleted_at is not None or not pod.runs:
        return
    figures = count(budget, shop)
    spare = not pod.ready and figures.healthy >= figures.desired > 0
    if spare or figures.allowed > 0:
        return
    why = (
        f"The disruption budget {budget.service} needs {figures.desired} healthy pods and has "
        f"{figures.healthy} currently"
    )
    cause = {"reason": "DisruptionBudget", "message": why}
    words = "Cannot evict pod as it would violate the pod's disruption budget."
    raise Refusal(429, words, {"causes": [cause]})


TARGET = 70
"""The share of the CPU request that the autoscaler aims at, in percent."""


def autoscaler_objects(shop: Shop) -> list[Item]:
    """The one autoscaling/v2 HorizontalPodAutoscaler."""
    workload = next(one for one in shop.control.workloads if one.name == AUTOSCALED)
    pods = shop.control.fleet.of(workload)
    moment = shop.moments.at(int(shop.now() // 60) * 6)
    busy = [one.cpu for one in moment.pods.get(AUTOSCALED, ())]
    request = workload.service.cpu_limit * 0.25
    used = round(100 * sum(busy) / (len(busy) * request)) if busy else 0
    at = timestamp(shop.begin - 96 * _DAY)
    metric: dict[str, Any] = {"type": "Resource"}
    value = {"averageUtilization": used, "averageValue": f"{round(10 * used * request)}m"}
    conditions = [
        ("AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size"),
        ("ScalingActive", "True", "ValidMetricFound", "the HPA was able to successfully calculate a replica count"),
        ("ScalingLimited", "False", "DesiredWithinRange", "the desired count is within the acceptable range"),
    ]
    return [
        {
            "metadata": {
                "name": AUTOSCALED,
                "namespace": NAMESPACE,
                "uid": identity.uid("autoscaler", AUTOSCALED),
                "creationTimestamp": at,
                "labels": {"app": AUTOSCALED},
            },
            "spec": {
                "scaleTargetRef": {"kind": WorkloadKind.DEPLOYMENT.value, "name": AUTOSCALED, "apiVersion": "apps/v1"},
                "minReplicas": LEAST,
                "maxReplicas": MOST,
                "metrics": [
                    {
                        **metric,
                        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": TARGET}},
                    }
                ],
            },
            "status": {
                "currentReplicas": len([pod for pod in pods if pod.deleted_at is None]),
                "desiredReplicas": min(MOST, max(LEAST, workload.replicas)),
                "currentMetrics": [{**metric, "resource": {"name": "cpu", "current": value}}],
                "conditions": [
                    {"type": kind, "status": holds, "lastTransitionTime": at, "reason": reason, "message": message}
                    for kind, holds, reason, message in conditions
                ],
            },
        }
    ]
