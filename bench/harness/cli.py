"""The command line: what is measured, in which order, and the ladder of failures."""

import argparse
import datetime
import http.client
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from . import bars, process, report, tools
from .cases import SMOKE_CASES, Case, Variant, all_cases
from .description import Backend
from .fleet import Fleet, StartFailed
from .generators import Bench, GeneratorFailed
from .process import Process
from .proxies import NotSupported, Proxy, all_proxies
from .report import Result, Row

SMOKE_PROXIES = ("haproxy", "nginx")

EPILOG = """\
examples:
  bench/traffic --smoke                         does the harness work? one second a run
  bench/traffic --list                          the cases
  bench/traffic --case bars                     what decides the product's bars, and which are met (about 20 minutes)
  bench/traffic --case h1-small,tls-small       two cases, all proxies
  bench/traffic --case h1-small --proxy nantian,haproxy --rounds 5 --seconds 8
  bench/traffic --binary haproxy=/opt/haproxy   another build of a peer
"""


def words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def numbers(text: str) -> list[int]:
    return [int(word) for word in words(text)]


def parse(arguments: list[str] | None) -> argparse.Namespace:
    names = [p.name for p in all_proxies()]
    by_default = [p.name for p in all_proxies() if p.by_default]
    parser = argparse.ArgumentParser(
        prog="bench/traffic",
        description="Compares Nantian Gateway with HAProxy, nginx, Envoy and Caddy on this machine: throughput, latency, CPU per request, memory.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--case", type=words, metavar="NAMES", help="cases, comma separated (default: all; see --list), or bars")
    parser.add_argument("--proxy", type=words, metavar="NAMES", help=f"proxies, comma separated, in this order (default: {','.join(by_default)}; also {','.join(n for n in names if n not in by_default)})")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds; each measures every proxy once (default: 3)")
    parser.add_argument("--seconds", type=float, default=5, metavar="S", help="length of a measured window (default: 5)")
    parser.add_argument("--warm", type=float, metavar="S", help="load before a case's first round (default: 2, and 10 for a JVM)")
    parser.add_argument("--routes", type=int, default=1000, metavar="N", help="routes loaded, where the case does not say (default: 1000)")
    parser.add_argument("--smoke", action="store_true", help=f"self-check: one round of 1 s, {' and '.join(SMOKE_PROXIES)} and ours if built, {len(SMOKE_CASES)} cases")
    parser.add_argument("--list", action="store_true", help="list the cases and end")
    parser.add_argument("--out", type=pathlib.Path, metavar="DIR", help="where results go (default: bench/results/TIME)")
    parser.add_argument("--binary", action="append", default=[], metavar="NAME=PATH", help="use this program instead of the one found or installed")
    parser.add_argument("--no-install", action="store_true", help="never install a peer; leave out what is missing")
    parser.add_argument("--no-priority", action="store_true", help="do not raise measured processes (raising needs root)")
    parser.add_argument("--proxy-cpus", type=numbers, metavar="LIST", help="CPUs of the proxy; the second is for the two-core cases (default: 0,1)")
    parser.add_argument("--load-cpus", type=numbers, metavar="LIST", help="CPUs of generator and backend (default: 1; the last two of four or more)")
    options = parser.parse_args(arguments)
    if options.smoke:
        options.rounds, options.seconds, options.no_priority = 1, 1, True
        options.warm = options.warm or 0
        options.case = options.case or list(SMOKE_CASES)
        options.proxy = options.proxy or ["nantian", *SMOKE_PROXIES]
    for wrong in set(options.proxy or []) - set(names):
        parser.error(f"--proxy {wrong}: expected one of {', '.join(names)}")
    for binary in options.binary:
        if "=" not in binary:
            parser.error(f"--binary {binary}: expected NAME=PATH")
    count = os.cpu_count() or 1
    if count < 2 and not options.list:
        parser.error("one CPU: the proxy needs one and its load another")
    options.proxy_cpus = options.proxy_cpus or [0, 1]
    options.load_cpus = options.load_cpus or ([count - 2, count - 1] if count >= 4 else [1])
    return options


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    cases = all_cases(options.routes, options.proxy_cpus, options.load_cpus)
    if options.list:
        for case in cases:
            print(f"{case.name:14} {case.title}")
        return 0
    judged = options.case == ["bars"]
    if judged:
        cases, options.case = bars.cases(cases), None
    known = {case.name for case in cases}
    for wrong in set(options.case or []) - known:
        print(f"bench/traffic: --case {wrong}: expected one of {', '.join(c.name for c in cases)}", file=sys.stderr)
        return 2
    chosen = [case for case in cases if not options.case or case.name in options.case]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    process.raise_open_files_limit()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=tools.CACHE if tools.CACHE.exists() else None))
    try:
        return Session(options, folder).run(chosen, judged)
    except tools.Missing as e:
        print(f"bench/traffic: {e}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench/traffic: interrupted", file=sys.stderr)
        return 130
    finally:
        process.end_all()
        shutil.rmtree(folder, ignore_errors=True)


class Session:
    """One run of the program: the backend, the fleet, and the rounds."""

    def __init__(self, options: argparse.Namespace, folder: pathlib.Path):
        self._options = options
        self._folder = folder
        self._tools = tools.Tools(dict(b.split("=", 1) for b in options.binary), may_install=not options.no_install)
        self._priority = not options.no_priority
        self._missing: list[str] = []

    def run(self, cases: list[Case], judged: bool) -> int:
        proxies = self._available_proxies(cases)
        if not proxies:
            print("bench/traffic: no proxy to measure", file=sys.stderr)
            return 1
        bench, ports = self._bench()
        fleet = Fleet(ports, self._folder, self._options.proxy_cpus, self._options.load_cpus, self._priority)
        about = {
            "machine": report.machine(self._options.proxy_cpus, self._options.load_cpus),
            "options": {name: getattr(self._options, name) for name in ("rounds", "seconds", "warm", "routes", "smoke")},
            "versions": {p.name: p.version() for p in proxies},
            "missing": self._missing,
        }
        out = self._options.out or tools.BENCH / "results" / datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
        out.mkdir(parents=True, exist_ok=True)
        results: list[Result] = []
        for i, case in enumerate(cases):
            results.append(self._measure(case, proxies, bench, fleet))
            print(report.case_as_markdown(results[-1]), flush=True)
            fleet.end(setups_to_keep={v.setup for later in cases[i + 1 :] for v in later.variants})
            # After each case, so that what was measured survives an interruption.
            (out / "traffic.json").write_text(report.as_json(about, results))
            verdict = bars.as_markdown(results) if judged else ""
            (out / "traffic.md").write_text(report.as_markdown(about, results, verdict))
        if judged:
            print(verdict)
        print(f"Written: {out}/traffic.json and traffic.md")
        return 1 if any(row.failed for result in results for row in result.rows) else 0

    def _available_proxies(self, cases: list[Case]) -> list[Proxy]:
        by_name = {p.name: p for p in all_proxies()}
        available = []
        needed = {name for case in cases for name in case.proxies or by_name}
        for name in self._options.proxy or [p.name for p in by_name.values() if p.by_default and p.name in needed]:
            try:
                by_name[name].locate(self._tools)
                available.append(by_name[name])
            except tools.Missing as e:
                self._missing.append(str(e))
                print(f"left out: {e}", file=sys.stderr)
        return available

    def _bench(self) -> tuple[Bench, Backend]:
        """Finds the generators and starts the backend."""
        found = {}
        for name in ("wrk", "h2load", "nghttp"):
            try:
                found[name] = self._tools.find(name)
            except tools.Missing as e:
                found[name] = None
                self._missing.append(str(e))
                print(f"left out: {e}", file=sys.stderr)
        *_, load_cpu = cpus = self._options.load_cpus
        ports = Backend(*tools.free_ports(4))
        argv = [self._tools.native("backend"), ports.h1, ports.h2c, ports.grpc, ports.grpc_stream]
        backend = Process(argv, cpus[:1], self._folder / "backend.log", pipes=True, priority=self._priority)
        if backend.popen.stdout.readline() != b"ready\n":
            raise tools.Missing(f"backend: {backend.last_words()}")
        bench = Bench(
            load=self._tools.native("load"),
            **found,
            cpus=frozenset({load_cpu}),
            backend=backend,
            backend_cpus=frozenset(cpus[:1]),
            folder=self._folder,
            seconds=self._options.seconds,
            priority=self._priority,
        )
        return bench, ports

    def _measure(self, case: Case, proxies: list[Proxy], bench: Bench, fleet: Fleet) -> Result:
        proxies = [p for p in proxies if case.proxies is None or p.name in case.proxies]
        rows = [Row(p.name, v.label) for p in proxies for v in case.variants]
        contenders = [(p, v, row) for (p, v), row in zip(((p, v) for p in proxies for v in case.variants), rows)]
        absent = [name for name in case.needs if getattr(bench, name) is None]
        for proxy, variant, row in contenders:
            if absent:
                row.why_not = f"{', '.join(absent)} is missing"
            else:
                self._probe(proxy, variant, row, bench, fleet)
        for number in range(self._options.rounds):
            for proxy, variant, row in contenders:
                if row.why_not:
                    continue
                warm = 0.0
                if number == 0:
                    warm = proxy.warm_up_seconds if self._options.warm is None else self._options.warm
                self._say(f"{case.name}: round {number + 1} of {self._options.rounds}, {proxy.name} {variant.label}")
                try:
                    row.windows[number] = variant.run(bench, fleet, fleet.member(proxy, variant.setup), warm)
                except (GeneratorFailed, StartFailed) as e:
                    row.why_not, row.failed = str(e), True
        self._say("")
        return Result(case, rows)

    def _probe(self, proxy: Proxy, variant: Variant, row: Row, bench: Bench, fleet: Fleet) -> None:
        self._say(f"starting {proxy.name} {variant.label}")
        for _ in range(2):  # a JVM's first answer may come too late, its second does not
            try:
                row.why_not = variant.probe(fleet.member(proxy, variant.setup).target(bench.nghttp))
            except StartFailed as e:
                row.why_not, row.failed = str(e), True
                return
            except NotSupported as e:
                row.why_not = str(e)
                return
            except (OSError, http.client.HTTPException, subprocess.TimeoutExpired) as e:
                row.why_not = f"{type(e).__name__}: {e}"
            if row.why_not is None:
                return

    @staticmethod
    def _say(text: str) -> None:
        """A line of progress, only on a terminal."""
        if sys.stderr.isatty():
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
