"""What every case needs: a place to run in, processes that end with it, and
the one comparison of what was stored with what should have been."""

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import NamedTuple, Self, TypeVar

from cases import Mail

T = TypeVar("T")

LOOPBACK = "127.0.0.1"


class Failure(Exception):
    """A case, or the preparation of a peer, did not do what it should."""


class Programs(NamedTuple):
    """The example programs under test."""

    server: Path
    client: Path
    smtpd: Path
    probe: Path
    relay: Path
    sendmail: Path


class Result(NamedTuple):
    """How a program run to its end came out."""

    status: int
    stdout: str
    stderr: str


class Background(NamedTuple):
    """A process that runs for as long as its case."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Bench:
    """The surroundings of one case.

    A temporary directory, an environment without the user's settings and
    proxies, and the background processes of the case. Leaving the context
    ends the processes and removes the directory.
    """

    def __init__(self, programs: Programs) -> None:
        self.programs = programs
        self._background: list[Background] = []

    def __enter__(self) -> Self:
        self._temporary = tempfile.TemporaryDirectory(prefix="ehlo-interop-")
        self.directory = Path(self._temporary.name)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for running in self._background:
            end(running.process)
        self._temporary.cleanup()

    def write(self, name: str, octets: bytes) -> Path:
        path = self.directory / name
        path.write_bytes(octets)
        return path

    def run(
        self,
        *command: str | Path,
        extra_env: dict[str, str] | None = None,
        stdin: bytes = b"",
    ) -> Result:
        """Run a program to its end; the caller judges its exit status."""
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            env=self._env(extra_env),
            cwd=self.directory,
        )
        return Result(
            done.returncode,
            done.stdout.decode(errors="replace"),
            done.stderr.decode(errors="replace"),
        )

    def start(
        self, *command: str | Path, extra_env: dict[str, str] | None = None
    ) -> Path:
        """Start a program in the background; returns the file of its output.

        Its output goes to a file and not to a pipe, which could fill up.
        """
        log = self.directory / f"background-{len(self._background)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._env(extra_env),
                cwd=self.directory,
            )
        name = Path(command[0]).name
        self._background.append(Background(name, process, log))
        return log

    def start_listener(
        self, *command: str | Path, extra_env: dict[str, str] | None = None
    ) -> str:
        """Start a server that says `listening on HOST:PORT`; returns the address."""
        (address,) = self.start_listeners(1, *command, extra_env=extra_env)
        return address

    def start_listeners(
        self, count: int, *command: str | Path, extra_env: dict[str, str] | None = None
    ) -> list[str]:
        """Start a server that says so that many times; returns the addresses."""
        log = self.start(*command, extra_env=extra_env)

        def announced() -> list[str] | None:
            lines = log.read_text(errors="replace").splitlines(keepends=True)
            addresses = [
                line.split()[2]
                for line in lines
                if line.startswith("listening on ") and line.endswith("\n")
            ]
            return addresses if len(addresses) == count else None

        return self.wait_for(announced)

    def wait_for(self, probe: Callable[[], T | None]) -> T:
        """Ask until there is an answer; the time limit of the case bounds this."""
        while (answer := probe()) is None:
            self.check_background()
            time.sleep(0.01)
        return answer

    def check_background(self) -> None:
        """Fail if a background process has ended or one of its threads panicked."""
        for name, process, log in self._background:
            output = log.read_text(errors="replace").splitlines()
            if process.poll() is not None:
                last = output[-1] if output else "no output"
                raise Failure(f"{name} ended, status {process.returncode}: {last}")
            for line in output:
                if "panicked at" in line:
                    raise Failure(line)

    def end_last(self, how: signal.Signals) -> int:
        """End the process started last; returns its status."""
        process = self._background.pop().process
        process.send_signal(how)
        return process.wait()

    def last_pid(self) -> int:
        """Of the process started last."""
        return self._background[-1].process.pid

    def background_output(self) -> str:
        """What the background processes have printed so far."""
        logs = (log for _, _, log in self._background)
        return "".join(log.read_text(errors="replace") for log in logs)

    def _env(self, extra: dict[str, str] | None) -> dict[str, str]:
        base = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.directory),
            "LC_ALL": "C.UTF-8",
        }
        return base | (extra or {})


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raise Failure inside the block when it takes longer.

    An alarm rather than many timeouts, because it interrupts waiting of any
    kind: for a child process, a socket or a file.
    """

    def expire(signum: int, frame: FrameType | None) -> None:
        raise Failure(f"not done after {seconds} s")

    signal.signal(signal.SIGALRM, expire)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def free_port() -> int:
    """A port that was free a moment ago, for servers that must be told one."""
    with socket.create_server((LOOPBACK, 0)) as probe:
        return int(probe.getsockname()[1])


def is_listening(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port)).close()
    except ConnectionRefusedError:
        return False
    return True


def resident(pid: int) -> int:
    """Octets of memory that a process has now."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


def read_maildir(directory: Path) -> list[Mail]:
    """The messages in the form blocking_server and aiosmtpd_server.py store."""
    mails = []
    for path in directory.glob("*.eml"):
        envelope = json.loads(path.with_suffix(".json").read_text("utf-8"))
        mails.append(
            Mail(
                envelope["mail_from"],
                tuple(envelope["rcpt_to"]),
                path.read_bytes(),
                envelope["helo"],
            )
        )
    return mails


def check_stored(stored: list[Mail], expected: list[Mail]) -> None:
    """Fail unless exactly the expected messages were stored, in any order.

    Called as soon as the client has ended, without waiting for files to turn
    up: what a server has said 250 for must be there.
    """
    if len(stored) != len(expected):
        raise Failure(f"{len(stored)} messages stored, not {len(expected)}")
    for got, wanted in zip(sorted(stored), sorted(expected), strict=True):
        for field in ("helo", "mail_from", "rcpt_to"):
            if getattr(got, field) != getattr(wanted, field):
                raise Failure(
                    f"{field} {getattr(got, field)!r}, not {getattr(wanted, field)!r}"
                )
        if got.octets != wanted.octets:
            raise Failure(first_difference(got.octets, wanted.octets))


def first_difference(got: bytes, wanted: bytes) -> str:
    at = len(os.path.commonprefix((got, wanted)))
    around = slice(max(0, at - 8), at + 8)
    return (
        f"octets differ at {at} of {len(wanted)} (stored {len(got)}): "
        f"{got[around]!r}, not {wanted[around]!r}"
    )
