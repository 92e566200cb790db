"""What the shop is made of: services, their endpoints and whom each calls."""

from __future__ import annotations

import enum
from dataclasses import dataclass

NAMESPACE = "shop"
BATCH_NAMESPACE = "batch"
MONITORING_NAMESPACE = "monitoring"
REGISTRY = "registry.shop.example"
NODES = ("node-1", "node-2", "node-3")
NODE_CORES = 4
NODE_MEMORY = 16 * 2**30

GATEWAY_RATE = 320.0
"""Requests per second that reach the gateway on an average day."""

POOL_SIZE = 200
"""Connections one instance may open: the cap in the seed's pool case."""

POOL_TIMEOUT = 35.0
"""Seconds a request waits for a connection before it gives up."""

DATABASE_CAPACITY = 1900.0
"""Queries per second postgres can do."""

QUERY_SECONDS = 0.0011
"""Seconds of one query on an idle database."""


class Kind(enum.Enum):
    """What runs in the container."""

    GO = "go"
    JVM = "jvm"
    REDIS = "redis"
    POSTGRES = "postgres"
    BATCH = "batch"
    AGENT = "agent"


class WorkloadKind(enum.Enum):
    """Who keeps the pods."""

    DEPLOYMENT = "Deployment"
    STATEFUL_SET = "StatefulSet"
    DAEMON_SET = "DaemonSet"


@dataclass(frozen=True)
class Call:
    """`times` calls of another service's endpoint for each request. `timeout` in seconds."""

    service: str
    endpoint: str = ""
    times: float = 1.0
    timeout: float = 10.0


@dataclass(frozen=True)
class Endpoint:
    """One route. `own` is the median of its own work in seconds, `share` its part of the gateway's load."""

    method: str
    route: str
    own: float
    calls: tuple[Call, ...] = ()
    share: float = 0.0

    @property
    def key(self) -> str:
        """`METHOD /route`, also the span's name."""
        return f"{self.method} {self.route}"


@dataclass(frozen=True)
class Service:
    """One workload of the shop.

    `cpu_idle` is cores at rest, `cpu_request` core-seconds a request, `memory` bytes resident at
    rest, `boot` seconds until the process answers. `revisions` are image tags, oldest first.
    """

    name: str
    kind: Kind
    replicas: int
    revisions: tuple[str, ...]
    endpoints: tuple[Endpoint, ...] = ()
    cpu_idle: float = 0.05
    cpu_request: float = 0.002
    cpu_limit: float = 1.0
    memory: float = 120 * 2**20
    boot: int = 3
    port: int = 8080
    env: tuple[tuple[str, str], ...] = ()
    nodes: tuple[int, ...] = (0, 1, 2)
    repository: str = ""
    namespace: str = NAMESPACE
    workload: WorkloadKind = WorkloadKind.DEPLOYMENT
    shell: bool = True
    """Whether the image holds a shell and its usual programs; without, it is as good as distroless."""
    heeds: bool = True
    """Whether process 1 ends on SIGTERM; if not, only SIGKILL after the grace period ends it."""

    @property
    def image(self) -> str:
        """The image that runs when all is well."""
        return self.image_of(self.revisions[-1])

    def image_of(self, tag: str) -> str:
        """The image with another tag."""
        return f"{self.repository or f'{REGISTRY}/{self.name}'}:{tag}"

    def endpoint(self, key: str) -> Endpoint:
        """The endpoint called `METHOD /route`."""
        return next(endpoint for endpoint in self.endpoints if endpoint.key == key)

    @property
    def uses_pool(self) -> bool:
        """Whether it holds connections to postgres."""
        return any(call.service == "postgres" for endpoint in self.endpoints for call in endpoint.calls)


def _query(times: float) -> Call:
    return Call("postgres", "query", times)


GATEWAY = Service(
    "gateway",
    Kind.GO,
    3,
    ("2.6.0", "2.6.2", "2.7.1"),
    (
        Endpoint("POST", "/api/checkout", 0.0032, (Call("checkout", "POST /checkout", 1, 8.0),), 0.20),
        Endpoint("GET", "/api/orders", 0.0026, (Call("checkout", "GET /orders", 1, 8.0),), 0.25),
        Endpoint("POST", "/api/login", 0.0035, (Call("users", "POST /login", 1, 3.0),), 0.08),
        Endpoint("GET", "/api/me", 0.0022, (Call("users", "GET /users/{id}", 1, 3.0),), 0.47),
    ),
    cpu_request=0.0021,
    env=(("LOG_LEVEL", "info"), ("CHECKOUT_URL", "http://checkout:8080"), ("USERS_URL", "http://users:8080")),
)
CHECKOUT = Service(
    "checkout",
    Kind.GO,
    3,
    ("1.13.4", "1.14.1", "1.14.2"),
    (
        Endpoint(
            "POST",
            "/checkout",
            0.009,
            (Call("orders", "POST /orders", 1, 5.0), Call("payments", "POST /pay", 1, 6.0)),
        ),
        Endpoint("GET", "/orders", 0.004, (Call("orders", "GET /orders", 1, 5.0),)),
    ),
    cpu_request=0.0042,
    env=(("LOG_LEVEL", "info"), ("ORDERS_URL", "http://orders:8080"), ("PAYMENTS_URL", "http://payments:8080")),
)
ORDERS = Service(
    "orders",
    Kind.GO,
    3,
    ("4.0.3", "4.1.0", "4.2.0"),
    (
        Endpoint("POST", "/orders", 0.007, (_query(4),)),
        Endpoint("GET", "/orders", 0.0045, (_query(2),)),
    ),
    cpu_request=0.0038,
    env=(
        ("LOG_LEVEL", "info"),
        ("DATABASE_URL", "postgres://orders@postgres:5432/shop"),
        ("DB_MAX_OPEN_CONNS", str(POOL_SIZE)),
        ("DB_CLOSE_TIMEOUT", "5s"),
    ),
)
PAYMENTS = Service(
    "payments",
    Kind.JVM,
    2,
    ("3.7.2", "3.8.0", "3.8.1"),
    (Endpoint("POST", "/pay", 0.016, (Call("redis", "GET"), _query(0.4))),),
    cpu_idle=0.12,
    cpu_request=0.0068,
    cpu_limit=2.0,
    memory=1300 * 2**20,
    boot=14,
    env=(
        ("LOG_LEVEL", "info"),
        ("JAVA_TOOL_OPTIONS", "-Xmx2g -XX:+UseG1GC -XX:InitiatingHeapOccupancyPercent=35"),
        ("SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE", str(POOL_SIZE)),
        ("REDIS_URL", "redis://redis:6379"),
    ),
    nodes=(1, 0),
    # Process 1 is the shell that started java, and a shell as process 1 does not hand signals on.
    heeds=False,
)
USERS = Service(
    "users",
    Kind.GO,
    2,
    ("5.0.1", "5.1.0", "5.1.3"),
    (
        Endpoint("POST", "/login", 0.012, (_query(2),)),
        Endpoint("GET", "/users/{id}", 0.003, (_query(1),)),
    ),
    cpu_request=0.0032,
    env=(("LOG_LEVEL", "info"), ("DATABASE_URL", "postgres://users@postgres:5432/shop")),
    nodes=(2, 0),
    shell=False,
)
REDIS = Service(
    "redis",
    Kind.REDIS,
    1,
    ("7.4.1", "7.4.2"),
    cpu_idle=0.02,
    cpu_request=0.0002,
    memory=310 * 2**20,
    boot=1,
    port=6379,
    nodes=(2,),
    repository="redis",
)
POSTGRES = Service(
    "postgres",
    Kind.POSTGRES,
    1,
    ("16.5", "16.6"),
    cpu_idle=0.06,
    cpu_request=0.0008,
    cpu_limit=3.0,
    memory=2100 * 2**20,
    boot=4,
    port=5432,
    nodes=(2,),
    repository="postgres",
    workload=WorkloadKind.STATEFUL_SET,
)
EXPORTER = Service(
    "node-exporter",
    Kind.AGENT,
    len(NODES),
    ("1.8.1", "1.8.2", "1.9.0"),
    cpu_idle=0.008,
    cpu_limit=0.2,
    memory=24 * 2**20,
    boot=1,
    port=9100,
    repository="quay.io/prometheus/node-exporter",
    namespace=MONITORING_NAMESPACE,
    workload=WorkloadKind.DAEMON_SET,
)

SERVICES: tuple[Service, ...] = (GATEWAY, CHECKOUT, ORDERS, PAYMENTS, USERS, REDIS, POSTGRES)
"""Callers before those they call."""

WORKLOADS: tuple[Service, ...] = (*SERVICES, EXPORTER)
"""All that the cluster's controllers keep running."""

BY_NAME = {service.name: service for service in SERVICES}
