"""What the console says of each fault: the table that the tests hold against what is seen, and that the page prints."""

from __future__ import annotations

import re

import msgspec

from faults.ills import ILLS, Ill
from opsconsole.domain.errors import ErrorKind
from opsconsole.domain.snapshot import FeedState, SourceFreshness, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.practice.serve import BACKENDS
from opsconsole.widgets.freshness_line import FreshnessLine

K, S = ErrorKind, FeedState

ITS_URL = "check its URL and the network or tunnel"
LOOK_THERE = "look at the server and what stands before it; the console keeps trying"
ASK_FOR_LESS = "ask for less (a shorter range, one namespace, one service)"
ITS_LOAD = "look at its load and the network, or ask for less (a shorter range, one service)"
SLOW = "did not answer in time: 10 s"


class Outcome(msgspec.Struct, frozen=True):
    """`first`: the badge of a backend that never had answered; `later`: of one that had, whose values stay.

    `words` is the sentence without the backend's name and what to do (`hint`); … in it stands for anything.
    """

    first: FeedState
    later: FeedState
    kind: ErrorKind
    words: str
    hint: str

    def says(self, backend: str, sentence: str) -> bool:
        """Whether `sentence` is the one of this outcome."""
        wanted = f"{backend} {self.words}; {self.hint}"
        return re.fullmatch(".*".join(re.escape(part) for part in wanted.split("…")), sentence) is not None


def _down(kind: ErrorKind, words: str, hint: str) -> Outcome:
    return Outcome(S.DOWN, S.STALE, kind, words, hint)


_TIMEOUT = _down(K.TIMEOUT, SLOW, ITS_LOAD)
_FAILED = _down(K.SERVER, "failed to answer: said the proxy", "look at the server itself; the console keeps trying")
_LIMITED = Outcome(
    S.THROTTLED,
    S.THROTTLED,
    K.THROTTLED,
    "is limiting requests (429): said the proxy",
    "the console waits and asks less often",
)
_REFUSED = Outcome(
    S.NO_ACCESS,
    S.NO_ACCESS,
    K.FORBIDDEN,
    "refuses these credentials (403): said the proxy",
    "ask for read access, or use other credentials",
)

OUTCOMES: dict[str, Outcome] = {
    "black-hole": _TIMEOUT,
    "reset": _down(K.UNREACHABLE, "can't be reached: connection reset by peer", ITS_URL),
    "drip": _TIMEOUT,
    "bandwidth": _TIMEOUT,
    "truncated": _down(K.UNREACHABLE, "can't be reached: the connection broke off in mid-answer", LOOK_THERE),
    "401": Outcome(
        S.NO_ACCESS,
        S.NO_ACCESS,
        K.UNAUTHORIZED,
        "wants credentials (401): said the proxy",
        "set or renew `auth` for it",
    ),
    "403": _REFUSED,
    "429-after": _LIMITED,
    "429": _LIMITED,
    "500": _FAILED,
    "503": _FAILED,
    "504": _down(K.TIMEOUT, "did not answer in time", ITS_LOAD),
    "page": _down(
        K.MALFORMED,
        "answered with something else than its API: a web page “Sign in & go on”",
        "check that the URL is the server's own, not a log-in page or a proxy",
    ),
    "bomb": _down(K.TOO_LARGE, "answered with more than the console accepts: over 32 MB", ASK_FOR_LESS),
    "foreign": _down(
        K.TLS,
        "has a certificate that can't be trusted: unable to get local issuer certificate (issued to … by …)",
        "set `ca` to the file of its authority",
    ),
    "expired": _down(
        K.TLS,
        "has a certificate that can't be trusted: certificate has expired",
        "its certificate must be renewed; the clock of this machine may be wrong, too",
    ),
    "no-name": _down(K.UNREACHABLE, "can't be reached: its name does not resolve", ITS_URL),
    "refused": _down(K.UNREACHABLE, "can't be reached: connection refused", ITS_URL),
}
"""By fault, for all backends; faults that let answers through at times have none."""

OTHERWISE: dict[tuple[str, str], Outcome] = {
    # A watch that goes silent is given up after a minute.
    ("black-hole", "kubernetes"): msgspec.structs.replace(_TIMEOUT, words="did not answer in time…"),
    ("drip", "kubernetes"): msgspec.structs.replace(_TIMEOUT, words="did not answer in time…"),
    # So little is enough for a watch that tells of changes alone.
    ("bandwidth", "kubernetes"): msgspec.structs.replace(_TIMEOUT, later=S.LIVE),
    ("403", "kubernetes"): msgspec.structs.replace(
        _REFUSED, hint="name the namespaces you may read as `namespaces`, or ask for read access"
    ),
}
"""Where a backend has words of its own."""

AT_TIMES: dict[str, tuple[frozenset[FeedState], frozenset[ErrorKind], str]] = {
    "latency": (
        frozenset({S.LIVE, S.STALE}),
        frozenset({K.TIMEOUT}),
        "Old while the next value is awaited for over 3 s, then live; what takes several answers may miss its time.",
    ),
    "flapping": (
        frozenset({S.LIVE, S.STALE}),
        frozenset({K.UNREACHABLE}),
        "Live while it answers, old with the reason while it doesn't; values stay.",
    ),
}
"""The badges and reasons between which a backend changes that answers at times, and what the page says of it."""

WATCHED = {"latency": frozenset({S.LIVE}), "flapping": frozenset({S.LIVE, S.PARTIAL, S.STALE})}
"""The badges of Kubernetes: a watch that is open tells of changes as they come, and some watches may be well."""


def badges_at_times(ill: Ill, backend: str) -> frozenset[FeedState]:
    """All that are seen of a backend that answers at times."""
    return WATCHED[ill.name] if backend == "kubernetes" else AT_TIMES[ill.name][0]


def outcome_of(ill: Ill, backend: str) -> Outcome:
    """What is expected; KeyError for a fault that lets answers through at times."""
    return OTHERWISE.get((ill.name, backend)) or OUTCOMES[ill.name]


def badge(state: FeedState, backend: str, *, answered: bool) -> str:
    """The entry of `backend` on the bottom line, without its name; 12 s after its last answer."""
    line = FreshnessLine()
    line.show((SourceFreshness(SourceName(backend), state, 0.0 if answered else None),), now=12.0)
    return line.longest().plain.removeprefix(f"{SourceName(backend).short} ")


HEAD = """# When a backend is sick

What the console shows of each of its five backends in each of twenty kinds of trouble. This page is printed by
`python -m faults.outcomes` in `tests/`, from the table that `tests/faults/` holds against what the console says of a
practice cluster behind a proxy with those faults; a test compares the two.

Whatever happens to one backend, the other four stay live, keys are answered, and what was there stays on the screen,
dimmed, with its age. Nothing has to be pressed when the trouble is over.

## How it is asked meanwhile

Each question that fails is asked again after a time of chance that doubles up to 30 seconds; a `Retry-After` may
lengthen that, up to ten minutes, but never shorten it. After five failures in a row the questions of a backend take
turns, five seconds apart, and the first of them that is answered lets all the others ask at once. What only a person
can mend (403, a certificate) is asked again each 30 seconds, by a watch of Kubernetes each minute. `R` asks at once.

The pane says when it asks again and how many requests went to the backend in the last minute:

> ✘ jaeger can't be reached: connection refused; check its URL and the network or tunnel
>
> asks again at 14:12:30; 4 requests in the last minute

`opsconsole snapshot --format json` has the same number as `asked` in `freshness`.

## The bottom line

From the start of the console, and → once it had answered (here: 12 seconds ago).
"""

NOTES = """
## What is never shown as whole

| what a backend says | what you see |
|---|---|
| Elasticsearch: some shards failed, or the search timed out | `◔`, how many shards answered, and the server's reason |
| Prometheus: `warnings` beside the data | `◔` and the warnings |
| Kubernetes: a list whose later pages do not come | the pages that came, called incomplete, with the reason |
| Jaeger: traces cut at the limit, spans whose parents are missing | what came, and what is missing in it |
| any: a body that ends too early, damaged JSON | an error, never a shorter list |
| Alertmanager or Prometheus alone | the alerts of the other, `partial`, with the reason |
"""


def page() -> str:
    """docs/faults.md."""
    names = " | ".join(backend.capitalize() for backend in BACKENDS)
    rows = [HEAD, f"| trouble | {names} |", "|---|" + "---|" * len(BACKENDS)]
    for ill in ILLS:
        cells = [_cell(ill, backend) for backend in BACKENDS]
        rows.append(f"| {ill.title} | {' | '.join(cells)} |")
    rows += ["", "## What the pane says, and what to do", "", "| trouble | it says | what to do |", "|---|---|---|"]
    for ill in ILLS:
        if ill.passing:
            rows.append(f"| {ill.title} | {AT_TIMES[ill.name][2]} | – |")
            continue
        outcome = OUTCOMES[ill.name]
        others = [
            f"{backend}: {one.hint}"
            for (name, backend), one in OTHERWISE.items()
            if name == ill.name and one.hint != outcome.hint
        ]
        rows.append(f"| {ill.title} | … {outcome.words} | {'; '.join([outcome.hint, *others])} |")
    return SafeText("\n".join(rows) + "\n" + NOTES)


def _cell(ill: Ill, backend: str) -> str:
    if ill.passing:
        states = sorted(badges_at_times(ill, backend), key=lambda state: state.value)
        return ", ".join(f"`{badge(state, backend, answered=state is not S.LIVE)}`" for state in states)
    outcome = outcome_of(ill, backend)
    first, later = badge(outcome.first, backend, answered=False), badge(outcome.later, backend, answered=True)
    return f"`{first}`" if first == later else f"`{first}` → `{later}`"


if __name__ == "__main__":
    import sys

    sys.stdout.write(page())
