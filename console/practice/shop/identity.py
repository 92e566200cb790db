"""Names, uids, hashes and addresses in the shapes Kubernetes gives them."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any

_ALPHANUMS = "bcdfghjklmnpqrstvwxz2456789"
"""What Kubernetes names are made of: no vowels, no look-alikes (apimachinery, util/rand)."""


def digest(*parts: object) -> bytes:
    """32 bytes that stand for `parts`."""
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()


def suffix(*parts: object, length: int = 5) -> str:
    """The random end of a generated name."""
    return "".join(_ALPHANUMS[byte % len(_ALPHANUMS)] for byte in digest("suffix", *parts)[:length])


def uid(*parts: object) -> str:
    """A version-4 UUID."""
    return str(uuid.UUID(bytes=digest("uid", *parts)[:16], version=4))


def container_id(*parts: object) -> str:
    """As containerd writes it."""
    return f"containerd://{digest('container', *parts).hex()}"


def image_id(image: str) -> str:
    """An image by digest."""
    repository = image.rsplit(":", 1)[0]
    return f"{repository}@sha256:{digest('image', image).hex()}"


def template_hash(template: Mapping[str, Any]) -> str:
    """The `pod-template-hash` of a template given without that label."""
    return suffix("template", json.dumps(template, sort_keys=True), length=9)


def pod_address(node: int, index: int) -> str:
    """An address of the pod network: one /24 a node."""
    return f"10.244.{node}.{2 + index % 250}"
