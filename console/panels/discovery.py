"""Finds out which default panels a server can fill, and how."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from opsconsole.domain.series import Panel
from opsconsole.domain.text import SafeText
from opsconsole.panels.defaults import DEFAULTS
from opsconsole.panels.spec import Candidate, PanelSpec
from opsconsole.safe_text import safe_text

SERVICE_LABELS = ("service", "service_name", "app", "app_kubernetes_io_name", "application", "job")
"""Labels that may name a service, best first. Prometheus itself gives every series a `job`."""
CONTAINER_LABELS = ("container", "container_name")
NAMESPACE_LABELS = ("namespace", "kubernetes_namespace", "k8s_namespace_name", "service_namespace")
POD_LABELS = ("pod", "pod_name", "kubernetes_pod_name", "k8s_pod_name")
NODE_LABELS = ("node", "nodename", "instance")


class MetricInventory(Protocol):
    """What a server holds, as far as discovery asks. Raises `SourceError`."""

    async def listing(self, metrics: frozenset[str]) -> Mapping[str, Mapping[str, frozenset[str]]] | None:
        """Labels and their values by metric, for those of `metrics` that exist; None when that is too much to list."""
        ...

    async def metric_names(self) -> frozenset[str]:
        """Names of all metrics with recent samples."""
        ...

    async def label_names(self, metric: str) -> frozenset[str]:
        """Labels on any series of `metric`."""
        ...

    async def label_values(self, label: str, metric: str) -> frozenset[str]:
        """Values of `label` on the series of `metric`."""
        ...


class FoundPanel(msgspec.Struct, frozen=True):
    """A panel with the services it has series for; None: it belongs to no service."""

    panel: Panel
    services: frozenset[str] | None


class Catalogue(msgspec.Struct, frozen=True):
    """The default panels that a server can fill."""

    found: tuple[FoundPanel, ...] = ()
    missing: tuple[SafeText, ...] = ()

    @property
    def services(self) -> tuple[SafeText, ...]:
        """All services with a panel of their own, sorted."""
        names = {name for found in self.found for name in found.services or ()}
        return tuple(sorted({safe_text(name, 256) for name in names}))

    def panels(self, service: str | None) -> tuple[Panel, ...]:
        """The panels with series of `service`, or all of them; those of machines in any case."""
        return tuple(
            found.panel
            for found in self.found
            if service is None or found.services is None or service in found.services
        )


class _Labels(msgspec.Struct, frozen=True):
    """Which label of a metric plays which part; `service_matcher` binds `$service`."""

    by: str
    service_matcher: str
    namespace: str | None
    pod: str | None
    instance: str
    services: frozenset[str] | None
    all: frozenset[str]


class _Survey:
    """The answers of one discovery: from one listing, or from the index with each metric asked once."""

    def __init__(self, inventory: MetricInventory, names: frozenset[str]) -> None:
        self.names = names
        self._inventory = inventory
        self._labels: dict[str, frozenset[str]] = {}
        self._values: dict[tuple[str, str], frozenset[str]] = {}

    @classmethod
    async def begun(cls, inventory: MetricInventory, metrics: frozenset[str]) -> _Survey:
        """A survey that knows which of `metrics` exist."""
        listing = await inventory.listing(metrics)
        if listing is None:
            return cls(inventory, metrics & await inventory.metric_names())
        survey = cls(inventory, metrics & listing.keys())
        for metric, labels in listing.items():
            survey._labels[metric] = frozenset(labels)
            survey._values.update({(label, metric): values for label, values in labels.items()})
        return survey

    async def learn(self, metrics: Iterable[str], services: Sequence[str]) -> None:
        """Ask for the labels of `metrics`, and for the values of those among `services`."""
        await asyncio.gather(*(self._learn_one(metric, services) for metric in dict.fromkeys(metrics)))

    async def _learn_one(self, metric: str, services: Sequence[str]) -> None:
        if metric not in self._labels:
            self._labels[metric] = await self._inventory.label_names(metric)
        wanted = [label for label in services if label in self._labels[metric] and (label, metric) not in self._values]
        answers = await asyncio.gather(*(self._inventory.label_values(label, metric) for label in wanted))
        self._values.update({(label, metric): values for label, values in zip(wanted, answers, strict=True)})

    def labels(self, metric: str) -> frozenset[str]:
        return self._labels[metric]

    def values(self, label: str, metric: str) -> frozenset[str]:
        return self._values.get((label, metric), frozenset()) - {""}


async def discover(inventory: MetricInventory, specs: tuple[PanelSpec, ...] = DEFAULTS) -> Catalogue:
    """Ask `inventory` which of `specs` can be filled; no sample is read for it."""
    metrics = frozenset(name for spec in specs for candidate in spec.candidates for name in candidate.metrics)
    survey = await _Survey.begun(inventory, metrics)
    possible = [(spec, candidate) for spec in specs for candidate in spec.candidates if _is_there(candidate, survey)]
    direct = [candidate.metrics[0] for _, candidate in possible if not candidate.per_container]
    await survey.learn((candidate.metrics[0] for _, candidate in possible), ())
    await _learn_services(survey, direct)
    known = frozenset(name for metric in direct for name in _direct(metric, survey)[1])
    contained = [candidate.metrics[0] for _, candidate in possible if candidate.per_container]
    await survey.learn(contained, (*SERVICE_LABELS, *CONTAINER_LABELS, *POD_LABELS))
    found: list[FoundPanel] = []
    missing: list[SafeText] = []
    for spec in specs:
        mine = [candidate for owner, candidate in possible if owner is spec]
        filled = _fill(spec, mine, survey, known)
        found += filled
        if not filled:
            missing.append(spec.missing)
    return Catalogue(tuple(found), tuple(missing))


def _is_there(candidate: Candidate, survey: _Survey) -> bool:
    return all(metric in survey.names for metric in candidate.metrics)


async def _learn_services(survey: _Survey, metrics: Sequence[str]) -> None:
    """One label per metric is enough where the metric comes from the service itself."""
    by_label: dict[str, list[str]] = {}
    for metric in metrics:
        if (label := _first(SERVICE_LABELS, survey.labels(metric))) is not None:
            by_label.setdefault(label, []).append(metric)
    await asyncio.gather(*(survey.learn(names, (label,)) for label, names in by_label.items()))


def _first(wanted: Iterable[str], there: frozenset[str]) -> str | None:
    return next((label for label in wanted if label in there), None)


def _direct(metric: str, survey: _Survey) -> tuple[str | None, frozenset[str]]:
    label = _first(SERVICE_LABELS, survey.labels(metric))
    return label, survey.values(label, metric) if label is not None else frozenset()


def _fill(spec: PanelSpec, candidates: Iterable[Candidate], survey: _Survey, known: frozenset[str]) -> list[FoundPanel]:
    """Panels of `spec`: the best candidate, and others for services that better ones lack."""
    found: list[FoundPanel] = []
    covered: set[str] = set()
    for candidate in candidates:
        choice = _first(candidate.choice, survey.labels(candidate.metrics[0]))
        if candidate.choice and choice is None:
            continue
        labels = _bound(candidate, survey, known)
        new = frozenset() if labels.services is None else labels.services - covered
        if found and not new:
            continue
        covered |= new
        panel_id = spec.id if not found else f"{spec.id}:{candidate.metrics[0]}"
        found.append(FoundPanel(_panel(spec, candidate, panel_id, labels, choice), labels.services and new))
    return found


def _bound(candidate: Candidate, survey: _Survey, known: frozenset[str]) -> _Labels:
    metric = candidate.metrics[0]
    there = survey.labels(metric)
    pod = _first(POD_LABELS, there)
    service, services, matcher = None, None, ""
    if candidate.per_container:
        service, services, matcher = _of_containers(metric, pod, survey, known)
    elif not candidate.per_node:
        service, services = _direct(metric, survey)
        matcher = f'{service}="$service"' if service else ""
    instance = _first(NODE_LABELS, there) if candidate.per_node else pod or _first(("instance",), there)
    return _Labels(
        by=service or instance or "job",
        service_matcher=matcher,
        namespace=_first(NAMESPACE_LABELS, there),
        pod=pod,
        instance=instance or service or "job",
        services=services,
        all=there,
    )


def _of_containers(
    metric: str, pod: str | None, survey: _Survey, known: frozenset[str]
) -> tuple[str | None, frozenset[str], str]:
    """The label that names services already known, else the pods named after their workload."""
    labels = [label for label in (*SERVICE_LABELS, *CONTAINER_LABELS) if label in survey.labels(metric)]
    if known:
        best = max(labels, key=lambda label: len(survey.values(label, metric) & known), default=None)
        if best is not None and survey.values(best, metric) & known:
            # A label of services also knows those that expose nothing; a container may be a sidecar.
            named = survey.values(best, metric) & (known if best in CONTAINER_LABELS else survey.values(best, metric))
            return best, named, f'{best}="$service"'
        if pod is not None:
            pods = survey.values(pod, metric)
            named = frozenset(name for name in known if any(each.startswith(f"{name}-") for each in pods))
            if named:
                return pod, named, f'{pod}=~"$service-.+"'
    label = _first((*CONTAINER_LABELS, *SERVICE_LABELS), survey.labels(metric))
    return (
        label,
        survey.values(label, metric) - {"POD"} if label else frozenset(),
        f'{label}="$service"' if label else "",
    )


def _panel(spec: PanelSpec, candidate: Candidate, panel_id: str, labels: _Labels, choice: str | None) -> Panel:
    matchers = [labels.service_matcher] if labels.service_matcher else []
    matchers += [
        f'{label}="${part}"' for label, part in ((labels.namespace, "namespace"), (labels.pod, "pod")) if label
    ]
    container = _first(CONTAINER_LABELS, labels.all)
    # `instance` keeps apart those series of a metric that lack the other labels.
    own = ("instance",) if "instance" in labels.all and not candidate.per_container else ()
    grouping = ", ".join(dict.fromkeys((labels.by, labels.instance, *own)))
    query = (
        candidate.query.replace("<by>, <instance>", grouping)
        .replace("<scope>", ",".join(matchers))
        .replace("<by>", labels.by)
        .replace("<instance>", labels.instance)
        .replace("<choice>", choice or "")
        .replace("<container>", f'{container}!~"|POD",' if container else "")
        .replace(",}", "}")
    )
    return Panel(
        id=panel_id,
        title=SafeText(candidate.title or spec.title),
        query=query,
        unit=candidate.unit or spec.unit,
        layer=spec.layer,
        thresholds=spec.thresholds if candidate.thresholds is None else candidate.thresholds,
        legend=spec.legend.replace("<by>", labels.by).replace("<instance>", labels.instance),
        y_axis=spec.y_axis,
    )
