"""Exemplars: observations of the duration histogram with the trace that made them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from opsconsole.practice.promql.store import METRIC_NAME
from opsconsole.practice.shop.exposition import bucket_of, target_labels
from opsconsole.practice.shop.requests import RequestTrace


class TracedSample(NamedTuple):
    """One exemplar; `time` in unix seconds, `value` in seconds."""

    time: float
    value: float
    trace_id: str
    span_id: str


class SeriesExemplars(NamedTuple):
    """The exemplars of one series, oldest first. `labels` include `__name__`."""

    labels: dict[str, str]
    exemplars: list[TracedSample]


def duration_exemplars(traces: Iterable[RequestTrace]) -> list[SeriesExemplars]:
    """One exemplar for every request served in `traces`, by the bucket it fell into."""
    found: dict[tuple[str, str, str], SeriesExemplars] = {}
    for trace in traces:
        for span in trace.spans:
            if span.kind != "server" or span.endpoint is None:
                continue
            bucket = bucket_of(span.duration)
            key = (span.pod.uid, span.endpoint.key, bucket)
            if key not in found:
                labels = {
                    METRIC_NAME: "http_request_duration_seconds_bucket",
                    **target_labels(span.pod),
                    "method": span.endpoint.method,
                    "endpoint": span.endpoint.route,
                    "le": bucket,
                }
                found[key] = SeriesExemplars(labels, [])
            end = span.start + span.duration
            found[key].exemplars.append(TracedSample(end, span.duration, trace.trace_id, span.span_id))
    for series in found.values():
        series.exemplars.sort(key=lambda sample: sample.time)
    return list(found.values())
