"""Results: medians over rounds, ratios within a round, as JSON and as Markdown."""

import dataclasses
import datetime
import json
import os
import pathlib
import platform
import statistics

from .cases import Case
from .generators import Figures

REFERENCES = ("haproxy", "envoy")
SHORT = {"rate": "rate", "cpu_per_100k": "CPU", "p99": "p99", "extra_mib": "memory", "start_ms": "time"}


@dataclasses.dataclass
class Row:
    """One proxy in one variant of a case: its windows by round, or why there are none."""

    proxy: str
    variant: str
    windows: dict[int, Figures] = dataclasses.field(default_factory=dict)
    why_not: str | None = None
    failed: bool = False  # why_not is a failure, not a missing ability

    @property
    def reason(self) -> str:
        return "failed" if self.failed else "not supported yet" if self.proxy.startswith("nantian") else "not supported by this peer or its adapter"

    def value(self, figure: str, number: int) -> float | None:
        window = self.windows.get(number)
        if window is None:
            return None
        return window.extra[figure] if figure in window.extra else getattr(window, figure, None)

    def median(self, figure: str) -> float | None:
        values = [v for n in self.windows if (v := self.value(figure, n)) is not None]
        return statistics.median(values) if values else None

    def ratio(self, other: "Row", figure: str) -> float | None:
        """The median of this row's figure divided by the other's in the same round."""
        ratios = []
        for n in self.windows:
            mine, theirs = self.value(figure, n), other.value(figure, n)
            if mine is not None and theirs:
                ratios.append(mine / theirs)
        return statistics.median(ratios) if ratios else None


@dataclasses.dataclass
class Result:
    case: Case
    rows: list[Row]

    def row(self, proxy: str, variant: str) -> Row | None:
        return next((r for r in self.rows if r.proxy == proxy and r.variant == variant and r.windows), None)


def machine(proxy_cpus: list[int], load_cpus: list[int]) -> dict:
    model = [line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "cpus": os.cpu_count(),
        "model": model[0] if model else platform.machine(),
        "kernel": platform.release(),
        "proxy_cpus": proxy_cpus,
        "load_cpus": load_cpus,
        "load_average": os.getloadavg(),
    }


FIGURES = ("rate", "p50", "p99", "p999", "cpu_per_100k", "proxy_busy", "rss_mib", "load_cpu_idle", "errors")


def as_json(about: dict, results: list[Result]) -> str:
    cases = []
    for result in results:
        rows = []
        for row in result.rows:
            extra = sorted({name for window in row.windows.values() for name in window.extra})
            rows.append(
                {
                    "proxy": row.proxy,
                    "variant": row.variant,
                    "failed" if row.failed else "not_supported": row.why_not,
                    "median": {name: row.median(name) for name in (*FIGURES, *extra)} if row.windows else None,
                    "ratios": {
                        reference: {name: row.ratio(other, name) for name in result.case.compared}
                        for reference in REFERENCES
                        if (other := result.row(reference, row.variant))
                    },
                    "rounds": {n: dataclasses.asdict(window) for n, window in row.windows.items()},
                }
            )
        cases.append({"name": result.case.name, "title": result.case.title, "unit": result.case.unit, "rows": rows})
    return json.dumps({**about, "cases": cases}, indent=1) + "\n"


def _number(value: float | None, digits: int = 0) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def _milliseconds(micros: float | None) -> str:
    return "-" if micros is None else f"{micros / 1000:.2f}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.0f}"


def case_as_markdown(result: Result) -> str:
    case = result.case
    several = len(case.variants) > 1
    compared = " / ".join(SHORT[name] for name in case.compared)
    special = [name for name in ("start_ms", "extra_mib", "kib_per_connection") if any(r.median(name) is not None for r in result.rows)]
    headings = ["proxy", *special] if special else [
        "proxy", f"{case.unit}/s", "p50 ms", "p99 ms", "p99.9 ms", "CPU s/100k", "proxy CPU %", "load CPU idle %"
    ]
    headings += ["RSS MiB", "errors"]
    headings += [f"x {reference} ({compared})" for reference in REFERENCES]
    if several:
        headings.append(f"x {case.variants[0].label} ({compared})")
    lines = [f"### {case.name}: {case.title}", "", "| " + " | ".join(headings) + " |", "|---" + "|---:" * (len(headings) - 1) + "|"]
    notes = []
    for row in result.rows:
        label = f"{row.proxy}, {row.variant}" if row.variant else row.proxy
        if row.why_not:
            notes.append(f"- {label}: {row.reason}: {row.why_not}")
        if not row.windows:
            continue
        if special:
            cells = [label, *(_number(row.median(name), 1) for name in special)]
        else:
            cells = [
                label,
                _number(row.median("rate")),
                *(_milliseconds(row.median(p)) for p in ("p50", "p99", "p999")),
                _number(row.median("cpu_per_100k"), 2),
                _percent(row.median("proxy_busy")),
                _percent(row.median("load_cpu_idle")),
            ]
        cells += [_number(row.median("rss_mib")), _number(sum(w.errors for w in row.windows.values()))]
        others = [result.row(reference, row.variant) for reference in REFERENCES]
        if several:
            others.append(result.row(row.proxy, case.variants[0].label))
        for other in others:
            cells.append(" / ".join(_number(row.ratio(other, name), 2) for name in case.compared) if other else "-")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines + ([""] + notes if notes else [])) + "\n"


def as_markdown(about: dict, results: list[Result], verdict: str = "") -> str:
    """`verdict` is a table that stands before those of the cases."""
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    missing = [f"- {line}" for line in about["missing"]]
    m, o = about["machine"], about["options"]
    head = [
        f"# Traffic benchmark, {m['time']}",
        "",
        f"{m['model']}, {m['cpus']} CPUs, kernel {m['kernel']}; proxy on CPU {m['proxy_cpus'][0]}, generator and backend on CPU "
        f"{', '.join(map(str, m['load_cpus']))}; load average {m['load_average'][0]:.1f} at the start.",
        f"{versions}. Medians of {o['rounds']} rounds of {o['seconds']:g} s; {o['routes']} routes unless the case says otherwise; "
        "ratios are medians of same-round ratios.",
        "",
        *missing,
        *([""] if missing else []),
        *([verdict] if verdict else []),
    ]
    return "\n".join(head) + "\n" + "\n".join(case_as_markdown(result) for result in results)
