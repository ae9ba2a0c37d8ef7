"""Caddy: its JSON configuration, hosts first and their prefixes in a subroute."""

import json
import subprocess

from ..description import Description, Kind, Route
from ..tools import Tools
from . import Command, Proxy


def reverse_proxy(route: Route) -> dict:
    keep_alive = {"enabled": True, "max_idle_conns": 0, "max_idle_conns_per_host": 10000, "idle_timeout": "300s"}
    transport = {"protocol": "http", "keep_alive": keep_alive}
    if route.cluster.h2c:
        transport["versions"] = ["h2c", "2"]
    handler = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": f"127.0.0.1:{route.cluster.port}"}],
        "transport": transport,
        "headers": {"request": {"set": {"X-Request-Id": ["{http.request.uuid}"]}}},
    }
    if route.kind is Kind.EVENTS:
        handler["flush_interval"] = -1
    return handler


class Caddy(Proxy):
    name = "caddy"

    def locate(self, tools: Tools) -> None:
        self._binary = tools.find("caddy")

    def version(self) -> str:
        return subprocess.run([self._binary, "version"], capture_output=True, text=True).stdout.split()[0].removeprefix("v")

    def prepare(self, description: Description) -> Command:
        hosts = []
        for host, routes in description.routes_by_host().items():
            paths = [
                {"match": [{"path": [f"{r.prefix.rstrip('/')}/*", r.prefix]}], "handle": [reverse_proxy(r)], "terminal": True} for r in routes
            ]
            hosts.append({"match": [{"host": [host]}], "handle": [{"handler": "subroute", "routes": paths}], "terminal": True})
        server = {
            "protocols": ["h1", "h2", "h2c"],
            "idle_timeout": "300s",
            "automatic_https": {"disable": True},
            "routes": hosts,
        }
        if description.setup.access_log:
            server["logs"] = {"default_logger_name": "access"}
        logs = {"default": {"level": "ERROR", "exclude": ["http.log.access"]}}
        if description.setup.access_log:
            logs["access"] = {
                "writer": {"output": "file", "filename": str(description.access_log), "roll": False},
                "encoder": {"format": "json"},
                "include": ["http.log.access"],
            }
        configuration = {
            "admin": {"disabled": True, "config": {"persist": False}},
            "logging": {"logs": logs},
            "apps": {
                "http": {
                    "servers": {
                        "clear": {"listen": [f"127.0.0.1:{description.http_port}"], **server},
                        "secure": {
                            "listen": [f"127.0.0.1:{description.https_port}"],
                            "tls_connection_policies": [{}],
                            **server,
                        },
                    }
                },
                "tls": {
                    "certificates": {"load_files": [{"certificate": str(description.certificate), "key": str(description.key)}]}
                },
            },
        }
        path = description.folder / "caddy.json"
        path.write_text(json.dumps(configuration, indent=1))
        home = str(description.folder)
        env = {"GOMAXPROCS": str(description.setup.workers), "HOME": home, "XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home}
        return Command([self._binary, "run", "--config", path], env=env)
