"""A failing request is found by keys alone, from the alert to the span that failed and its pod, on real servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from servers.elasticsearch import Elasticsearch
from servers.kubernetes.cluster import Cluster
from servers.kubernetes.cluster_log_stack import ClusterLogStack, run_cluster_log_stack
from servers.log_stack import BACK, NAMESPACE, LogStack
from servers.waiting import until
from story_stage import PATIENCE, Console, ConsoleStage


def configuration(stack: LogStack | ClusterLogStack, elasticsearch: str, namespace: str, kubernetes: str = "") -> str:
    """One cluster called `real` on the servers of `stack`."""
    lines = (
        "refresh = 1",
        'since = "15m"',
        'time_zone = "UTC"',
        "[clusters.real]",
        'environment = "test"',
        f'namespace = "{namespace}"',
        f'prometheus = "{stack.prometheus.url}"',
        f'alertmanager = "{stack.alertmanager.url}"',
        f'elasticsearch = {{ url = "{elasticsearch}", index = "{stack.index}", timeout = "20s" }}',
        f'jaeger = "{stack.jaeger.url}"',
        kubernetes,
    )
    return "\n".join(lines) + "\n"


def details(console: Console) -> str:
    """The words right of the last line down the screen: what is told of one span."""
    rows = (line.rpartition("│") for line in console.text.splitlines())
    return " ".join(" ".join(words.strip(" ┃") for _, line, words in rows if line).split())


def follow_the_failing_request(console: Console, pod: str) -> None:
    """From the alerts, by one key a step, to the span that failed first and on to `pod`; each step is on the screen."""
    console.press("1")
    # What failed when the alert began has been stored some seconds later.
    console.shows(rf"1 Alerts · 2 firing .*●C {BACK} ([5-9]s|\d\ds|\dm)", r"● CRITICAL ErrorRateHigh on \S+ since")
    console.press("m")
    console.shows(r"by alert ▸ chart \d\d:\d\d", r"errors @[\d.]+ %")
    until(lambda: "▌errors" in console.text, "the cursor on the alert's panel", PATIENCE)
    console.press("l")
    console.shows(r"▸ chart \d\d:\d\d ▸ log ", r"ERROR .*(request|query) failed", r"[\d,]+ error")
    console.press("n", "v")
    console.shows(r"process-request [\d.]+ ms, 4 spans in 2 services", r"✘ 4 failed", r"n next error")

    def stands_on_the_query() -> bool:
        if details(console).startswith(f"{BACK} SELECT users ✘ failed"):
            return True
        console.press("n")
        return False

    until(stands_on_the_query, "the span of the failed query", PATIENCE, interval=0.5)
    told = details(console)
    assert "db-host:5432: broken on purpose: mode errors" in told, told
    assert "◆" in told, told
    assert "exception" in told, told
    assert f" pod {pod} " in told, told
    console.press("d")
    console.shows(rf"▸ {BACK} .*▸ trace [0-9a-f]{{8}} ▸ pod ", rf"2 Metrics · {BACK}")


@pytest.mark.real
@pytest.mark.long
def test_a_failing_request_is_found_from_the_alert_by_keys(log_stack: LogStack, tmp_path: Path) -> None:
    stage = ConsoleStage(tmp_path, configuration(log_stack, log_stack.elasticsearch.url, NAMESPACE))
    with stage.console() as console:
        console.shows("1 Alerts", "jaeger ●")
        log_stack.back.break_("errors")
        console.shows("1 Alerts · 2 firing")
        follow_the_failing_request(console, f"{BACK}-0")
        console.shows("kubernetes is not configured")


@pytest.mark.kubernetes
def test_a_failing_request_is_found_down_to_its_pod(
    kubernetes: Cluster, namespace: str, elasticsearch: Elasticsearch, log_index: str, tmp_path: Path
) -> None:
    with run_cluster_log_stack(kubernetes, namespace, tmp_path, elasticsearch, name=log_index) as stack:
        pods = f'kubernetes = {{ kubeconfig = "{kubernetes.kubeconfig}", namespaces = ["{namespace}"] }}'
        stage = ConsoleStage(tmp_path, configuration(stack, elasticsearch.url, namespace, pods))
        with stage.console() as console:
            console.shows("1 Alerts", "jaeger ●", "2/2 ready")
            kubernetes.break_(stack.back, namespace, "errors")
            console.shows("1 Alerts · 2 firing")
            follow_the_failing_request(console, stack.back)
            console.shows(r"5 Pods and probes · 1/1 ready", rf"app {stack.back} ", r"startup ✔ ▸ \[live ✔\]")
            assert f"▌{BACK}" in console.text
