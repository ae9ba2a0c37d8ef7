"""HAProxy: routes are one prefix tree over host and path. It writes logs to syslog or a descriptor, so its stdout is the log file."""

import resource
import subprocess

from ..description import Description, Kind
from ..tools import Tools
from . import Command, Proxy

HEAD = """\
global
    maxconn {connections}
    no strict-limits
    nbthread {workers}
{log}
defaults
    mode http
    timeout connect 5s
    timeout client 300s
    timeout server 300s
    timeout http-keep-alive 300s
    timeout tunnel 1h
    option forwardfor
    option http-keep-alive
    http-reuse always
    unique-id-format %[uuid()]
    unique-id-header X-Request-ID
{log_format}
frontend all
    bind 127.0.0.1:{http_port}
    bind 127.0.0.1:{https_port} ssl crt {pem} alpn h2,http/1.1
    use_backend %[base,map_beg({routes})]
"""

LOG = "    log stdout format raw local0"
LOG_FORMAT = (
    "    log global\n"
    '    log-format \'{"start":"%tr","client":"%ci","method":"%HM","path":"%HU","status":%ST,"bytes":%B,"ms":%Ta,'
    '"upstream":"%si:%sp","id":"%ID"}\''
)


class HAProxy(Proxy):
    name = "haproxy"

    def locate(self, tools: Tools) -> None:
        self._binary = tools.find("haproxy")

    def version(self) -> str:
        return subprocess.run([self._binary, "-v"], capture_output=True, text=True).stdout.split()[2]

    def prepare(self, description: Description) -> Command:
        folder = description.folder
        pem = folder / "bench.pem"
        pem.write_text(description.certificate.read_text() + description.key.read_text())
        routes = folder / "routes.map"

        def backend(route):
            # Events are not held back to fill packets; its own setting for this purpose.
            return "events" if route.kind is Kind.EVENTS else route.cluster.name

        routes.write_text("".join(f"{r.host}{r.prefix} {backend(r)}\n" for r in description.routes))
        log = description.setup.access_log
        text = HEAD.format(
            # It wants two files per connection; most here are idle and have one.
            connections=min(40000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] * 3 // 4),
            workers=description.setup.workers,
            http_port=description.http_port,
            https_port=description.https_port,
            pem=pem,
            routes=routes,
            log=LOG if log else "",
            log_format=LOG_FORMAT if log else "",
        )
        for cluster in description.clusters:
            text += f"backend {cluster.name}\n    server s 127.0.0.1:{cluster.port}{' proto h2' if cluster.h2c else ''}\n"
        text += f"backend events\n    option http-no-delay\n    server s 127.0.0.1:{description.backend.h1}\n"
        configuration = folder / "haproxy.cfg"
        configuration.write_text(text)
        return Command([self._binary, "-db", "-f", configuration], stdout=description.access_log if log else None)
