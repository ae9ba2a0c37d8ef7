"""Our gateway on a folder of Gateway API YAML, with the product's defaults.

`nantian`: what is measured is `nantian proxy` alone. It gets its configuration over xDS from a `nantian control` beside it, which is
ended when the proxy has all of it. `nantian-standalone`: both planes in the measured process.

Every route is an HTTPRoute object of its own, as users write them. The program is started by the launcher of this repository.
"""

import base64
import json
import os
import pathlib
import re
import subprocess
import time
import urllib.request

from ..description import Cluster, Description, Route
from ..tools import BENCH, Missing, Tools, free_ports
from . import Command, Proxy

GATEWAY_API = "gateway.networking.k8s.io/v1"
NAMESPACE = "bench"
SETTLED_SECONDS = 1  # without a change: the control plane has sent what it has


def metadata(name: str) -> dict:
    return {"name": name, "namespace": NAMESPACE}


def service(cluster: Cluster) -> list[dict]:
    """A Service and its EndpointSlice, which points at the backend's loopback port."""
    port = {"name": "http", "port": 80, "protocol": "TCP", "targetPort": cluster.port}
    slice_port = {"name": "http", "port": cluster.port, "protocol": "TCP"}
    if cluster.h2c:
        port["appProtocol"] = slice_port["appProtocol"] = "kubernetes.io/h2c"
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata(cluster.name), "spec": {"ports": [port]}},
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**metadata(f"{cluster.name}-1"), "labels": {"kubernetes.io/service-name": cluster.name}},
            "addressType": "IPv4",
            "ports": [slice_port],
            "endpoints": [{"addresses": ["127.0.0.1"], "conditions": {"ready": True}}],
        },
    ]


def http_route(number: int, route: Route) -> dict:
    return {
        "apiVersion": GATEWAY_API,
        "kind": "HTTPRoute",
        "metadata": metadata(f"route-{number}"),
        "spec": {
            "parentRefs": [{"name": "bench"}],
            "hostnames": [route.host],
            "rules": [
                {
                    "matches": [{"path": {"type": "PathPrefix", "value": route.prefix}}],
                    "backendRefs": [{"name": route.cluster.name, "port": 80}],
                }
            ],
        },
    }


def gateway(description: Description) -> list[dict]:
    def encoded(path: pathlib.Path) -> str:
        return base64.b64encode(path.read_bytes()).decode()

    listeners = [
        {"name": "http", "port": description.http_port, "protocol": "HTTP"},
        {
            "name": "https",
            "port": description.https_port,
            "protocol": "HTTPS",
            "tls": {"mode": "Terminate", "certificateRefs": [{"name": "bench-tls"}]},
        },
    ]
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {
            "apiVersion": GATEWAY_API,
            "kind": "GatewayClass",
            "metadata": {"name": "nantian"},
            "spec": {"controllerName": "gateway.nantian.dev/controller"},
        },
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/tls",
            "metadata": metadata("bench-tls"),
            "data": {"tls.crt": encoded(description.certificate), "tls.key": encoded(description.key)},
        },
        {
            "apiVersion": GATEWAY_API,
            "kind": "Gateway",
            "metadata": metadata("bench"),
            "spec": {
                "gatewayClassName": "nantian",
                "addresses": [{"type": "IPAddress", "value": "127.0.0.1"}],
                "listeners": listeners,
            },
        },
    ]


class Nantian(Proxy):
    name = "nantian"
    warm_up_seconds = 10  # the JIT compiler shares the proxy's CPU until it is done

    def __init__(self) -> None:
        self._launcher = BENCH.parent / "nantian"

    def locate(self, tools: Tools) -> None:
        self._launcher = tools.override("nantian") or self._launcher
        if not os.access(self._launcher, os.X_OK):
            raise Missing(f"nantian: no launcher at {self._launcher}")
        built = subprocess.run([self._launcher, "--version"], capture_output=True, text=True)  # builds what is stale
        if built.returncode != 0:
            raise Missing(f"nantian: {built.stderr.strip() or 'does not start'}")
        self._version = built.stdout.split()[-1]
        made = subprocess.run([self._launcher, "aot-cache"], capture_output=True, text=True)  # else the first run would make it beside itself
        if made.returncode != 0:
            raise Missing(f"nantian: {made.stderr.strip()}")

    def version(self) -> str:
        return self._version

    def prepare(self, description: Description) -> Command:
        resources = self._resources(description)
        xds_port, control_admin_port = free_ports(2)
        xds = f"127.0.0.1:{xds_port}"
        control = ["control", resources, "--xds", xds, "--admin", f"127.0.0.1:{control_admin_port}", "--data-dir", description.folder / "control"]
        return self._command("proxy", "--xds", xds, *self._proxy_options(description), control_plane=self._command(*control))

    def configured(self, description: Description) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{description.admin_port}/metrics", timeout=5) as answer:
                metrics = answer.read().decode()
        except OSError:
            return False
        routes = re.search(r'^nantian_config_applied_total\{type="http_route",?\} (\S+)', metrics, re.M)
        applied = re.search(r"^nantian_config_last_apply_seconds (\S+)", metrics, re.M)
        if not routes or not applied or float(routes[1]) < len(description.routes):
            return False
        return _saved(description.folder / "state") > float(applied[1]) and time.time() > float(applied[1]) + SETTLED_SECONDS

    def _command(self, *arguments, control_plane: Command | None = None) -> Command:
        return Command([self._launcher, *arguments], env={"NANTIAN_BUILD": "never"}, control_plane=control_plane)

    @staticmethod
    def _proxy_options(description: Description) -> list:
        options = ["--admin", f"127.0.0.1:{description.admin_port}", "--data-dir", description.folder / "state"]
        if description.setup.access_log:
            options += ["--access-log", description.access_log]
        return options

    @staticmethod
    def _resources(description: Description) -> pathlib.Path:
        objects = gateway(description)
        for cluster in description.clusters:
            objects += service(cluster)
        objects += [http_route(i, route) for i, route in enumerate(description.routes)]
        resources = description.folder / "resources"
        resources.mkdir()
        # JSON is YAML; one document per object.
        (resources / "bench.yaml").write_text("".join(f"---\n{json.dumps(o, indent=1)}\n" for o in objects))
        return resources


class Standalone(Nantian):
    """Both planes in one process."""

    name = "nantian-standalone"
    by_default = False

    def prepare(self, description: Description) -> Command:
        return self._command("standalone", *self._proxy_options(description), self._resources(description))


def _saved(state: pathlib.Path) -> float:
    """When the configuration was last written to disk, Unix time; 0 for never."""
    try:
        return max((file.stat().st_mtime for file in state.rglob("*") if file.is_file()), default=0)
    except OSError:  # one has been renamed meanwhile
        return 0
