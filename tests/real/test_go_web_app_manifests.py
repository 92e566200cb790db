"""The figures the manifests of go-web-app must carry, as on-call engineers know them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

MANIFESTS = Path(__file__).parent / "go-web-app" / "k8s"
TIMINGS = {"initialDelaySeconds": 30, "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 3}


def manifest(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((MANIFESTS / name).read_text())
    return loaded


def container(name: str) -> dict[str, Any]:
    (only,) = manifest(name)["spec"]["template"]["spec"]["containers"]
    return only


def test_liveness_and_readiness_ask_healthz_with_the_known_timings() -> None:
    app = container("deployment.yaml")
    expected = {"httpGet": {"path": "/healthz", "port": 8080}, **TIMINGS}
    assert app["livenessProbe"] == expected
    assert app["readinessProbe"] == expected


def test_the_startup_probe_asks_the_same_endpoint() -> None:
    assert container("deployment.yaml")["startupProbe"]["httpGet"] == {"path": "/healthz", "port": 8080}


def test_the_script_probe_asks_the_service_then_the_database() -> None:
    probe = container("deployment-script-probe.yaml")["livenessProbe"]
    shell, flag, script = probe.pop("exec")["command"]
    assert (shell, flag) == ("/bin/sh", "-c")
    assert script.index("curl -f http://localhost:8080/healthz") < script.index("pg_isready -h db-host")
    assert probe == TIMINGS


def test_the_service_selects_the_pods_of_the_deployment() -> None:
    deployment, service = manifest("deployment.yaml"), manifest("service.yaml")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= labels.items()
    ports = {port["name"]: port["containerPort"] for port in container("deployment.yaml")["ports"]}
    assert ports[service["spec"]["ports"][0]["targetPort"]] == 8080
