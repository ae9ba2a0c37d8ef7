"""nginx: a server block per host, a location per prefix; HTTP/2 to upstreams through its gRPC module."""

import os
import resource
import subprocess

from ..description import Description, Kind, Route
from ..tools import Tools
from . import Command, Proxy

HEAD = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
worker_processes {workers};
{user}
events {{
    worker_connections {connections};
}}
http {{
    {access_log}
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server_names_hash_max_size 65536;
    server_names_hash_bucket_size 128;
    keepalive_requests 1000000000;
    keepalive_timeout 300s;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.2 TLSv1.3;
    proxy_http_version 1.1;
    proxy_read_timeout 300s;
    proxy_buffers 16 32k;
    proxy_busy_buffers_size 64k;
    proxy_max_temp_file_size 0;
    proxy_set_header Host $host;
    proxy_set_header Connection "";
    proxy_set_header X-Request-ID $request_id;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    grpc_set_header Host $host;
    grpc_set_header X-Request-ID $request_id;
    grpc_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    grpc_read_timeout 300s;
"""

LOG_FORMAT = (
    "log_format json escape=json '{\"start\":\"$time_iso8601\",\"client\":\"$remote_addr\",\"method\":\"$request_method\",\"path\":\"$request_uri\","
    '"status":$status,"bytes":$bytes_sent,"seconds":$request_time,"upstream":"$upstream_addr","id":"$request_id"}\';'
)

WEBSOCKET = (
    'proxy_set_header Host $host; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; '
    "proxy_set_header X-Request-ID $request_id; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; "
)


def location(route: Route) -> str:
    if route.cluster.h2c:
        directives = f"grpc_pass grpc://{route.cluster.name};"
    elif route.kind is Kind.WEBSOCKET:
        directives = f"{WEBSOCKET}proxy_pass http://{route.cluster.name};"
    elif route.kind is Kind.EVENTS:
        directives = f"proxy_buffering off; proxy_pass http://{route.cluster.name};"
    else:
        directives = f"proxy_pass http://{route.cluster.name};"
    return f"        location {route.prefix} {{ {directives} }}\n"


class Nginx(Proxy):
    name = "nginx"

    def locate(self, tools: Tools) -> None:
        self._binary = tools.find("nginx")

    def version(self) -> str:
        return subprocess.run([self._binary, "-v"], capture_output=True, text=True).stderr.rpartition("/")[2].strip()

    def prepare(self, description: Description) -> Command:
        folder = description.folder
        log = f"{LOG_FORMAT}\n    access_log {description.access_log} json buffer=64k flush=1s;"
        text = HEAD.format(
            folder=folder,
            connections=min(40000, resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
            workers=description.setup.workers,
            user="user root;" if os.geteuid() == 0 else "",
            access_log=log if description.setup.access_log else "access_log off;",
            certificate=description.certificate,
            key=description.key,
        )
        for c in description.clusters:
            text += (
                f"    upstream {c.name} {{ server 127.0.0.1:{c.port}; keepalive 512; "
                "keepalive_requests 1000000000; keepalive_timeout 300s; }\n"
            )
        reuse_port = " reuseport" if description.setup.workers > 1 else ""
        text += f"    server {{\n        listen 127.0.0.1:{description.http_port}{reuse_port} default_server;\n"
        text += f"        listen 127.0.0.1:{description.https_port}{reuse_port} ssl http2 default_server;\n        return 404;\n    }}\n"
        for host, routes in description.routes_by_host().items():
            text += f"    server {{\n        listen 127.0.0.1:{description.http_port};\n"
            text += f"        listen 127.0.0.1:{description.https_port} ssl http2;\n        server_name {host};\n"
            text += "".join(location(route) for route in routes) + "    }\n"
        configuration = folder / "nginx.conf"
        configuration.write_text(text + "}\n")
        return Command([self._binary, "-c", configuration, "-e", folder / "error.log"])
