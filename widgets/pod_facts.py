"""What the list of pods needs to know of each pod, worked out once for each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from itertools import compress
from operator import is_not
from typing import TypeVar

import msgspec

from opsconsole.domain.pod import Pod
from opsconsole.domain.text import SafeText
from opsconsole.widgets.names import image_tag
from opsconsole.widgets.probes import telling_probe
from opsconsole.widgets.rows import width_of
from opsconsole.widgets.text_filter import TextFilter

# Kubernetes' own alphabet for the hash of a pod template leaves out vowels and 0, 1, 3 (apimachinery, util/rand).
_TEMPLATE_HASH = re.compile(r"-[bcdfghjklmnpqrstvwxz2456789]{6,10}$")
_HASH_LABEL = SafeText("pod-template-hash")
_MEASURED = ("name_cells", "trouble_cells", "restarts", "ended_cells", "version_cells", "node_cells", "since")
"""Figures of which the largest over all pods is wanted."""
_ALIKE = 5_000
"""Kinds of pods that are remembered; a long session sees many releases."""


T = TypeVar("T")


class WorkloadName(msgspec.Struct, frozen=True):
    """What keeps a pod running, as people name it; `kind` is empty for a pod that nobody owns."""

    namespace: SafeText
    kind: SafeText
    name: SafeText

    @property
    def key(self) -> str:
        """The key of its heading in a list."""
        return f"workload:{self.namespace}/{self.kind}/{self.name}"


class PodFacts(msgspec.Struct, frozen=True):
    """Figures of one pod. `faulty`: something is wrong with it; `explainable`: and can be said in a sentence."""

    faulty: bool
    explainable: bool
    name_cells: int
    trouble_cells: int
    restarts: int
    ended_cells: int
    version_cells: int
    node_cells: int
    since: int
    """1 when it is known since when it is in trouble."""
    workload: WorkloadName
    workload_key: str
    version: SafeText
    """Revision and image: `r42 v1.9.0`."""


def sentence_of(pod: Pod) -> SafeText:
    """Why a pod is not well, in the cluster's own words where nobody made a sentence; empty when it is."""
    if pod.why:
        return pod.why
    if not pod.trouble:
        return SafeText("")
    for container in pod.containers:
        if container.message:
            return container.message
        if container.last_reason:
            code = "" if container.last_exit_code is None else f", exit code {container.last_exit_code}"
            return SafeText(f"{container.name} last ended: {container.last_reason}{code}")
    return pod.message


def last_end(pod: Pod) -> SafeText:
    """How the container that ended last did so: `OOMKilled 137`, empty when none did."""
    ended = [one for one in pod.containers if one.last_reason or one.last_exit_code is not None]
    if not ended:
        return SafeText("")
    last = max(ended, key=lambda container: container.last_finished_at or 0.0)
    code = "" if last.last_exit_code is None else str(last.last_exit_code)
    return SafeText(" ".join(part for part in (last.last_reason, code) if part))


def version_of(pod: Pod) -> SafeText:
    """Revision and image of the pod's first container: `r42 v1.9.0`."""
    tag = image_tag(pod.containers[0].image) if pod.containers else SafeText("")
    revision = f"r{pod.revision}" if pod.revision else ""
    return SafeText(" ".join(text for text in (revision, tag) if text))


def workload_of(pod: Pod) -> WorkloadName:
    """The pod's workload: behind a ReplicaSet its Deployment, which has the same name less the template's hash."""
    kind, _, name = pod.owner.rpartition("/")
    if kind != "ReplicaSet":
        return WorkloadName(pod.namespace, SafeText(kind), SafeText(name))
    label = pod.labels.get(_HASH_LABEL, SafeText(""))
    shorter = name.removesuffix(f"-{label}") if label else _TEMPLATE_HASH.sub("", name)
    return WorkloadName(pod.namespace, SafeText("Deployment" if shorter != name else kind), SafeText(shorter))


def searched_text(pod: Pod) -> str:
    """The text that a filter looks through: names, image, owner, and every word for what is wrong. Casefolded."""
    parts = (
        pod.name, pod.namespace, pod.service, pod.node, pod.owner, pod.phase, pod.trouble, pod.why,
        *(f"{one.image} {one.reason} {one.last_reason}" for one in pod.containers),
    )  # fmt: skip
    return "\n".join(parts).casefold()


def _facts(pod: Pod, workload: WorkloadName, key: str, version: SafeText) -> PodFacts:
    trouble, probe = pod.trouble, telling_probe(pod)
    return PodFacts(
        faulty=bool(trouble or pod.why or probe),
        explainable=bool(probe or sentence_of(pod)),
        name_cells=width_of(pod.name),
        trouble_cells=width_of(trouble),
        restarts=pod.restarts,
        ended_cells=width_of(last_end(pod)),
        version_cells=width_of(version),
        node_cells=width_of(pod.node),
        since=int(pod.since is not None),
        workload=workload,
        workload_key=key,
        version=version,
    )


class PodBook:
    """Facts of all pods of a list. A pod that is the identical object as before costs next to nothing.

    Ten thousand pods of which fifty changed take about two milliseconds; all of them anew, a tenth of a second.
    """

    def __init__(self) -> None:
        """No pods yet."""
        self._pods: Sequence[Pod] = ()
        self._facts: dict[int, PodFacts] = {}
        self._texts: dict[int, str] = {}
        self._filter = TextFilter()
        self._passing: set[int] = set()
        self._ready: set[int] = set()
        self._faulty: set[int] = set()
        self._explainable: set[int] = set()
        self._widths: dict[str, Counter[int]] = {name: Counter() for name in _MEASURED}
        self._namespaces: Counter[SafeText] = Counter()
        self._alike: dict[tuple[str, ...], tuple[WorkloadName, str, SafeText]] = {}

    def take(self, pods: Sequence[Pod]) -> None:
        """Know `pods` and nothing else from now on."""
        # The pods held so far keep their addresses until this is done, so none of them is met twice.
        came, went = self._differing(pods)
        for gone in went - came.keys():
            self._forget(gone)
        for key in came.keys() - self._facts.keys():
            self._note(key, came[key])
        self._pods = pods

    def _differing(self, pods: Sequence[Pod]) -> tuple[dict[int, Pod], AbstractSet[int]]:
        """The pods that may be new, and the ids of those that may be gone: mostly a few stand for others' places."""
        old = self._pods
        if len(pods) == len(old):
            places = list(compress(range(len(pods)), map(is_not, pods, old)))
            return {id(pods[place]): pods[place] for place in places}, {id(old[place]) for place in places}
        return dict(zip(map(id, pods), pods, strict=True)), self._facts.keys()

    def facts(self, pod: Pod) -> PodFacts:
        """Of one of the pods taken."""
        return self._facts[id(pod)]

    def narrow(self, wanted: TextFilter) -> None:
        """Choose only pods whose `searched_text` passes `wanted` from now on."""
        self._filter = wanted
        self._passing = {id(pod) for pod in self._pods if self._passes(pod)} if wanted else set()

    def chosen(self, pods: Sequence[Pod], *, faulty: bool) -> Sequence[Pod]:
        """Those of the pods taken that pass the filter, and only the `faulty` ones if asked."""
        if not self._filter and not faulty:
            return pods
        sets = [*([self._passing] if self._filter else []), *([self._faulty] if faulty else [])]
        wanted = set.intersection(*sets)
        return tuple(pod for pod in pods if id(pod) in wanted)

    def workload_keys(self, pods: Sequence[Pod]) -> list[str]:
        """For each of `pods` the key of its workload."""
        known = self._facts
        return [known[key].workload_key for key in map(id, pods)]

    def _passes(self, pod: Pod) -> bool:
        key = id(pod)
        if (known := self._texts.get(key)) is None:
            known = self._texts[key] = searched_text(pod)
        return self._filter.passes(known)

    def is_faulty(self, pod: Pod) -> bool:
        """Whether something is wrong with it."""
        return id(pod) in self._faulty

    def is_explainable(self, pod: Pod) -> bool:
        """Whether a sentence can be said of what is wrong with it."""
        return id(pod) in self._explainable

    @property
    def ready(self) -> int:
        """How many pods are ready."""
        return len(self._ready)

    @property
    def faulty(self) -> int:
        """How many pods have something wrong."""
        return len(self._faulty)

    @property
    def explainable(self) -> int:
        """Of how many pods that can be said in a sentence."""
        return len(self._explainable)

    @property
    def namespaces(self) -> Collection[SafeText]:
        """Namespaces that pods are in."""
        return self._namespaces.keys()

    def widest(self, name: str) -> int:
        """The largest value of that field of `PodFacts` over all pods, 0 without any."""
        return max(self._widths[name], default=0)

    def _note(self, key: int, pod: Pod) -> None:
        facts = self._facts[key] = _facts(pod, *self._shared(pod))
        if pod.ready:
            self._ready.add(key)
        if facts.faulty:
            self._faulty.add(key)
        if facts.explainable:
            self._explainable.add(key)
        if self._filter and self._passes(pod):
            self._passing.add(key)
        self._namespaces[pod.namespace] += 1
        for name, counter in self._widths.items():
            counter[getattr(facts, name)] += 1

    def _shared(self, pod: Pod) -> tuple[WorkloadName, str, SafeText]:
        """Workload, its key and the version: the same objects for all pods that are alike, to save memory."""
        image = pod.containers[0].image if pod.containers else ""
        alike = (pod.namespace, pod.owner, pod.labels.get(_HASH_LABEL, ""), pod.revision, image)
        found = self._alike.get(alike)
        if found is None:
            if len(self._alike) >= _ALIKE:
                self._alike.clear()
            workload = workload_of(pod)
            found = self._alike[alike] = (workload, workload.key, version_of(pod))
        return found

    def _forget(self, key: int) -> None:
        facts = self._facts.pop(key)
        self._texts.pop(key, None)
        for known in (self._ready, self._faulty, self._explainable, self._passing):
            known.discard(key)
        _one_less(self._namespaces, facts.workload.namespace)
        for name, counter in self._widths.items():
            _one_less(counter, getattr(facts, name))


def _one_less(counter: Counter[T], value: T) -> None:
    counter[value] -= 1
    if not counter[value]:
        del counter[value]
