"""Reviews of oneself: who am I, may I do this, what may I do."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from opsconsole.practice.kubernetes.access import Access
from opsconsole.practice.kubernetes.bodies import decoded
from opsconsole.practice.kubernetes.status import timestamp
from opsconsole.practice.shop.shop import Shop

_AUTHORIZATION = "authorization.k8s.io/v1"


class Reviews:
    """Handlers; everybody may ask."""

    def __init__(self, shop: Shop, access: Access) -> None:
        """`shop` tells the time."""
        self._shop = shop
        self._access = access

    async def access(self, request: Request) -> Response:
        """SelfSubjectAccessReview. Raises `Refusal`."""
        user, spec = self._access.user(request.headers), await _spec(request)
        reviewed = self._access.reviewed(user, spec)
        made = {"kind": "SelfSubjectAccessReview", "apiVersion": _AUTHORIZATION, "metadata": {}}
        return JSONResponse({**made, "spec": spec, "status": reviewed}, 201)

    async def rules(self, request: Request) -> Response:
        """SelfSubjectRulesReview. Raises `Refusal`."""
        user, spec = self._access.user(request.headers), await _spec(request)
        rules = self._access.rules(user, str(spec.get("namespace", "")))
        made = {"kind": "SelfSubjectRulesReview", "apiVersion": _AUTHORIZATION, "metadata": {}}
        return JSONResponse({**made, "spec": {}, "status": rules}, 201)

    async def who(self, request: Request) -> Response:
        """SelfSubjectReview. Raises `Refusal`."""
        user = self._access.user(request.headers)
        metadata = {"creationTimestamp": timestamp(self._shop.now())}
        made = {"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1", "metadata": metadata}
        told = {"username": user.name, "groups": list(user.groups)}
        return JSONResponse({**made, "status": {"userInfo": told}}, 201)


async def _spec(request: Request) -> dict[str, Any]:
    body = decoded(await request.body())
    spec = body.get("spec") if isinstance(body, dict) else None
    return dict(spec) if isinstance(spec, dict) else {}
