"""Runs the load generators against one proxy and returns what they and the proxy's process say about the same window.

`load` (ours) is used for clear-text HTTP/1.1, WebSocket and events; wrk for TLS; h2load for HTTP/2. See README.md for why.
"""

import dataclasses
import json
import pathlib
import select
import subprocess
import tempfile

from .process import Process

H2LOAD_SPARE_SECONDS = 10
BURST_SECONDS = 0.7  # unmeasured load before every window: caches, connections and pools are warm after a stop


class GeneratorFailed(Exception):
    """The generator ended early or reported something that makes its figures worthless."""


@dataclasses.dataclass
class Figures:
    """One window. `count` is requests, messages or events; latencies are in microseconds; `extra` holds what only one case has."""

    count: int = 0
    seconds: float = 0
    errors: int = 0
    p50: float | None = None
    p99: float | None = None
    p999: float | None = None
    cpu_seconds: float | None = None
    rss_mib: float | None = None
    load_cpu_idle: float | None = None  # share of the window; near 0 the generator or the backend is the limit
    extra: dict = dataclasses.field(default_factory=dict)

    @property
    def proxy_busy(self) -> float | None:
        """CPUs that the proxy kept busy."""
        return self.cpu_seconds / self.seconds if self.seconds and self.cpu_seconds is not None else None

    @property
    def rate(self) -> float | None:
        return self.count / self.seconds if self.seconds and self.count else None

    @property
    def cpu_per_100k(self) -> float | None:
        return self.cpu_seconds * 1e5 / self.count if self.count and self.cpu_seconds is not None else None


@dataclasses.dataclass(frozen=True)
class Bench:
    """What every run needs: where programs are, on which CPUs they run, for how long."""

    load: pathlib.Path
    wrk: pathlib.Path | None
    h2load: pathlib.Path | None
    nghttp: pathlib.Path | None
    cpus: frozenset  # of the generator
    backend: Process
    backend_cpus: frozenset
    folder: pathlib.Path
    seconds: float
    priority: bool

    def on(self, cpus: frozenset) -> "Bench":
        """The same with generator and backend on these CPUs, from now on."""
        self.backend.pin(cpus)
        return dataclasses.replace(self, cpus=cpus, backend_cpus=cpus)

    def start(self, argv, pipes=False) -> Process:
        return Process(argv, self.cpus, self.folder / "generator.log", pipes=pipes, priority=self.priority)


class Window:
    """The proxy's CPU time, and the idle time of the CPUs that make the load, since `open`."""

    def __init__(self, bench: Bench, proxy: Process):
        self._proxy = proxy
        self._cpus = bench.cpus | bench.backend_cpus
        self._cpu_seconds = proxy.cpu_seconds()
        self._idle, self._total = self._load_cpus()

    def close(self, figures: Figures) -> Figures:
        figures.cpu_seconds = self._proxy.cpu_seconds() - self._cpu_seconds
        idle, total = self._load_cpus()
        figures.load_cpu_idle = (idle - self._idle) / max(1, total - self._total)
        figures.rss_mib = self._proxy.rss_mib()
        return figures

    def _load_cpus(self) -> tuple[int, int]:
        idle = total = 0
        for line in pathlib.Path("/proc/stat").read_text().splitlines():
            name, *ticks = line.split()
            if name.startswith("cpu") and name[3:].isdigit() and int(name[3:]) in self._cpus:
                idle += int(ticks[3]) + int(ticks[4])
                total += sum(map(int, ticks[:8]))
        return idle, total


def run_load(bench: Bench, proxy: Process, port: int, mode: str, host: str, path: str, connections: int, warm: float, rate: int = 0) -> Figures:
    """One window of our generator. The proxy's CPU time is read at the very ends of the window."""
    argv = [bench.load, mode, port, host, path, connections, max(warm, BURST_SECONDS), bench.seconds] + ([rate] if rate else [])
    rss_before = proxy.rss_mib()
    generator = bench.start(argv, pipes=True)
    try:
        _read_line(generator, warm + 60)
        rss_ready = proxy.rss_mib()
        window = Window(bench, proxy)
        generator.popen.stdin.write(b"go\n")
        generator.popen.stdin.flush()
        result = json.loads(_read_line(generator, bench.seconds + 30))
        figures = Figures(
            count=result["count"],
            seconds=result["seconds"],
            errors=result["errors"],
            p50=result["p50"] if result["count"] else None,
            p99=result["p99"] if result["count"] else None,
            p999=result["p999"] if result["count"] else None,
            extra={"rss_before_mib": rss_before, "rss_ready_mib": rss_ready, "open": result["open"]},
        )
        return window.close(figures)
    finally:
        generator.end()


def _read_line(generator: Process, seconds: float) -> str:
    ready, _, _ = select.select([generator.popen.stdout], [], [], seconds)
    line = generator.popen.stdout.readline().decode() if ready else ""
    if not line:
        generator.popen.poll()
        raise GeneratorFailed(f"load: {'ended' if ready else 'gave no answer'}: {generator.last_words()}")
    return line


WRK_REPORT = """\
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d %d\\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.timeout, e.status, latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
"""


def run_wrk(bench: Bench, proxy: Process, port: int, host: str, path: str, connections: int, warm: float, reconnect: bool = False) -> Figures:
    """HTTP/1.1 over TLS; with `reconnect` each request has a connection, so a full handshake, of its own."""
    script = bench.folder / "report.lua"
    script.write_text(WRK_REPORT)
    fields = ["-H", f"Host: {host}"] + (["-H", "Connection: close"] if reconnect else [])
    # wrk puts the host of the URL into SNI; the certificate names localhost. Fractions of a second are beyond its options.
    base = [bench.wrk, "-t1", f"-c{connections}", "-s", script, *fields]
    url = f"https://localhost:{port}{path}"
    _finish(bench, [*base, f"-d{_whole(max(warm, BURST_SECONDS))}", url])
    window = Window(bench, proxy)
    output = _finish(bench, [*base, f"-d{_whole(bench.seconds)}", url])
    figures = window.close(Figures())
    result = [line.split()[1:] for line in output.splitlines() if line.startswith("RESULT ")]
    if not result:
        raise GeneratorFailed(f"wrk: no result: {output.strip()[-300:]}")
    requests, micros, errors, statuses, figures.p50, figures.p99, figures.p999 = map(int, result[0])
    figures.count, figures.seconds, figures.errors = requests, micros / 1e6, errors + statuses
    if not requests:
        raise GeneratorFailed(f"wrk: no request was completed in {bench.seconds:g} s")
    if reconnect:
        figures.p50 = figures.p99 = figures.p999 = None  # wrk's clock starts when the connection stands
    return figures


def run_h2load(bench: Bench, proxy: Process, port: int, host: str, path: str, connections: int, streams: int, warm: float, grpc: bool = False) -> Figures:
    """HTTP/2 over TLS with ALPN. Latencies come from h2load's log of every request, kept in memory."""
    base = [bench.h2load, "-t1", f"-c{connections}", f"-m{streams}", f"--connect-to=127.0.0.1:{port}"]
    if grpc:
        message = bench.folder / "message.bin"
        message.write_bytes(b"\0\0\0\0\x10" + b"x" * 16)
        base += ["-d", message, "-H", "content-type: application/grpc", "-H", "te: trailers"]
    url = f"https://{host}{path}"
    _h2load(bench, [*base, f"-D{_whole(max(warm, BURST_SECONDS))}", url], warm)
    with tempfile.NamedTemporaryFile(dir="/dev/shm", prefix="bench-h2load-") as log:
        window = Window(bench, proxy)
        output = _h2load(bench, [*base, f"-D{_whole(bench.seconds)}", f"--log-file={log.name}", url], bench.seconds)
        if not output:
            raise GeneratorFailed("h2load: did not end; at least one connection was not set up within the window")
        figures = window.close(Figures())
        lines = pathlib.Path(log.name).read_bytes().splitlines()
    counts = [line for line in output.splitlines() if line.startswith("requests:")]
    if not counts:
        raise GeneratorFailed(f"h2load: no result: {output.strip()[-300:]}")
    # "requests: 9 total, 9 started, 9 done, 9 succeeded, 0 failed, 0 errored, 0 timeout"
    words = counts[0].replace(",", "").split()
    number = {name: int(value) for value, name in zip(words[1::2], words[2::2])}
    micros = sorted(int(line.rsplit(b"\t", 1)[1]) for line in lines)
    if not micros or not number["succeeded"]:
        raise GeneratorFailed(f"h2load: nothing succeeded: {counts[0]}")

    figures.count, figures.seconds, figures.errors = number["succeeded"], _whole(bench.seconds), number["failed"]
    figures.p50, figures.p99, figures.p999 = (micros[min(len(micros) - 1, int(p * len(micros)))] for p in (0.5, 0.99, 0.999))
    return figures


def _h2load(bench: Bench, argv, seconds: float) -> str:
    """h2load never ends a connection that is not set up by the end of its window. Then this is empty: nothing it counted can be used."""
    process = bench.start(argv, pipes=True)
    try:
        output, _ = process.popen.communicate(timeout=seconds + H2LOAD_SPARE_SECONDS)
    except subprocess.TimeoutExpired:
        return ""
    finally:
        process.end()
    text = output.decode(errors="replace")
    if process.popen.returncode != 0:
        raise GeneratorFailed(f"h2load: exit {process.popen.returncode}: {text.strip()[-300:]} {process.last_words()}")
    return text


def _whole(seconds: float) -> int:
    return max(1, round(seconds))


def _finish(bench: Bench, argv) -> str:
    """Runs a generator to its end and returns its output."""
    process = bench.start(argv, pipes=True)
    try:
        output, _ = process.popen.communicate(timeout=bench.seconds + 60)
    except subprocess.TimeoutExpired as e:
        raise GeneratorFailed(f"{process.argv[0]}: did not end") from e
    finally:
        process.end()
    text = output.decode(errors="replace")
    if process.popen.returncode != 0:
        raise GeneratorFailed(f"{process.argv[0]}: exit {process.popen.returncode}: {text.strip()[-300:]} {process.last_words()}")
    return text
