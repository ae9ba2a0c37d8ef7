"""Our gateway: `nantian standalone` on a folder of Gateway API YAML, with the product's defaults.

Every route is an HTTPRoute object of its own, as users write them. The program is started by the launcher of this repository.
"""

import base64
import json
import os
import pathlib
import subprocess

from ..description import Cluster, Description, Route
from ..tools import BENCH, Missing, Tools
from . import Command, Proxy

GATEWAY_API = "gateway.networking.k8s.io/v1"
NAMESPACE = "bench"


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
        commands = subprocess.run([self._launcher, "standalone", "--help"], capture_output=True, text=True)
        if "nantian standalone" not in commands.stdout.partition("\n")[0]:
            raise Missing("nantian: this build has no `standalone` command yet")

    def version(self) -> str:
        return self._version

    def prepare(self, description: Description) -> Command:
        objects = gateway(description)
        for cluster in description.clusters:
            objects += service(cluster)
        objects += [http_route(i, route) for i, route in enumerate(description.routes)]
        resources = description.folder / "resources"
        resources.mkdir()
        # JSON is YAML; one document per object.
        (resources / "bench.yaml").write_text("".join(f"---\n{json.dumps(o, indent=1)}\n" for o in objects))
        options = ["--admin", f"127.0.0.1:{description.admin_port}", "--data-dir", description.folder / "state"]
        if description.setup.access_log:
            options += ["--access-log", description.access_log]
        return Command([self._launcher, "standalone", *options, resources], env={"NANTIAN_BUILD": "never"})
