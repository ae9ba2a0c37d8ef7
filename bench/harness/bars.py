"""The bars that the product has set itself (issue 4): which cases decide them against which peers, and the table of what came out."""

import dataclasses
from typing import Callable

from .cases import Case
from .report import Result

OURS = "nantian"

CASES: dict[str, tuple[tuple[str, ...], tuple[str, ...] | None]] = {
    # case: the peers that a bar names, and the variants if not all
    "h1-small": (("haproxy", "envoy"), None),
    "rate-10k": (("haproxy",), None),
    "h1-16k": (("haproxy",), None),
    "h1-1m": (("haproxy",), None),
    "tls-small": (("haproxy", "nginx"), None),
    "tls-16k": (("haproxy", "nginx"), None),
    "tls-handshake": (("envoy",), None),
    "h2-1x100": (("haproxy",), None),
    "h2-64x10": (("haproxy",), None),
    "h2-h2c": (("haproxy",), None),
    "grpc-unary": (("haproxy",), None),
    "sse": (("nginx",), None),
    "routes": ((), ("1 route", "10000 routes")),
    "access-log": (("envoy",), None),
    "idle": (("envoy",), None),
    "two-cores": ((), None),
    "start": (("envoy",), ("2 cores",)),
}


def cases(all_cases: list[Case]) -> list[Case]:
    """The cases of the bars, each with the proxies and variants that its bars are about."""
    by_name = {case.name: case for case in all_cases}
    chosen = []
    for name, (peers, labels) in CASES.items():
        case = by_name[name]
        variants = [v for v in case.variants if labels is None or v.label in labels]
        chosen.append(dataclasses.replace(case, variants=variants, proxies=(OURS, *peers)))
    return chosen


@dataclasses.dataclass(frozen=True)
class Measured:
    """`value` is compared with the bar; `ours` and `theirs` are what it was made of, in words."""

    value: float
    ours: str
    theirs: str
    note: str = ""


Measure = Callable[[dict[str, Result]], Measured | None]


@dataclasses.dataclass(frozen=True)
class Bar:
    """`at_least`: the value must not be below `bound`; otherwise not above it."""

    title: str
    unit: str
    bound: float
    at_least: bool
    measure: Measure

    @property
    def text(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.bound:g}{self.unit}"

    def met(self, measured: Measured) -> bool:
        value = round(measured.value, 2)
        return value >= self.bound if self.at_least else value <= self.bound


def _words(figure: str, value: float | None) -> str:
    if value is None:
        return "-"
    match figure:
        case "rate":
            return f"{value:,.0f}/s"
        case "p99":
            return f"{value / 1000:.2f} ms"
        case "cpu_per_100k":
            return f"{value:.2f} s"
        case "start_ms":
            return f"{value:,.0f} ms"
        case _:
            return f"{value:,.1f} MiB"


def against(case: str, figure: str, *peers: str, variant: str = "") -> Measure:
    """Our figure divided by that of the peer which is best at it, in the same rounds."""

    def measure(results: dict[str, Result]) -> Measured | None:
        result = results.get(case)
        ours = result and result.row(OURS, variant)
        if not result or not ours:
            return None
        others = [row for peer in peers if (row := result.row(peer, variant))]
        ratios = [(ratio, row) for row in others if (ratio := ours.ratio(row, figure)) is not None]
        if len(ratios) < len(peers):
            return None
        ratio, best = min(ratios, key=lambda r: r[0]) if figure == "rate" else max(ratios, key=lambda r: r[0])
        theirs = f"{best.proxy} {_words(figure, best.median(figure))}"
        return Measured(ratio, _words(figure, ours.median(figure)), theirs, _limited(ours) if figure == "rate" else "")

    return measure


def variants(case: str, of: str, to: str) -> Measure:
    """Our throughput in one variant divided by that in another."""

    def measure(results: dict[str, Result]) -> Measured | None:
        result = results.get(case)
        one, other = (result.row(OURS, of), result.row(OURS, to)) if result else (None, None)
        ratio = one.ratio(other, "rate") if one and other else None
        if ratio is None:
            return None
        note = "generator and backend on the same CPUs" if case == "two-cores" and "same CPUs" in result.case.title else ""
        return Measured(ratio, f"{of}: {_words('rate', one.median('rate'))}", f"{to}: {_words('rate', other.median('rate'))}", note)

    return measure


def memory(case: str) -> Measure:
    def measure(results: dict[str, Result]) -> Measured | None:
        ours = results[case].row(OURS, "") if case in results else None
        value = ours.median("rss_mib") if ours else None
        return None if value is None else Measured(value, _words("rss_mib", value), "")

    return measure


def _limited(row) -> str:
    """The proxy had time left when the load's CPUs had none: its rate is a lower bound."""
    idle, busy = row.median("load_cpu_idle"), row.median("proxy_busy")
    return "the load was the limit" if idle is not None and busy is not None and idle < 0.03 and busy < 0.95 else ""


BARS = [
    Bar("HTTP/1.1, 100 B: rate", "x HAProxy", 1.2, True, against("h1-small", "rate", "haproxy")),
    Bar("HTTP/1.1, 100 B: rate", "x Envoy", 3, True, against("h1-small", "rate", "envoy")),
    Bar("HTTP/1.1, 100 B: p99 at saturation", "x Envoy", 1, False, against("h1-small", "p99", "envoy")),
    Bar("HTTP/1.1, 100 B: CPU per 100k", "x HAProxy", 1, False, against("h1-small", "cpu_per_100k", "haproxy")),
    Bar("10,000 requests/s: p99", "x HAProxy", 1.5, False, against("rate-10k", "p99", "haproxy")),
    Bar("HTTP/1.1, 16 KiB: rate", "x HAProxy", 1.4, True, against("h1-16k", "rate", "haproxy")),
    Bar("HTTP/1.1, 1 MiB: rate", "x HAProxy", 1, True, against("h1-1m", "rate", "haproxy")),
    Bar("TLS kept alive, 100 B: rate", "x HAProxy or nginx", 1.1, True, against("tls-small", "rate", "haproxy", "nginx")),
    Bar("TLS kept alive, 16 KiB: rate", "x HAProxy or nginx", 1.2, True, against("tls-16k", "rate", "haproxy", "nginx")),
    Bar("new TLS 1.3 handshakes: rate", "x Envoy", 0.95, True, against("tls-handshake", "rate", "envoy")),
    Bar("h2 in, h1 out, 1 connection x 100: rate", "x HAProxy", 1.1, True, against("h2-1x100", "rate", "haproxy")),
    Bar("h2 in, h1 out, 64 connections x 10: rate", "x HAProxy", 1.1, True, against("h2-64x10", "rate", "haproxy")),
    Bar("h2 in, h2c out: rate", "x HAProxy", 1, True, against("h2-h2c", "rate", "haproxy")),
    Bar("gRPC unary: rate", "x HAProxy", 1, True, against("grpc-unary", "rate", "haproxy")),
    Bar("1,000 slow SSE streams: CPU per 100k events", "x nginx", 1.1, False, against("sse", "cpu_per_100k", "nginx")),
    Bar("10,000 routes: rate", "x 1 route", 0.95, True, variants("routes", "10000 routes", "1 route")),
    Bar("access log on: rate", "x Envoy", 2.5, True, against("access-log", "rate", "envoy")),
    Bar("10,000 idle connections: memory added", "x Envoy", 1.5, False, against("idle", "extra_mib", "envoy")),
    Bar("two cores: rate", "x one core", 1.8, True, variants("two-cores", "2 cores", "1 core")),
    Bar("start to first proxied answer, two cores", "x Envoy", 10, False, against("start", "start_ms", "envoy", variant="2 cores")),
    Bar("RSS under load, 1,000 routes", " MiB", 200, False, memory("h1-small")),
]


def as_markdown(results: list[Result]) -> str:
    by_name = {result.case.name: result for result in results}
    lines = ["| bar | wanted | measured | | ours | theirs |", "|---|---:|---:|---|---:|---:|"]
    met = known = 0
    for bar in BARS:
        measured = bar.measure(by_name)
        if measured is None:
            lines.append(f"| {bar.title} | {bar.text} | - | not measured | | |")
            continue
        known += 1
        met += bar.met(measured)
        verdict = ("met" if bar.met(measured) else "missed") + (f" ({measured.note})" if measured.note else "")
        lines.append(f"| {bar.title} | {bar.text} | {measured.value:,.2f} | {verdict} | {measured.ours} | {measured.theirs} |")
    return "\n".join([*lines, "", f"{met} of {known} met{'' if known == len(BARS) else f', {len(BARS) - known} not measured'}."]) + "\n"
