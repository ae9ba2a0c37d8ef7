"""One real request per case before it is measured. A probe returns None, or why the proxy does not do what the case needs."""

import http.client
import pathlib
import re
import socket
import ssl
import subprocess
import time

from .description import GRPC_HOST, GRPC_STREAM_HOST, H2C_HOST, HOST

TIMEOUT_SECONDS = 10
STREAM_MESSAGES = 100
GRPC_MESSAGE_BYTES = 105


class Target:
    """Where a proxy listens, and the client programs that probes use."""

    def __init__(self, http_port: int, https_port: int, nghttp: pathlib.Path | None, folder: pathlib.Path):
        self.http_port = http_port
        self.https_port = https_port
        self.nghttp = nghttp
        self.folder = folder


def get(port: int, host: str, path: str, tls: bool = False) -> tuple[int, bytes, dict]:
    if tls:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection("localhost", port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path, headers={"Host": host})
        response = connection.getresponse()
        body = response.read()
        facts = {"tls": connection.sock.version() if tls and connection.sock else None, "content-length": response.getheader("content-length")}
        return response.status, body, facts
    finally:
        connection.close()


def h1(target: Target, host: str, path: str, size: int, tls: bool = False) -> str | None:
    port = target.https_port if tls else target.http_port
    status, body, facts = get(port, host, path, tls)
    if (status, len(body)) != (200, size):
        return f"GET {path} was answered by {status} with {len(body)} bytes (expected 200 with {size})"
    if facts["content-length"] is None:
        return f"GET {path} was answered without Content-Length"
    if tls and facts["tls"] not in (None, "TLSv1.3"):
        return f"negotiated {facts['tls']} (expected TLSv1.3)"
    prefix = path.rpartition("/")[0]
    _, head, _ = get(port, host, f"{prefix}/head", tls)
    for field in (b"x-request-id:", b"x-forwarded-for:"):
        if field not in head.lower():
            return f"the upstream saw no {field.decode()[:-1]}"
    return None


def h2(target: Target, host: str, path: str) -> str | None:
    output = _nghttp(target, host, path)
    if ":status: 200" not in output or _data_bytes(output) != 100:
        return f"h2 GET {host}{path} was answered by {_status(output)} with {_data_bytes(output)} bytes (expected 200 with 100)"
    return None


def h2_to_h1(target: Target) -> str | None:
    return h2(target, HOST, "/small")


def h2_to_h2c(target: Target) -> str | None:
    return h2(target, H2C_HOST, "/small")


def grpc_unary(target: Target) -> str | None:
    return _grpc(target, GRPC_HOST, 1)


def grpc_stream(target: Target) -> str | None:
    return _grpc(target, GRPC_STREAM_HOST, STREAM_MESSAGES)


def _grpc(target: Target, host: str, messages: int) -> str | None:
    request = target.folder / "probe.bin"
    request.write_bytes(b"\0\0\0\0\x10" + b"x" * 16)
    output = _nghttp(target, host, "/bench.Bench/Call", "-d", request, "-H", "content-type: application/grpc", "-H", "te: trailers")
    if "grpc-status: 0" not in output or _data_bytes(output) != messages * GRPC_MESSAGE_BYTES:
        trailers = "with" if "grpc-status: 0" in output else "without"
        return (
            f"a call was answered by {_status(output)} with {_data_bytes(output)} bytes {trailers} grpc-status 0 in trailers "
            f"(expected {messages * GRPC_MESSAGE_BYTES} bytes)"
        )
    return None


def _nghttp(target: Target, host: str, path: str, *options) -> str:
    argv = [target.nghttp, "-nv", f"-t{TIMEOUT_SECONDS}", "-H", f":authority: {host}", *options, f"https://127.0.0.1:{target.https_port}{path}"]
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=TIMEOUT_SECONDS * 2)
    return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)


def _data_bytes(output: str) -> int:
    return sum(int(n) for n in re.findall(r"recv DATA frame <length=(\d+)", output))


def _status(output: str) -> str:
    found = re.search(r":status: (\d+)", output)
    return found.group(1) if found else f"no response ({(output.strip().splitlines() or [''])[-1].strip()[:80]})"


def _raw(target: Target, request: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", target.http_port), timeout=TIMEOUT_SECONDS)
    connection.sendall(request.encode())
    return connection


def _first_line(received: bytes) -> str:
    return received.split(b"\r\n")[0].decode(errors="replace") or "nothing"


def websocket(target: Target) -> str | None:
    request = (
        f"GET /ws HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with _raw(target, request) as connection:
        received = connection.recv(4096)
        if not received.startswith(b"HTTP/1.1 101"):
            return f"the upgrade was answered by {_first_line(received)}"
        connection.sendall(b"\x81\x85\0\0\0\0hello")
        try:
            echo = connection.recv(4096)
        except TimeoutError:
            echo = b""
        return None if echo == b"\x81\x05hello" else f"the echo of hello was {echo!r}"


def events(target: Target) -> str | None:
    with _raw(target, f"GET /sse HTTP/1.1\r\nHost: {HOST}\r\nAccept: text/event-stream\r\n\r\n") as connection:
        received, first, start = b"", None, time.monotonic()
        while time.monotonic() - start < 2:
            try:
                chunk = connection.recv(4096)
            except TimeoutError:
                break
            received += chunk
            seen = received.count(b"data: ")
            if not chunk or seen >= 3:
                break
            if seen and first is None:
                first = time.monotonic()
        if not received.startswith(b"HTTP/1.1 200"):
            return f"answered by {_first_line(received)}"
        if received.count(b"data: ") < 3:
            return "fewer than three events in two seconds (the response is held back)"
        if first is None or time.monotonic() - first < 0.1:
            return "events arrive in batches (the response is held back)"
    return None
