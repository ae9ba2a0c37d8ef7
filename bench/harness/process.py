"""Processes that are measured: started in a session of their own, pinned, raised, stopped and continued as a tree, and always ended."""

import atexit
import ctypes
import os
import pathlib
import resource
import signal
import subprocess
import time

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
PR_SET_PDEATHSIG = 1
OPEN_FILES = 65536

_libc = ctypes.CDLL(None)
_running: list["Process"] = []


def raise_open_files_limit() -> None:
    """Ten thousand client connections need more files than most shells allow. Root may raise the hard limit, others get what it is."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(OPEN_FILES, hard), max(OPEN_FILES, hard)))
    except (ValueError, PermissionError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Process:
    """A process and whatever it starts. Its output goes to `output`, unless `pipes` asks for stdin and stdout."""

    def __init__(self, argv, cpus, output: pathlib.Path, env=None, pipes=False, priority=True, stdout: pathlib.Path | None = None):
        self.argv = [str(a) for a in argv]
        self.output = output
        errors = open(output, "ab")
        out = subprocess.PIPE if pipes else open(stdout, "ab") if stdout else errors

        def in_child():
            os.sched_setaffinity(0, cpus)
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # not even a killed harness leaves it running; its children may be

        self.popen = subprocess.Popen(
            self.argv,
            stdin=subprocess.PIPE if pipes else subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
            env={**os.environ, **(env or {})},
            start_new_session=True,  # a session is an autogroup: its share of a CPU does not depend on how many threads it has
            preexec_fn=in_child,
        )
        errors.close()
        if stdout and not pipes:
            out.close()
        self.pid = self.popen.pid
        _running.append(self)
        if priority and os.geteuid() == 0:
            try:
                pathlib.Path(f"/proc/{self.pid}/autogroup").write_text("-20")
            except OSError:
                pass  # a kernel without autogroups; or the process has already ended, which its user will notice

    def tree(self) -> list[int]:
        """The pids of the process and of all its descendants, parents first."""
        pids = [self.pid]
        for pid in pids:
            for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
                try:
                    pids += [int(child) for child in children.read_text().split()]
                except OSError:
                    continue
        return pids

    def signal(self, number: int) -> None:
        for pid in self.tree():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue

    def pin(self, cpus) -> None:
        for pid in self.tree():
            os.sched_setaffinity(pid, cpus)

    def cpu_seconds(self) -> float:
        """utime + stime of every thread of the tree; the kernel scales both to the scheduler's exact run time."""
        ticks = 0
        for pid in self.tree():
            try:
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            ticks += int(fields[11]) + int(fields[12])
        return ticks / TICKS_PER_SECOND

    def rss_mib(self) -> float:
        """Resident memory of the tree. Pages that a master shares with its workers count in each."""
        pages = 0
        for pid in self.tree():
            try:
                pages += int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
            except OSError:
                continue
        return pages * PAGE_BYTES / 2**20

    def ended(self) -> bool:
        return self.popen.poll() is not None

    def last_words(self) -> str:
        lines = self.output.read_text(errors="replace").strip().splitlines()
        return " / ".join(lines[-3:]) or "(no output)"

    def end(self, seconds: float = 2) -> None:
        """SIGTERM, then SIGKILL for what is left after so many seconds. Children of a killed parent are remembered and ended too."""
        if self in _running:
            _running.remove(self)
        pids = self.tree()
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while self.popen.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        for pid in pids:
            try:
                # A pid may have been given to another process meanwhile; ours are all in the session that we made.
                if os.getsid(pid) == self.pid:
                    os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.popen.wait()
        for pipe in (self.popen.stdin, self.popen.stdout):
            if pipe:
                pipe.close()


def end_all() -> None:
    for process in list(_running):
        process.end()


atexit.register(end_all)
