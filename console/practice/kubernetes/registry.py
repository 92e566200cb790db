"""The API server's resources: what each is called, who makes its objects, and the shelf that keeps them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from opsconsole.practice.kubernetes.selection import Item
from opsconsole.practice.kubernetes.status import not_found
from opsconsole.practice.kubernetes.store import Shelf
from opsconsole.practice.kubernetes.watching import BellPace, Pace
from opsconsole.practice.shop.changes import Change
from opsconsole.practice.shop.shop import Shop

CORE = "v1"


@dataclass(frozen=True)
class Resource:
    """One kind: how it is named and by which fields it may be selected. `make` gives all objects of now."""

    kind: str
    version: str
    plural: str
    make: Callable[[], list[Item]]
    fields: frozenset[str] = frozenset(("metadata.name", "metadata.namespace"))
    namespaced: bool = True
    warning: str = ""
    """What the server says of the resource in the header `Warning`."""

    @property
    def group(self) -> str:
        """The API group, empty for the core's."""
        return "" if self.version == CORE else self.version.split("/", 1)[0]

    @property
    def base(self) -> str:
        """The path below which the group's resources are."""
        return f"/api/{CORE}" if self.version == CORE else f"/apis/{self.version}"


class Registry:
    """All resources of one shop. Not for several threads."""

    def __init__(self, shop: Shop, resources: list[Resource], pace: Pace | None = None) -> None:
        """`pace` is how watches wait; real time when left out."""
        self.shop = shop
        self.pace: Pace = pace or BellPace()
        self.resources = {one.plural: one for one in resources}
        self._shelves = {one.plural: Shelf(one.make, shop.control.next_version) for one in resources}

    def shelf(self, plural: str) -> Shelf:
        """The objects of one kind, brought up to now."""
        self.shop.advance()
        shelf = self._shelves[plural]
        control = self.shop.control
        shelf.look((control.now, control.changed), float(control.now))
        return shelf

    def version(self) -> int:
        """The newest resourceVersion."""
        return self.shop.control.version

    def find(self, plural: str, namespace: str | None, name: str) -> Item:
        """One object without `kind` and `apiVersion`. Raises `Refusal` 404."""
        found = self.shelf(plural).get(namespace or "", name)
        if found is None:
            raise not_found(plural, name, self.resources[plural].group)
        return found

    def whole(self, plural: str, item: Item) -> Item:
        """`item` as it stands alone: with its kind and version."""
        resource = self.resources[plural]
        return {"kind": resource.kind, "apiVersion": resource.version, **item}

    def apply(self, change: Change) -> None:
        """Do `change` now and let watches look. Raises `KeyError` when what it names is not there."""
        self.shop.apply(change)
        self.pace.wake()

    def compact(self) -> None:
        """Make every version so far too old to watch from."""
        for plural in self.resources:
            self.shelf(plural).compact()
