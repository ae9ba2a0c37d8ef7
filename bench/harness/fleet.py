"""The running proxies. One is measured at a time; the others are stopped (SIGSTOP), so that only one of them costs CPU."""

import contextlib
import dataclasses
import http.client
import os
import pathlib
import shutil
import signal
import socket
import time
from typing import Callable, Iterator

from . import probes, tools
from .description import HOST, Backend, Description, Setup
from .process import Process
from .proxies import Command, Proxy

START_SECONDS = 120  # a JVM on a machine that is busy with something else
ENDING_SECONDS = 10
PAUSE_SECONDS = 0.001


class StartFailed(Exception):
    """A proxy ended, or did not get ready in time."""


@dataclasses.dataclass
class Member:
    proxy: Proxy
    description: Description
    process: Process
    start_seconds: float
    stopped: bool = False

    def end(self) -> None:
        """Politely, for what a proxy leaves on disk may be used again."""
        self.process.end(ENDING_SECONDS)

    def target(self, nghttp: pathlib.Path | None) -> probes.Target:
        return probes.Target(self.description.http_port, self.description.https_port, nghttp, self.description.folder)


class Fleet:
    def __init__(self, backend: Backend, folder: pathlib.Path, cpus: list[int], other_cpus: list[int], priority: bool):
        """`cpus` are the proxies', `other_cpus` those of what is not measured."""
        self._backend = backend
        self._folder = folder
        self._cpus = cpus
        self._other_cpus = other_cpus
        self._priority = priority
        self._members: dict[tuple[str, Setup], Member] = {}
        self._left_on_disk: dict[tuple[str, Setup], tuple[Description, Command]] = {}
        self._started = 0

    def start(self, proxy: Proxy, setup: Setup) -> Member:
        """Starts a process and returns once it has proxied a request and has its whole configuration."""
        description, command = self._prepare(proxy, setup)
        return self._run(proxy, description, command, self._cpus[: setup.workers])

    def start_again(self, proxy: Proxy, setup: Setup, cpus: list[int]) -> Member:
        """Starts with what is on disk: configuration files, or what a process before it has kept of its control plane's configuration.
        `start_seconds` is the time from there to its first proxied request."""
        key = (proxy.name, setup)
        if key not in self._left_on_disk:
            description, command = self._prepare(proxy, setup)
            if command.control_plane:
                self._run(proxy, description, command, cpus).end()
            self._left_on_disk[key] = description, dataclasses.replace(command, control_plane=None)
        return self._run(proxy, *self._left_on_disk[key], cpus)

    def _prepare(self, proxy: Proxy, setup: Setup) -> tuple[Description, Command]:
        self._started += 1
        folder = self._folder / f"{self._started:03d}-{proxy.name}"
        folder.mkdir(parents=True)
        http_port, https_port, admin_port = tools.free_ports(3)
        certificate, key = tools.certificate()
        description = Description(setup, folder, http_port, https_port, admin_port, certificate, key, self._backend)
        return description, proxy.prepare(description)

    def _run(self, proxy: Proxy, description: Description, command: Command, cpus: list[int]) -> Member:
        control_plane = None
        if command.control_plane:
            control = command.control_plane
            log = description.folder / "control.log"
            control_plane = Process(control.argv, self._other_cpus, log, env=control.env, priority=self._priority)
        begin = time.monotonic()
        log = description.folder / "output.log"
        process = Process(command.argv, cpus, log, env=command.env, stdout=command.stdout, priority=self._priority)
        try:
            with _prompt():
                _await(proxy, process, begin, "gave no 200", lambda: _answers(description.http_port))
            start_seconds = time.monotonic() - begin
            if control_plane:
                _await(proxy, process, begin, "had not its whole configuration", lambda: proxy.configured(description))
        except BaseException:
            process.end()
            raise
        finally:
            if control_plane:
                control_plane.end()
        return Member(proxy, description, process, start_seconds)

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
            member.end()
            shutil.rmtree(member.description.folder, ignore_errors=True)


def _await(proxy: Proxy, process: Process, begin: float, failure: str, condition: Callable[[], bool]) -> None:
    while not condition():
        if process.ended():
            raise StartFailed(f"{proxy.name} ended: {process.last_words()}")
        if time.monotonic() - begin > START_SECONDS:
            raise StartFailed(f"{proxy.name} {failure} within {START_SECONDS} s: {process.last_words()}")
        time.sleep(PAUSE_SECONDS)


@contextlib.contextmanager
def _prompt() -> Iterator[None]:
    """Lets this thread run as soon as it wakes, if it may: else a start on all CPUs is seen late. What it starts is not so privileged."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except (OSError, AttributeError):
        yield
        return
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER | os.SCHED_RESET_ON_FORK, os.sched_param(0))


def _answers(port: int) -> bool:
    try:
        return probes.get(port, HOST, "/small")[0] == 200
    except (OSError, http.client.HTTPException, socket.timeout):
        return False
