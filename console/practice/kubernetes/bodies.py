"""What a request says besides its path: its JSON, and whether it is a rehearsal."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from opsconsole.practice.kubernetes.status import Refusal


def decoded(body: bytes) -> Any:
    """The request's JSON. Raises `Refusal` 400."""
    try:
        return json.loads(body)
    except ValueError as error:
        raise Refusal(400, f"error decoding the request body: {error}") from None


def is_dry(request: Request, options: str) -> bool:
    """Whether `dryRun` in the query asks for a rehearsal. Raises `Refusal` 422 for a value that is not `All`.

    `options` is the kind the API server says is invalid: PatchOptions, UpdateOptions, DeleteOptions, CreateOptions.
    """
    values = [value for value in request.query_params.getlist("dryRun") if value]
    if any(value != "All" for value in values):
        told = ",".join(json.dumps(value) for value in values)
        words = f'Unsupported value: [{told}]: supported values: "All"'
        cause = {"reason": "FieldValueNotSupported", "message": words, "field": "dryRun"}
        details = {"group": "meta.k8s.io", "kind": options, "causes": [cause]}
        raise Refusal(422, f'{options}.meta.k8s.io "" is invalid: dryRun: {words}', details)
    return bool(values)


def media_type(request: Request) -> str:
    """The body's media type without parameters."""
    return request.headers.get("content-type", "").split(";")[0].strip()


async def delete_options(request: Request) -> dict[str, Any]:
    """metav1.DeleteOptions of the body and the query. Raises `Refusal` 400."""
    body = await request.body()
    options = decoded(body) if body else {}
    if not isinstance(options, dict):
        raise Refusal(400, "json: cannot unmarshal array into Go value of type v1.DeleteOptions")
    if "gracePeriodSeconds" in request.query_params:
        options["gracePeriodSeconds"] = request.query_params["gracePeriodSeconds"]
    return options
