"""`/series`, `/labels`, `/label/<name>/values` and `/metadata`: what the server has."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from opsconsole.clock import Clock
from opsconsole.practice.prometheus.answers import TRUNCATED, success
from opsconsole.practice.prometheus.parameters import Parameters
from opsconsole.practice.promql.errors import PromQLError, bad_data
from opsconsole.practice.promql.parsing import selector_matchers
from opsconsole.practice.promql.store import SeriesStore
from opsconsole.practice.promql.values import Labels, label_key

_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class Catalogue:
    """The handlers that list."""

    def __init__(self, store: SeriesStore, clock: Clock) -> None:
        """List what `store` holds up to `clock`'s now."""
        self._store = store
        self._clock = clock

    async def series(self, request: Request) -> Response:
        """`/api/v1/series`: label sets. Raises PromQLError."""
        parameters = await Parameters.of(request)
        if not parameters.texts("match[]"):
            raise bad_data("no match[] parameter provided")
        return _limited(self._label_sets(parameters), parameters.limit())

    async def labels(self, request: Request) -> Response:
        """`/api/v1/labels`: label names. Raises PromQLError."""
        parameters = await Parameters.of(request)
        names = {name for labels in self._label_sets(parameters) for name in labels}
        return _limited(sorted(names), parameters.limit())

    async def values(self, request: Request) -> Response:
        """`/api/v1/label/<name>/values`. Raises PromQLError."""
        parameters, name = await Parameters.of(request), request.path_params["name"]
        if not _LABEL_NAME.fullmatch(name):
            raise bad_data(f'invalid label name: "{name}"')
        found = {labels[name] for labels in self._label_sets(parameters) if name in labels}
        return _limited(sorted(found), parameters.limit())

    async def metadata(self, request: Request) -> Response:
        """`/api/v1/metadata`: type, help and unit by metric. Raises PromQLError."""
        parameters = await Parameters.of(request)
        wanted, limit = parameters.text("metric"), parameters.limit()
        known = self._store.metadata()
        names = [name for name in sorted(known) if not wanted or name == wanted]
        chosen = names[:limit] if limit else names
        entries = {
            name: [{"type": known[name].type, "help": known[name].help, "unit": known[name].unit}] for name in chosen
        }
        return success(entries)

    def _label_sets(self, parameters: Parameters) -> list[Labels]:
        """The distinct label sets that any `match[]` selects, or all without one, sorted."""
        now = self._clock.now()
        start, end = parameters.time("start", 0.0), parameters.time("end", now)
        try:
            selections = [selector_matchers(text) for text in parameters.texts("match[]")] or [[]]
        except PromQLError as error:
            raise bad_data(f'invalid parameter "match[]": {error}') from error
        found = {
            label_key(series.labels): series.labels
            for matchers in selections
            for series in self._store.select(matchers, start, end)
        }
        return [dict(found[key]) for key in sorted(found)]


def _limited(rows: list[Any], limit: int) -> Response:
    if limit and len(rows) > limit:
        return success(rows[:limit], [TRUNCATED])
    return success(rows)
