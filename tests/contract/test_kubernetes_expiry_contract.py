"""What the API server no longer remembers, on the practice cluster and a real one."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import msgspec
import pytest

from servers.kubernetes.cluster import Cluster
from servers.practice import run_practice

NAMESPACES = "/api/v1/namespaces"


class Forgetful(msgspec.Struct, frozen=True):
    """An API server that has forgotten all states before the present, with what it said when it still knew."""

    api: httpx.Client
    version: str
    token: str


def _said(api: httpx.Client) -> tuple[str, str]:
    """A list's version and the token of its second page."""
    metadata = api.get(NAMESPACES, params={"limit": "1"}).json()["metadata"]
    return metadata["resourceVersion"], metadata["continue"]


@pytest.fixture(params=[pytest.param("practice"), pytest.param("real", marks=pytest.mark.kubernetes)])
def forgetful(request: pytest.FixtureRequest) -> Iterator[Forgetful]:
    if request.param == "practice":
        with run_practice("healthy") as settings:
            assert settings.kubernetes is not None
            with httpx.Client(base_url=settings.kubernetes.url, trust_env=False) as api:
                said = _said(api)
                api.post("/practice/compact").raise_for_status()
                yield Forgetful(api, *said)
        return
    cluster: Cluster = request.getfixturevalue("api_server")
    said = _said(cluster.api.http)
    cluster.create_namespace("later")
    cluster.stop_api_server()
    cluster.compact_etcd()
    cluster.start_api_server()
    yield Forgetful(cluster.api.http, *said)


def test_too_old_a_version_ends_a_watch_by_an_event_and_a_list_by_a_status(forgetful: Forgetful) -> None:
    api, version = forgetful.api, forgetful.version
    query = {"watch": "1", "timeoutSeconds": "2", "resourceVersion": version, "allowWatchBookmarks": "true"}
    answer = api.get(NAMESPACES, params=query)
    assert answer.status_code == 200
    (line,) = answer.text.splitlines()
    told = json.loads(line)
    assert told["type"] == "ERROR"
    assert (told["object"]["code"], told["object"]["reason"]) == (410, "Expired")
    assert told["object"]["message"].startswith(f"too old resource version: {version} (")

    exact = api.get(NAMESPACES, params={"resourceVersion": version, "resourceVersionMatch": "Exact"})
    assert (exact.status_code, exact.json()["reason"]) == (410, "Expired")
    assert exact.json()["message"] == "The resourceVersion for the provided list is too old."

    page = api.get(NAMESPACES, params={"limit": "1", "continue": forgetful.token})
    assert (page.status_code, page.json()["reason"]) == (410, "Expired")
    assert page.json()["message"].startswith("The provided continue parameter is too old to display")
    rest = api.get(NAMESPACES, params={"continue": page.json()["metadata"]["continue"]})
    assert rest.status_code == 200
    assert rest.json()["items"]

    now = api.get(NAMESPACES).json()["metadata"]["resourceVersion"]
    again = api.get(NAMESPACES, params={**query, "timeoutSeconds": "1", "resourceVersion": now})
    assert '"ERROR"' not in again.text
