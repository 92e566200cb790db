"""What is listed and watched, and in which portions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import quote

from opsconsole.sources.kubernetes.objects import Page

PAGE_SIZE = 500
"""Objects of one page; 500 pods are 4 MB and decode in 5 ms."""

PAGES_READ = 60
"""Pages of one list: 30,000 objects."""

EXPIRED = 410
"""The status of a page, or a watch, whose version the server no longer knows."""

METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json"
"""Asks for lists without spec and status (Kubernetes API concepts, "Metadata-only fetches")."""

T = TypeVar("T")


@dataclass(frozen=True)
class Query(Generic[T]):
    """What to list: `prefix` is `/api/v1` or `/apis/GROUP/VERSION`; `kind` is the type of one object."""

    prefix: str
    plural: str
    kind: type[T]
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def page(self) -> type[Page[T]]:
        """The type of one page."""
        return Page[self.kind]  # type: ignore[name-defined]

    def path(self, namespace: str | None) -> str:
        """The list's address in `namespace`, or in all of them."""
        place = "" if namespace is None else f"/namespaces/{quote(namespace, safe='')}"
        return f"{self.prefix}{place}/{self.plural}"
