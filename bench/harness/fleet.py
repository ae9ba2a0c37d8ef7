"""The running proxies. One is measured at a time; the others are stopped (SIGSTOP), so that only one of them costs CPU."""

import dataclasses
import http.client
import pathlib
import shutil
import signal
import socket
import time

from . import probes, tools
from .description import HOST, Backend, Description, Setup
from .process import Process
from .proxies import Proxy

START_SECONDS = 60


class StartFailed(Exception):
    """A proxy ended, or gave no 200, within a minute of its start."""


@dataclasses.dataclass
class Member:
    proxy: Proxy
    description: Description
    process: Process
    start_seconds: float
    stopped: bool = False

    def target(self, nghttp: pathlib.Path | None) -> probes.Target:
        return probes.Target(self.description.http_port, self.description.https_port, nghttp, self.description.folder)


class Fleet:
    def __init__(self, backend: Backend, folder: pathlib.Path, cpus: list[int], priority: bool):
        self._backend = backend
        self._folder = folder
        self._cpus = cpus
        self._priority = priority
        self._members: dict[tuple[str, Setup], Member] = {}
        self._started = 0

    def start(self, proxy: Proxy, setup: Setup, cpus: list[int] | None = None) -> Member:
        """Starts a process and returns once it has proxied one request; the time that took is `start_seconds`."""
        self._started += 1
        folder = self._folder / f"{self._started:03d}-{proxy.name}"
        folder.mkdir(parents=True)
        http_port, https_port, admin_port = tools.free_ports(3)
        certificate, key = tools.certificate()
        description = Description(setup, folder, http_port, https_port, admin_port, certificate, key, self._backend)
        command = proxy.prepare(description)
        begin = time.monotonic()
        process = Process(
            command.argv,
            cpus or self._cpus[: setup.workers],
            folder / "output.log",
            env=command.env,
            stdout=command.stdout,
            priority=self._priority,
        )
        while not _answers(http_port):
            if process.ended() or time.monotonic() - begin > START_SECONDS:
                why = "ended" if process.ended() else f"gave no 200 within {START_SECONDS} s"
                words = process.last_words()
                process.end()
                raise StartFailed(f"{proxy.name} {why}: {words}")
            time.sleep(0.001)
        return Member(proxy, description, process, time.monotonic() - begin)

    def member(self, proxy: Proxy, setup: Setup) -> Member:
        """The running process for this proxy and setup, alone on its CPU: every other one is stopped."""
        wanted = (proxy.name, setup)
        for key, member in self._members.items():
            if key != wanted and not member.stopped:
                member.process.signal(signal.SIGSTOP)
                member.stopped = True
        member = self._members.get(wanted)
        if member is None:
            member = self._members[wanted] = self.start(proxy, setup)
        elif member.stopped:
            member.process.signal(signal.SIGCONT)
            member.stopped = False
        return member

    def stop_all(self) -> None:
        for member in self._members.values():
            if not member.stopped:
                member.process.signal(signal.SIGSTOP)
                member.stopped = True

    def end(self, setups_to_keep: set[Setup]) -> None:
        """Ends the processes of setups that no later case needs."""
        for key in [k for k in self._members if k[1] not in setups_to_keep]:
            member = self._members.pop(key)
            member.process.end()
            shutil.rmtree(member.description.folder, ignore_errors=True)


def _answers(port: int) -> bool:
    try:
        return probes.get(port, HOST, "/small")[0] == 200
    except (OSError, http.client.HTTPException, socket.timeout):
        return False
