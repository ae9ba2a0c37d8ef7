"""The list of cases: for each, what is asked first (the probe), how load is made, and which configuration of the proxies it needs."""

import dataclasses
from typing import Callable

from . import probes
from .description import GRPC_HOST, GRPC_STREAM_HOST, H2C_HOST, HOST, Setup
from .fleet import Fleet, Member
from .generators import Bench, Figures, run_h2load, run_load, run_wrk
from .probes import Target

SMALL, SIXTEEN_K, ONE_M = 100, 16 * 1024, 1024 * 1024
IDLE_CONNECTIONS = 10_000
SSE_STREAMS = 1_000

Probe = Callable[[Target], str | None]
Run = Callable[[Bench, Fleet, Member, float], Figures]
"""Bench, fleet, the proxy's member, seconds of warm-up before the window."""


@dataclasses.dataclass(frozen=True)
class Variant:
    label: str
    setup: Setup
    probe: Probe
    run: Run


@dataclasses.dataclass(frozen=True)
class Case:
    """`unit` is what is counted; `compared` are the figures whose same-round ratios are printed, in this order."""

    name: str
    title: str
    unit: str
    variants: list[Variant]
    compared: tuple[str, ...] = ("rate", "cpu_per_100k", "p99")
    needs: frozenset[str] = frozenset()  # load generators
    proxies: tuple[str, ...] | None = None  # only these are measured; None for all


def h1_load(mode: str, path: str, connections: int, rate: int = 0, host: str = HOST) -> Run:
    def run(bench: Bench, fleet: Fleet, member: Member, warm: float) -> Figures:
        return run_load(bench, member.process, member.description.http_port, mode, host, path, connections, warm, rate)

    return run


def tls_load(path: str, connections: int, reconnect: bool = False) -> Run:
    def run(bench: Bench, fleet: Fleet, member: Member, warm: float) -> Figures:
        return run_wrk(bench, member.process, member.description.https_port, HOST, path, connections, warm, reconnect)

    return run


def h2_load(host: str, path: str, connections: int, streams: int, grpc: bool = False) -> Run:
    def run(bench: Bench, fleet: Fleet, member: Member, warm: float) -> Figures:
        return run_h2load(bench, member.process, member.description.https_port, host, path, connections, streams, warm, grpc)

    return run


def stream_load(connections: int, streams: int) -> Run:
    """Counts messages, not calls; the latency is that of a whole call."""
    call = h2_load(GRPC_STREAM_HOST, "/bench.Bench/Call", connections, streams, grpc=True)

    def run(bench: Bench, fleet: Fleet, member: Member, warm: float) -> Figures:
        figures = call(bench, fleet, member, warm)
        figures.count *= probes.STREAM_MESSAGES
        return figures

    return run


def idle_load(bench: Bench, fleet: Fleet, member: Member, warm: float) -> Figures:
    """Memory that idle connections add to a process of its own, which has done some work before: a used process gives nothing back."""
    fleet.stop_all()
    fresh = fleet.start(member.proxy, member.description.setup)
    try:
        h1_load("closed", "/small", 64)(bench, fleet, fresh, max(warm, member.proxy.warm_up_seconds / 2))
        figures = h1_load("idle", "/small", IDLE_CONNECTIONS)(bench, fleet, fresh, 0)
    finally:
        fresh.end()
    extra = figures.rss_mib - figures.extra["rss_before_mib"]
    figures.extra |= {"extra_mib": extra, "kib_per_connection": extra * 1024 / IDLE_CONNECTIONS}
    figures.errors += IDLE_CONNECTIONS - figures.extra["open"]
    return figures


def cores_load(cpus: list[int], shared: bool) -> Run:
    """Throughput of the proxy on `cpus`. Where there are no other CPUs (`shared`), the load runs on the same ones: then it is the
    whole that is compared, and the whole cannot do better than twice."""
    load = h1_load("closed", "/small", 128)

    def run(bench: Bench, fleet: Fleet, member: Member, warm: float) -> Figures:
        if not shared:
            return load(bench, fleet, member, warm)
        try:
            return load(bench.on(frozenset(cpus)), fleet, member, warm)
        finally:
            bench.backend.pin(bench.backend_cpus)

    return run


def start_load(cpus: list[int]) -> Run:
    def run(bench: Bench, fleet: Fleet, member: Member, warm: float) -> Figures:
        fleet.stop_all()
        fresh = fleet.start_again(member.proxy, member.description.setup, cpus)
        try:
            return Figures(rss_mib=fresh.process.rss_mib(), extra={"start_ms": fresh.start_seconds * 1000})
        finally:
            fresh.end()

    return run


def h1(path: str, size: int, tls: bool = False, host: str = HOST) -> Probe:
    return lambda target: probes.h1(target, host, path, size, tls)


def all_cases(routes: int, cpus: list[int], load_cpus: list[int]) -> list[Case]:
    """`cpus`: those of the proxy; the second is used by the cases about two cores only."""
    base = Setup(routes=routes)
    wrk, h2 = frozenset({"wrk"}), frozenset({"h2load", "nghttp"})

    def one(probe: Probe, run: Run, setup: Setup = base) -> list[Variant]:
        return [Variant("", setup, probe, run)]

    small = h1("/small", SMALL)
    shared = bool(set(cpus[:2]) & set(load_cpus))

    def table(count: int) -> Variant:
        setup = Setup(routes=count)
        host, path = setup.target("/small")
        return Variant(f"{count} routes" if count > 1 else "1 route", setup, h1(path, SMALL, host=host), h1_load("closed", path, 64, host=host))

    return [
        Case("h1-small", "HTTP/1.1, 100 B, 64 connections", "requests", one(small, h1_load("closed", "/small", 64))),
        Case("h1-16k", "HTTP/1.1, 16 KiB, 64 connections", "requests", one(h1("/16k", SIXTEEN_K), h1_load("closed", "/16k", 64))),
        Case("h1-1m", "HTTP/1.1, 1 MiB, 16 connections", "requests", one(h1("/1m", ONE_M), h1_load("closed", "/1m", 16))),
        Case("tls-small", "TLS 1.3 keep-alive, 100 B, 64 connections", "requests", one(h1("/small", SMALL, tls=True), tls_load("/small", 64)), needs=wrk),
        Case("tls-16k", "TLS 1.3 keep-alive, 16 KiB, 64 connections", "requests", one(h1("/16k", SIXTEEN_K, tls=True), tls_load("/16k", 64)), needs=wrk),
        Case(
            "tls-handshake",
            "a full TLS 1.3 handshake (P-256) for each request, 32 at a time",
            "handshakes",
            one(h1("/small", SMALL, tls=True), tls_load("/small", 32, reconnect=True)),
            needs=wrk,
        ),
        Case("h2-1x100", "HTTP/2 (TLS) in, HTTP/1.1 out, 1 connection with 100 streams", "requests", one(probes.h2_to_h1, h2_load(HOST, "/small", 1, 100)), needs=h2),
        Case("h2-64x10", "HTTP/2 (TLS) in, HTTP/1.1 out, 64 connections with 10 streams", "requests", one(probes.h2_to_h1, h2_load(HOST, "/small", 64, 10)), needs=h2),
        Case("h2-h2c", "HTTP/2 (TLS) in, h2c out, 64 connections with 10 streams", "requests", one(probes.h2_to_h2c, h2_load(H2C_HOST, "/small", 64, 10)), needs=h2),
        Case(
            "grpc-unary",
            "gRPC unary calls, 64 connections with 10 streams",
            "calls",
            one(probes.grpc_unary, h2_load(GRPC_HOST, "/bench.Bench/Call", 64, 10, grpc=True)),
            needs=h2,
        ),
        Case("grpc-stream", "gRPC server streaming, 100 messages a call, 16 connections with 4 streams", "messages", one(probes.grpc_stream, stream_load(16, 4)), needs=h2),
        Case("websocket", "WebSocket echo, 100 B messages, 64 connections", "messages", one(probes.websocket, h1_load("ws", "/ws", 64))),
        Case(
            "sse",
            f"server-sent events, {SSE_STREAMS} streams with 10 events a second each",
            "events",
            one(probes.events, h1_load("sse", "/sse", SSE_STREAMS)),
            compared=("cpu_per_100k", "p99"),
        ),
        Case(
            "idle",
            f"{IDLE_CONNECTIONS} idle keep-alive connections: memory added",
            "connections",
            one(small, idle_load),
            compared=("extra_mib",),
        ),
        Case("rate-10k", "open loop, 10,000 requests/s, 64 connections", "requests", one(small, h1_load("open", "/small", 64, 10_000)), compared=("cpu_per_100k", "p99")),
        Case("rate-30k", "open loop, 30,000 requests/s, 64 connections", "requests", one(small, h1_load("open", "/small", 64, 30_000)), compared=("rate", "cpu_per_100k", "p99")),
        Case("routes", "size of the routing table, HTTP/1.1, 100 B, 64 connections", "requests", [table(n) for n in (1, 1_000, 10_000)]),
        Case(
            "access-log",
            "JSON access log to a file, HTTP/1.1, 100 B, 64 connections",
            "requests",
            one(small, h1_load("closed", "/small", 64), dataclasses.replace(base, access_log=True)),
        ),
        Case(
            "two-cores",
            f"one worker and two, HTTP/1.1, 100 B, 128 connections{'; the load on the same CPUs' if shared else ''}",
            "requests",
            [
                Variant("1 core", base, small, cores_load(cpus[:1], shared)),
                Variant("2 cores", dataclasses.replace(base, workers=2), small, cores_load(cpus[:2], shared)),
            ],
        ),
        Case(
            "start",
            "start of the process to its first proxied response",
            "starts",
            [Variant("1 core", base, small, start_load(cpus[:1])), Variant("2 cores", dataclasses.replace(base, workers=2), small, start_load(cpus[:2]))],
            compared=("start_ms",),
        ),
    ]


SMOKE_CASES = ("h1-small", "h1-16k", "tls-small", "h2-64x10", "websocket", "rate-10k")
