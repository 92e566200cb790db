"""What a person reads at 03:00 when a source or the configuration is wrong, and that the rest goes on.

The console is the real one, over real sockets, on a practice cluster of which one source at a time is
replaced by a server that misbehaves.
"""

from __future__ import annotations

import gzip
import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from faulty_server import (
    MEGABYTE,
    Script,
    breaking_off,
    closing,
    dripping,
    flooding,
    limiting,
    replying,
    resetting,
    served,
)
from opsconsole.actions import PaneName
from opsconsole.clock import SystemClock
from opsconsole.config.settings import Auth, AuthKind, ClusterSettings, KubernetesSettings, SecretRef, Settings
from opsconsole.domain.console_snapshot import ConsoleSnapshot
from opsconsole.domain.series import Panel
from opsconsole.domain.snapshot import FeedState, Problem, SourceFreshness
from opsconsole.screens.headless import Picture, PictureFormat, look
from opsconsole.sources.connect import connect
from servers.practice import run_practice
from servers.prometheus import run_prometheus

pytestmark = pytest.mark.xdist_group("bad-input")

PANES = {
    "prometheus": PaneName.METRICS,
    "alertmanager": PaneName.ALERTS,
    "elasticsearch": PaneName.LOGS,
    "jaeger": PaneName.TRACES,
    "kubernetes": PaneName.PODS,
}
LOG_IN = replying(200, b"<html><title>Sign in &amp; go on</title></html>", Content_Type="text/html; charset=utf-8")
PLAIN = {"Content_Type": "text/plain"}
ELASTIC = {"X_Elastic_Product": "Elasticsearch"}
ELSEWHERE = "https://user:pw@login.example/oauth?state=s3cret"
NOT_ITS_API = "answered with something else than its API"
ITS_OWN_URL = "check that the URL is the server's own, not a log-in page or a proxy"
ASK_FOR_LESS = "ask for less (a shorter range, one namespace, one service)"
LOOK_THERE = "look at the server and what stands before it; the console keeps trying"

BOMB = gzip.compress(b'{"hits":{"hits":["' + bytes(40 * MEGABYTE) + b'"]}}', 1)

FAULTS: list[tuple[str, Script, FeedState, str]] = [
    *(
        (source, LOG_IN, FeedState.DOWN, f"{NOT_ITS_API}: a web page “Sign in & go on”; {ITS_OWN_URL}")
        for source in PANES
    ),
    (
        "prometheus",
        replying(401, b"Unauthorized\n", **PLAIN),
        FeedState.NO_ACCESS,
        "wants credentials (401): Unauthorized; set or renew `auth` for it",
    ),
    (
        "kubernetes",
        replying(403, b'{"kind":"Status","message":"pods is forbidden"}'),
        FeedState.NO_ACCESS,
        (
            "refuses these credentials (403): pods is forbidden; "
            "name the namespaces you may read as `namespaces`, or ask for read access"
        ),
    ),
    (
        "elasticsearch",
        replying(429, b'{"error":{"reason":"queue full"}}', Retry_After="70"),
        FeedState.THROTTLED,
        "is limiting requests (429): queue full; the console waits and asks less often",
    ),
    (
        "jaeger",
        dripping,
        FeedState.DOWN,
        (
            "did not answer in time: 0.5 s; look at its load and the network, "
            "or ask for less (a shorter range, one service)"
        ),
    ),
    (
        "prometheus",
        dripping,
        FeedState.DOWN,
        (
            "did not answer in time: 0.5 s; look at its load and the network, "
            "or ask for less (a shorter range, one service)"
        ),
    ),
    (
        "alertmanager",
        resetting,
        FeedState.DOWN,
        "can't be reached: connection reset by peer; check its URL and the network or tunnel",
    ),
    (
        "kubernetes",
        closing,
        FeedState.DOWN,
        f"can't be reached: it closed the connection without an answer; {LOOK_THERE}",
    ),
    (
        "elasticsearch",
        breaking_off,
        FeedState.DOWN,
        f"can't be reached: the connection broke off in mid-answer; {LOOK_THERE}",
    ),
    (
        "prometheus",
        replying(200, b'{"status":"success","data":{"resu'),
        FeedState.DOWN,
        f"{NOT_ITS_API}: its JSON breaks off; {ITS_OWN_URL}",
    ),
    (
        "elasticsearch",
        replying(200, b'{"hits":{"total":', **ELASTIC),
        FeedState.DOWN,
        f"{NOT_ITS_API}: its JSON breaks off; {ITS_OWN_URL}",
    ),
    (
        "elasticsearch",
        replying(200, b"{}"),
        FeedState.DOWN,
        (
            "lacks what this pane needs: it is not Elasticsearch; "
            "the console reads Elasticsearch 8 and 9; a proxy must pass on X-Elastic-Product"
        ),
    ),
    (
        "kubernetes",
        flooding,
        FeedState.DOWN,
        f"answered with more than the console accepts: over 32 MB; {ASK_FOR_LESS}",
    ),
    (
        "prometheus",
        flooding,
        FeedState.DOWN,
        f"answered with more than the console accepts: over 32 MB; {ASK_FOR_LESS}",
    ),
    *(
        (
            source,
            replying(200, BOMB, Content_Encoding="gzip", **ELASTIC),
            FeedState.DOWN,
            f"answered with more than the console accepts: over 32 MB; {ASK_FOR_LESS}",
        )
        for source in ("elasticsearch", "jaeger")
    ),
    (
        "jaeger",
        replying(302, b"", Location=ELSEWHERE),
        FeedState.DOWN,
        (
            f"{NOT_ITS_API}: redirects to https://login.example/oauth; "
            "write the address it points to as its `url`, if that is the server"
        ),
    ),
]


@pytest.fixture(scope="module")
def healthy() -> Iterator[ClusterSettings]:
    """A practice cluster all of whose sources answer."""
    with run_practice("bad-release") as cluster:
        yield cluster


def with_source(cluster: ClusterSettings, source: str, **settings: object) -> ClusterSettings:
    changed = msgspec.structs.replace(getattr(cluster, source), **settings)
    return msgspec.structs.replace(cluster, **{source: changed})


async def picture_of(cluster: ClusterSettings, pane: PaneName | None) -> Picture:
    settings = Settings(cluster, time_zone="UTC")
    sources = connect(cluster, SystemClock())
    return await look(settings, sources, size=(120, 40), wait=30.0, full=pane)


def words_on(picture: Picture) -> str:
    """The text of the picture, without its frames and line ends."""
    return " ".join(re.sub(r"[│╭╮╰╯─┃]", " ", picture.written(PictureFormat.TEXT)).split())


def entry_of(snapshot: ConsoleSnapshot, source: str) -> SourceFreshness:
    return next(entry for entry in snapshot.freshness if entry.source.value == source)


def assert_only_it_fails(picture: Picture, source: str, state: FeedState, sentence: str) -> None:
    """`source` says `sentence` in its pane, in one line of JSON, and all the others are live with their values."""
    known = picture.snapshot
    problem = entry_of(known, source).problem
    assert isinstance(problem, Problem)
    assert problem.sentence == f"{source} {sentence}"
    assert problem.sentence.isprintable()
    assert entry_of(known, source).state is state
    assert f"{source} {sentence}" in words_on(picture)
    assert {entry.source.value for entry in known.freshness if entry.state is FeedState.LIVE} == PANES.keys() - {source}
    filled = {
        "prometheus": bool(known.panels),
        "alertmanager": bool(known.alerts.value),
        "elasticsearch": known.logs.value is not None and bool(known.logs.value.records),
        "jaeger": known.traces.value is not None and bool(known.traces.value.traces),
        "kubernetes": known.pods.value is not None and bool(known.pods.value.pods),
    }
    # Alerts come from two sources, and those of the rules are left.
    assert {name for name, there in filled.items() if not there} == {source} - {"alertmanager"}


@pytest.mark.parametrize(
    ("source", "fault", "state", "sentence"),
    [*FAULTS[::6], *(pytest.param(*one, marks=pytest.mark.long) for at, one in enumerate(FAULTS) if at % 6)],
)
async def test_a_source_that_fails_says_so_in_its_pane_and_the_others_go_on(
    healthy: ClusterSettings, source: str, fault: Script, state: FeedState, sentence: str
) -> None:
    async with served(fault) as url:
        cluster = with_source(healthy, source, url=url, timeout=0.5 if fault is dripping else 10.0)
        assert_only_it_fails(await picture_of(cluster, PANES[source]), source, state, sentence)


async def test_the_whole_screen_shows_the_failure_beside_the_other_panes(healthy: ClusterSettings) -> None:
    async with served(LOG_IN) as url:
        picture = await picture_of(with_source(healthy, "elasticsearch", url=url), None)
    text = picture.written(PictureFormat.TEXT)
    assert "elasticsearch answered with something else than its API" in text
    assert "es ✘" in text
    assert all(words in text for words in ("ErrorRa", "errors", "/api/", "checkout-"))


async def test_a_source_without_a_server_says_what_to_check(healthy: ClusterSettings) -> None:
    async with served(LOG_IN) as url:
        pass
    picture = await picture_of(with_source(healthy, "jaeger", url=url), PaneName.TRACES)
    sentence = "can't be reached: connection refused; check its URL and the network or tunnel"
    assert_only_it_fails(picture, "jaeger", FeedState.DOWN, sentence)


async def test_a_retry_after_is_waited_for(healthy: ClusterSettings) -> None:
    async with served(replying(429, b"slow down", Retry_After="70", **PLAIN)) as url:
        picture = await picture_of(with_source(healthy, "jaeger", url=url), PaneName.TRACES)
    next_try = picture.snapshot.traces.next_try
    assert next_try is not None
    assert 60 < next_try - picture.snapshot.taken_at <= 70
    assert "asks again at" in words_on(picture)


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "alerts.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "self-signed.pem"
    plain = serialization.NoEncryption()
    written = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    pem.write_bytes(written + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


async def test_a_self_signed_certificate_says_whose_it_is_and_what_to_set(
    healthy: ClusterSettings, tmp_path: Path
) -> None:
    async with served(LOG_IN, self_signed(tmp_path)) as url:
        picture = await picture_of(with_source(healthy, "alertmanager", url=url), PaneName.ALERTS)
    problem = entry_of(picture.snapshot, "alertmanager").problem
    assert problem is not None
    assert "certificate that can't be trusted: self-signed certificate (issued to alerts.example" in problem.sentence
    assert problem.sentence.endswith("; set `ca` to the file of its authority")
    assert str(problem.sentence) in words_on(picture)


LONG_QUERY = 'sum(up{job=~"' + "|".join(f"job-{number}" for number in range(21_000)) + '"})'
DEEP_QUERY = "(" * 100_000 + "up" + ")" * 100_000


async def panel_problems(cluster: ClusterSettings, query: str) -> tuple[Picture, dict[str, Problem | None]]:
    asking = msgspec.structs.replace(cluster, panels=(Panel("own", "mine", query),))
    picture = await picture_of(asking, PaneName.METRICS)
    return picture, {panel.panel: panel.snapshot.problem for panel in picture.snapshot.panels}


async def test_a_query_of_200_kb_is_asked_like_any_other(healthy: ClusterSettings) -> None:
    assert len(LONG_QUERY) > 190_000
    _, problems = await panel_problems(healthy, LONG_QUERY)
    assert set(problems.values()) == {None}
    assert "own" in problems


@pytest.mark.real
async def test_a_real_prometheus_takes_a_query_of_200_kb(tmp_path: Path, healthy: ClusterSettings) -> None:
    with run_prometheus(tmp_path) as server:
        _, problems = await panel_problems(with_source(healthy, "prometheus", url=server.url), LONG_QUERY)
    assert problems["own"] is None


async def test_a_query_that_is_too_long_for_what_stands_before_it_spoils_its_own_panel_alone(
    healthy: ClusterSettings,
) -> None:
    assert healthy.prometheus is not None
    place = urlsplit(healthy.prometheus.url)
    assert place.hostname
    assert place.port
    async with served(limiting(place.hostname, place.port, 100_000)) as url:
        picture, problems = await panel_problems(with_source(healthy, "prometheus", url=url), LONG_QUERY)
    sentence = "prometheus refused the query: the query is too long for it; shorten the query or select less"
    problem = problems.pop("own")
    assert problem is not None
    assert problem.sentence == sentence
    assert problems
    assert set(problems.values()) == {None}
    assert entry_of(picture.snapshot, "prometheus").state is FeedState.PARTIAL


async def test_a_query_that_the_server_can_not_parse_is_refused_in_its_words(healthy: ClusterSettings) -> None:
    picture, problems = await panel_problems(healthy, DEEP_QUERY)
    problem = problems.pop("own")
    assert problem is not None
    assert problem.sentence.startswith("prometheus refused the query: ")
    assert "nested too deeply" in problem.sentence
    assert problem.sentence.endswith("; correct the panel or the search")
    assert set(problems.values()) == {None}
    assert "nested too deeply" in words_on(picture)


async def test_a_secret_that_others_can_read_is_not_used(healthy: ClusterSettings, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("s3cret")
    secret.chmod(0o644)
    auth = Auth(AuthKind.BEARER, secret=SecretRef(f"file:{secret}"))
    picture = await picture_of(with_source(healthy, "jaeger", auth=auth), PaneName.TRACES)
    problem = entry_of(picture.snapshot, "jaeger").problem
    assert problem is not None
    assert problem.sentence == f"jaeger was not asked: others can read {secret}; run chmod 600 {secret}"


async def test_a_secret_that_is_not_in_the_environment_is_named(
    healthy: ClusterSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_SUCH_SECRET", raising=False)
    auth = Auth(AuthKind.BEARER, secret=SecretRef("env:NO_SUCH_SECRET"))
    picture = await picture_of(with_source(healthy, "alertmanager", auth=auth), PaneName.ALERTS)
    sentence = "was not asked: the environment has no NO_SUCH_SECRET; export NO_SUCH_SECRET with the secret"
    assert_only_it_fails(picture, "alertmanager", FeedState.DOWN, sentence)


async def test_a_kubeconfig_that_is_not_there_is_named(healthy: ClusterSettings, tmp_path: Path) -> None:
    missing = KubernetesSettings(url="", kubeconfig=tmp_path / "gone")
    picture = await picture_of(msgspec.structs.replace(healthy, kubernetes=missing), PaneName.PODS)
    problem = entry_of(picture.snapshot, "kubernetes").problem
    assert problem is not None
    assert problem.sentence.startswith(f"kubernetes was not asked: no kubeconfig at {tmp_path / 'gone'}; set ")
