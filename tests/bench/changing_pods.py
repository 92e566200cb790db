"""Changes pods of a cluster at a steady rate until it is stopped: `python -m bench.changing_pods KUBECONFIG RATE`."""

from __future__ import annotations

import asyncio
import random
import ssl
import sys
import tempfile
import time
from base64 import b64decode
from pathlib import Path

import httpx
import yaml

AT_ONCE = 16
NAMESPACE = "shop"


def client_of(kubeconfig: Path) -> httpx.AsyncClient:
    """A client with the kubeconfig's only user and cluster; certificates are inside it, base64 PEM."""
    told = yaml.safe_load(kubeconfig.read_text())
    cluster, user = told["clusters"][0]["cluster"], told["users"][0]["user"]
    context = ssl.create_default_context(cadata=b64decode(cluster["certificate-authority-data"]).decode())
    with tempfile.NamedTemporaryFile(suffix=".pem") as pair:
        pair.write(b64decode(user["client-certificate-data"]) + b64decode(user["client-key-data"]))
        pair.flush()
        context.load_cert_chain(pair.name)
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    return httpx.AsyncClient(base_url=cluster["server"], verify=context, limits=limits, trust_env=False, timeout=30)


async def change(kubeconfig: Path, rate: float) -> None:
    """Let the readiness of random pods flip, `rate` pods a second, evenly."""
    chance = random.Random(1)
    async with client_of(kubeconfig) as client:
        answer = await client.get(f"/api/v1/namespaces/{NAMESPACE}/pods", params={"limit": "2000"})
        names = [item["metadata"]["name"] for item in answer.json()["items"]]
        slots = asyncio.Semaphore(AT_ONCE)
        ready = dict.fromkeys(names, True)

        async def flip(name: str) -> None:
            ready[name] = not ready[name]
            condition = {"type": "Ready", "status": str(ready[name])}
            async with slots:
                await client.patch(
                    f"/api/v1/namespaces/{NAMESPACE}/pods/{name}/status",
                    json={"status": {"conditions": [condition]}},
                    headers={"Content-Type": "application/strategic-merge-patch+json"},
                )

        tasks: set[asyncio.Task[None]] = set()
        began, done = time.monotonic(), 0
        while True:
            due = int((time.monotonic() - began) * rate)
            for _ in range(min(due - done, AT_ONCE)):
                task = asyncio.create_task(flip(chance.choice(names)))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                done += 1
            await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(change(Path(sys.argv[1]), float(sys.argv[2])))
