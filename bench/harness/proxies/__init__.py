"""One module per proxy. Each writes the description in the proxy's own language and says how to start it."""

import abc
import dataclasses
import pathlib

from ..description import Description
from ..tools import Tools


@dataclasses.dataclass(frozen=True)
class Command:
    argv: list
    env: dict = dataclasses.field(default_factory=dict)
    stdout: pathlib.Path | None = None  # where it is the access log
    control_plane: "Command | None" = None  # what the proxy gets its configuration from; not measured


class NotSupported(Exception):
    """The description asks for something that this proxy, or its adapter, has no setting for."""


class Proxy(abc.ABC):
    name: str
    warm_up_seconds: float = 2  # of load, once before the first round of a case
    by_default = True  # measured when no proxies are named

    @abc.abstractmethod
    def locate(self, tools: Tools) -> None:
        """Finds the program, or raises Missing."""

    @abc.abstractmethod
    def version(self) -> str: ...

    @abc.abstractmethod
    def prepare(self, description: Description) -> Command:
        """Writes the configuration into `description.folder` and returns the command that serves it in the foreground; or raises NotSupported."""

    def configured(self, description: Description) -> bool:
        """Whether a proxy that has a control plane has taken the whole configuration from it, and would start again without it."""
        return True


def all_proxies() -> list[Proxy]:
    from . import caddy, envoy, haproxy, nantian, nginx, pekko_http

    return [
        nantian.Nantian(),
        haproxy.HAProxy(),
        nginx.Nginx(),
        envoy.Envoy(),
        caddy.Caddy(),
        pekko_http.PekkoHttp(),
        nantian.Standalone(),
    ]
