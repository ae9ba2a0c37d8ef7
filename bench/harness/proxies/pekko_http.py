"""Pekko HTTP as it comes: peers/PekkoHttpProxy.java on the libraries of our own build."""

import subprocess

from ..description import Description
from ..tools import BENCH, CACHE, Missing, Tools
from . import Command, NotSupported, Proxy

LIBRARIES = BENCH.parent / "modules/nantian/target/nantian/lib"
SOURCE = BENCH / "peers/PekkoHttpProxy.java"
CLASSES = CACHE / "classes"


class PekkoHttp(Proxy):
    name = "pekko-http"
    warm_up_seconds = 10

    def locate(self, tools: Tools) -> None:
        if not LIBRARIES.is_dir():
            raise Missing(f"pekko-http: no libraries in {LIBRARIES}; start ./nantian once, which builds them")
        self._java = tools.java()
        compiled = CLASSES / "PekkoHttpProxy.class"
        if not compiled.exists() or compiled.stat().st_mtime < SOURCE.stat().st_mtime:
            CLASSES.mkdir(exist_ok=True)
            subprocess.run([self._java.parent / "javac", "-nowarn", "-cp", f"{LIBRARIES}/*", "-d", CLASSES, SOURCE], check=True)

    def version(self) -> str:
        return next(LIBRARIES.glob("pekko-http_*.jar")).stem.rpartition("-")[2]

    def prepare(self, description: Description) -> Command:
        if description.setup.access_log:
            raise NotSupported("no access log")
        folder = description.folder
        key_store = folder / "bench.p12"
        subprocess.run(
            ["openssl", "pkcs12", "-export", "-in", description.certificate, "-inkey", description.key, "-passout", "pass:bench", "-out", key_store],
            check=True,
        )
        routes = folder / "routes"
        routes.write_text("".join(f"{r.host} {r.prefix} {r.cluster.port}\n" for r in description.routes))
        options = ["-Xms512m", "-Xmx512m", "-XX:+UseParallelGC", "-cp", f"{CLASSES}:{LIBRARIES}/*"]
        return Command([self._java, *options, "PekkoHttpProxy", description.http_port, description.https_port, key_store, routes])
