"""Writes numbered log lines into an Elasticsearch at an even rate: `python -m bench.log_writer URL INDEX RATE SECONDS`.

Prints how many it wrote, and in how many seconds.
"""

from __future__ import annotations

import sys
import time

import httpx
import msgspec

from bench.log_corpus import bulk, corpus, moment
from bench.log_store import send

BEAT = 0.1
"""Seconds between two bulk requests."""


def write(url: str, index: str, rate: int, seconds: float) -> tuple[int, float]:
    """Write for `seconds`; lines written and the seconds that took. Later numbers have later times."""
    encode = msgspec.json.encode
    each = round(rate * BEAT)
    kinds = list(corpus(time.time(), each * 20))
    number, began, told_until = 0, time.monotonic(), time.time() - BEAT
    with httpx.Client(base_url=url, trust_env=False, timeout=60.0) as client:
        for beat in range(round(seconds / BEAT)):
            time.sleep(max(0.0, began + beat * BEAT - time.monotonic()))
            now = time.time()
            lines = []
            for place in range(each):
                kind = kinds[number % len(kinds)]
                time_of = moment(told_until + (now - told_until) * place / each)
                lines.append(kind | {"@timestamp": time_of, "message": f"seq {number}: {kind['message']}"})
                number += 1
            told_until = now
            send(client, index, bulk(lines, encode))
    return number, time.monotonic() - began


if __name__ == "__main__":
    written, took = write(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
    sys.stdout.write(f"{written} {took:.2f}\n")
