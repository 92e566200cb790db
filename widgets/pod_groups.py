"""Pods put below their workloads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from operator import is_

import msgspec

from opsconsole.domain.pod import Pod
from opsconsole.domain.workload import Workload
from opsconsole.widgets.pod_facts import PodBook, WorkloadName
from opsconsole.widgets.workload_row import WorkloadRow, workload_row

UNFOLDED = 40
"""Pods of a list up to which well workloads start unfolded, too; or, of a narrowed list, are unfolded."""


class _Known(msgspec.Struct):
    """A heading made before, and what it was made from."""

    row: WorkloadRow
    pods: list[Pod]
    workload: Workload | None
    namespaced: bool


class PodGroups:
    """Which workloads are unfolded, and the headings made so far: only those whose pods changed are made anew."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._by_hand: dict[str, bool] = {}
        self._first: dict[str, bool] = {}
        self._known: dict[str, _Known] = {}

    def is_open(self, key: str) -> bool:
        """Whether the workload's pods are shown."""
        known = self._known.get(key)
        return known is not None and known.row.open

    def unfold(self, key: str, wanted: bool) -> None:
        """Show or hide the workload's pods from now on."""
        self._by_hand[key] = wanted

    def entries(
        self, pods: Sequence[Pod], chosen: Sequence[Pod], book: PodBook, workloads: Mapping[WorkloadName, Workload]
    ) -> list[Pod | WorkloadRow]:
        """Workloads in the order of their first pods, and below those that are unfolded their `chosen` pods.

        A heading always speaks of all pods of its workload; a workload without a chosen one is left out.
        """
        groups: defaultdict[str, list[Pod]] = defaultdict(list)
        for key, pod in zip(book.workload_keys(pods), pods, strict=True):
            groups[key].append(pod)
        narrowed = chosen is not pods
        wanted = set(map(id, chosen)) if narrowed else set()
        entries: list[Pod | WorkloadRow] = []
        known: dict[str, _Known] = {}
        several = len(book.namespaces) > 1
        for key, members in groups.items():
            shown = [pod for pod in members if id(pod) in wanted] if narrowed else members
            if not shown:
                continue
            if key not in self._first:
                # Decided when the workload is first seen, so that what heals or breaks does not fold it.
                self._first[key] = len(pods) <= UNFOLDED or any(map(book.is_faulty, members))
            unfolded = self._by_hand.get(key, self._first[key] or (narrowed and len(chosen) <= UNFOLDED))
            name = book.facts(members[0]).workload
            made = self._heading(key, name, members, book, workloads.get(name), unfolded=unfolded, namespaced=several)
            known[key] = made
            entries.append(made.row)
            if unfolded:
                entries.extend(shown)
        self._known = known
        return entries

    def _heading(
        self,
        key: str,
        name: WorkloadName,
        pods: list[Pod],
        book: PodBook,
        workload: Workload | None,
        *,
        unfolded: bool,
        namespaced: bool,
    ) -> _Known:
        before = self._known.get(key)
        if (
            before is not None
            and before.workload is workload
            and before.namespaced == namespaced
            and before.row.open == unfolded
            and len(before.pods) == len(pods)
            and all(map(is_, before.pods, pods))
        ):
            return before
        row = workload_row(
            name,
            pods,
            tuple(dict.fromkeys(book.facts(pod).version for pod in pods)),
            workload,
            unfolded=unfolded,
            namespaced=namespaced,
        )
        return _Known(row, pods, workload, namespaced)
