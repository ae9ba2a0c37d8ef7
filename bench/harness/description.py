"""What every proxy is configured to do, said once. The adapters in `proxies` write it in each proxy's own language."""

import dataclasses
import enum
import pathlib

HOST = "bench.test"
H2C_HOST = "h2c.bench.test"
GRPC_HOST = "grpc.bench.test"
GRPC_STREAM_HOST = "stream.bench.test"

PATHS_PER_HOST = 10


class Kind(enum.Enum):
    """What a proxy has to be told about a route's traffic."""

    PLAIN = "plain"
    EVENTS = "events"
    WEBSOCKET = "websocket"


@dataclasses.dataclass(frozen=True)
class Cluster:
    name: str
    port: int
    h2c: bool


@dataclasses.dataclass(frozen=True)
class Route:
    host: str
    prefix: str
    cluster: Cluster
    kind: Kind = Kind.PLAIN


@dataclasses.dataclass(frozen=True)
class Setup:
    """What differs between cases. Everything else is the same for all: keep-alive to upstreams, x-request-id and x-forwarded-for added."""

    routes: int = 1000
    access_log: bool = False
    workers: int = 1

    def target(self, path: str) -> tuple[str, str]:
        """Host and path of the request which measures the number of routes: the one in the middle of the table."""
        if self.routes == 1:
            return HOST, f"/p5{path}"
        hosts = (self.routes + PATHS_PER_HOST - 1) // PATHS_PER_HOST
        return f"h{hosts // 2}.{HOST}", f"/p5{path}"


@dataclasses.dataclass(frozen=True)
class Backend:
    """The ports of native/backend.c."""

    h1: int
    h2c: int
    grpc: int
    grpc_stream: int


@dataclasses.dataclass(frozen=True)
class Description:
    """One proxy's whole configuration: where it listens, what it routes, where it may write."""

    setup: Setup
    folder: pathlib.Path
    http_port: int
    https_port: int
    admin_port: int  # for a proxy that cannot do without one
    certificate: pathlib.Path
    key: pathlib.Path
    backend: Backend

    @property
    def clusters(self) -> list[Cluster]:
        return [
            Cluster("h1", self.backend.h1, h2c=False),
            Cluster("h2c", self.backend.h2c, h2c=True),
            Cluster("grpc", self.backend.grpc, h2c=True),
            Cluster("grpc-stream", self.backend.grpc_stream, h2c=True),
        ]

    @property
    def routes(self) -> list[Route]:
        """The six routes that are measured, and as many more as make `setup.routes`: ten prefixes on each of many hosts."""
        h1, h2c, grpc, grpc_stream = self.clusters
        measured = [
            Route(HOST, "/", h1),
            Route(HOST, "/sse", h1, Kind.EVENTS),
            Route(HOST, "/ws", h1, Kind.WEBSOCKET),
            Route(H2C_HOST, "/", h2c),
            Route(GRPC_HOST, "/", grpc),
            Route(GRPC_STREAM_HOST, "/", grpc_stream),
        ]
        more = self.setup.routes if self.setup.routes > 1 else 0
        return measured + [
            Route(f"h{i // PATHS_PER_HOST}.{HOST}", f"/p{i % PATHS_PER_HOST}", h1) for i in range(more)
        ]

    def routes_by_host(self) -> dict[str, list[Route]]:
        """Routes of each host, the longest prefix first."""
        hosts: dict[str, list[Route]] = {}
        for route in self.routes:
            hosts.setdefault(route.host, []).append(route)
        for routes in hosts.values():
            routes.sort(key=lambda route: -len(route.prefix))
        return hosts

    @property
    def access_log(self) -> pathlib.Path:
        return self.folder / "access.log"
