"""Lists in pages, decoded as they come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import quote

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.objects import Page
from opsconsole.sources.together import good, together
from opsconsole.sources.wire import Answer, Wire
from opsconsole.sources.wire.failures import of_answer

PAGE_SIZE = 500
"""Objects of one page; 500 pods are 4 MB and decode in 5 ms."""

PAGES_READ = 60
"""Pages of one list: 30,000 objects."""

EXPIRED = 410

T = TypeVar("T")


@dataclass(frozen=True)
class Listed(Generic[T]):
    """Objects of all namespaces asked. `got` of `wanted` lists arrived; `forbidden` names those refused."""

    items: tuple[T, ...]
    forbidden: tuple[SafeText, ...] = ()
    notes: tuple[SafeText, ...] = ()
    got: int = 1
    wanted: int = 1
    clock_skew: float | None = None


@dataclass(frozen=True)
class Query(Generic[T]):
    """What to list: `prefix` is `/api/v1` or `/apis/GROUP/VERSION`; `page` is its page's type."""

    prefix: str
    plural: str
    page: type[Page[T]]
    params: Mapping[str, str]
    accept: str = "application/json"

    def path(self, namespace: str | None) -> str:
        """The list's address in `namespace`, or in all of them."""
        place = "" if namespace is None else f"/namespaces/{quote(namespace, safe='')}"
        return f"{self.prefix}{place}/{self.plural}"


async def listed(wire: Wire, query: Query[T], namespaces: tuple[str, ...]) -> Listed[T]:
    """The list over `namespaces`, or over the whole cluster when there are none.

    A namespace that refuses or fails leaves the others' objects. Raises `SourceError` when none answers.
    """
    places: tuple[str | None, ...] = namespaces or (None,)
    answers = await together(_all_pages(wire, query, place) for place in places)
    parts = good(answers)
    refusals = [
        (place, answer) for place, answer in zip(places, answers, strict=True) if isinstance(answer, SourceError)
    ]
    forbidden = tuple(safe_text(place, 256) for place, error in refusals if error.kind is ErrorKind.FORBIDDEN)
    failed = (error.sentence for _, error in refusals if error.kind is not ErrorKind.FORBIDDEN)
    skews = [part.clock_skew for part in parts if part.clock_skew is not None]
    return Listed(
        items=tuple(item for part in parts for item in part.items),
        forbidden=forbidden,
        notes=tuple(dict.fromkeys((*(note for part in parts for note in part.notes), *failed))),
        got=len(parts),
        wanted=len(places),
        clock_skew=skews[0] if skews else None,
    )


async def _all_pages(wire: Wire, query: Query[T], namespace: str | None) -> Listed[T]:
    found = await _pages(wire, query, namespace)
    if isinstance(found, Answer):
        # 410 Gone: the list changed too much between two pages. One more try from its beginning.
        found = await _pages(wire, query, namespace)
    if isinstance(found, Answer):
        raise of_answer(found)
    return found


async def _pages(wire: Wire, query: Query[T], namespace: str | None) -> Listed[T] | Answer:
    """All pages, or the answer that says the list has expired."""
    items: list[T] = []
    next_page = ""
    skew: float | None = None
    for _ in range(PAGES_READ):
        params = {**query.params, "limit": str(PAGE_SIZE)} | ({"continue": next_page} if next_page else {})
        headers = {"Accept": query.accept}
        answer = await wire.request("GET", query.path(namespace), params=params, headers=headers, accept=(EXPIRED,))
        if answer.status == EXPIRED:
            return answer
        page = answer.decode(query.page)
        items.extend(page.items or ())
        next_page, skew = page.metadata.next_page, answer.clock_skew
        if not next_page:
            break
    notes = (SafeText(f"only the first {len(items)} {query.plural} were read"),) if next_page else ()
    return Listed(tuple(items), notes=notes, clock_skew=skew)
