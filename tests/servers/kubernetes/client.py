"""The test's own hand on the cluster: a synchronous client that speaks raw JSON as an administrator."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import yaml

from servers.kubernetes.certificates import Certificate
from servers.waiting import until

Json = dict[str, Any]

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
FIELD_MANAGER = "opsconsole-tests"
TIMEOUT = 10.0

GROUPS = {"v1": "/api/v1"}
PLURALS = {"Endpoints": "endpoints", "NetworkPolicy": "networkpolicies", "Ingress": "ingresses"}
CLUSTER_WIDE = {"Namespace", "Node", "ClusterRole", "ClusterRoleBinding", "PersistentVolume", "PriorityClass"}


class Api:
    """Requests by path, such as `/api/v1/namespaces/shop/pods`. Answers of 400 and more raise httpx.HTTPStatusError."""

    def __init__(self, url: str, trust: ssl.SSLContext, user: Certificate) -> None:
        """A client for `url` that is `user` and trusts `trust`."""
        trust.load_cert_chain(user.certificate, user.key)
        self.http = httpx.Client(base_url=url, verify=trust, trust_env=False, timeout=TIMEOUT)

    def close(self) -> None:
        """Close its connections."""
        self.http.close()

    def get(self, path: str, **query: str) -> Json:
        """The JSON at `path`."""
        return self._json(self.http.get(path, params=query))

    def text(self, path: str, **query: str) -> str:
        """The text at `path`, such as a log."""
        return self._checked(self.http.get(path, params=query)).text

    def items(self, path: str, **query: str) -> list[Json]:
        """The items of the list at `path`."""
        found: list[Json] = self.get(path, **query)["items"]
        return found

    def post(self, path: str, body: Mapping[str, Any], **query: str) -> Json:
        """Create `body` at the collection `path`; what the server made of it."""
        return self._json(self.http.post(path, json=body, params=query))

    def patch(self, path: str, body: Any, kind: str = STRATEGIC_MERGE_PATCH, **query: str) -> Json:
        """Patch the object at `path`; `kind` is the patch's content type."""
        headers = {"Content-Type": kind}
        return self._json(self.http.patch(path, json=body, params=query, headers=headers))

    def delete(self, path: str, **query: str) -> Json:
        """Delete the object, or the whole collection, at `path`."""
        return self._json(self.http.delete(path, params=query))

    def exists(self, path: str) -> bool:
        """Whether there is an object at `path`."""
        answer = self.http.get(path)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return False
        return bool(self._checked(answer))

    def apply(self, manifest: Path | Mapping[str, Any], namespace: str = "default") -> list[Json]:
        """Apply a manifest, a YAML file of any number of objects or one object, as `kubectl apply --server-side` does.

        Objects that name no namespace of their own go to `namespace`. Returns what the server made of them.
        """
        objects = yaml.safe_load_all(manifest.read_text()) if isinstance(manifest, Path) else [manifest]
        return [self._applied(one, namespace) for one in objects if one]

    def until(self, path: str, condition: Callable[[Json], object], what: str, seconds: float = 60.0) -> Json:
        """The object at `path` once it is there and `condition` holds of it; fails with `what` after `seconds`."""
        found: list[Json] = []

        def holds() -> bool:
            answer = self.http.get(path)
            if answer.status_code == httpx.codes.NOT_FOUND:
                return False
            found[:] = [self._json(answer)]
            return bool(condition(found[0]))

        until(holds, what, seconds)
        return found[0]

    def _applied(self, body: Mapping[str, Any], namespace: str) -> Json:
        path = object_path(body, namespace)
        query = {"fieldManager": FIELD_MANAGER, "force": "true"}
        return self.patch(path, dict(body), APPLY_PATCH, **query)

    def _json(self, answer: httpx.Response) -> Json:
        decoded: Json = self._checked(answer).json()
        return decoded

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_error:
            message = f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:1000]}"
            raise httpx.HTTPStatusError(message, request=answer.request, response=answer)
        return answer


def object_path(body: Mapping[str, Any], namespace: str = "default") -> str:
    """Where the API keeps the object `body`, which names its apiVersion, kind and name."""
    version, kind = str(body["apiVersion"]), str(body["kind"])
    root = GROUPS.get(version, f"/apis/{version}")
    name = body["metadata"]["name"]
    plural = PLURALS.get(kind, f"{kind.lower()}s")
    if kind in CLUSTER_WIDE:
        return f"{root}/{plural}/{name}"
    return f"{root}/namespaces/{body['metadata'].get('namespace', namespace)}/{plural}/{name}"
