"""sendmail and servers that decide about some recipients only, or about none:
who is left over is tried again, on the same connection or on another one."""

import os
import socket
import subprocess
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from cases import SENDER, message
from harness import LOOPBACK, Bench, Failure
from peers import Trial

MESSAGES = 3
ALL = FIRST, SECOND, THIRD = tuple(f"user{n}@server.example" for n in range(3))
# Exit statuses of sendmail.
ALL_ACCEPTED, SOME_REFUSED, SESSION_FAILED = 0, 1, 2
# What sendmail does not keep in memory, but reads when it is wanted.
LARGE = message(b"x" * 70 + b"\r\n") + (b"y" * 70 + b"\r\n") * 30_000


class Mood(NamedTuple):
    """How a server behaves, and what sendmail must make of it."""

    name: str
    status: int
    # For each message that came whole: on which connection, and for whom.
    came: list[tuple[int, tuple[str, ...]]]
    # What the line of each recipient says, and how many there are.
    told: str = "250 2.0.0"
    lines: int = MESSAGES * len(ALL)
    options: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    # Further ones are refused.
    connections: int = 100
    # More are answered 452.
    recipients: int = len(ALL)
    # At the MAIL behind so many messages it says farewell, if anything, and goes.
    messages: int = 100
    farewell: bytes = b""
    # Said as soon as the message may begin.
    interruption: bytes = b""
    # Said to the message; without a word it goes.
    verdict: bytes = b"250 2.0.0 Ok\r\n"


MOODS = (
    Mood(
        "limits",
        ALL_ACCEPTED,
        [(n, who) for n in (1, 2, 3) for who in ((FIRST, SECOND), (THIRD,))],
        offers=("LIMITS RCPTMAX=2 MAILMAX=2",),
    ),
    Mood(
        "too-many-recipients",
        ALL_ACCEPTED,
        [(1, (FIRST, SECOND)), (1, (THIRD,))] * MESSAGES,
        recipients=2,
    ),
    # Every recipient is heard of.
    Mood(
        "gone-before-the-rest",
        SESSION_FAILED,
        [(1, (FIRST, SECOND))],
        told="",
        offers=("LIMITS RCPTMAX=2 MAILMAX=1",),
        connections=1,
    ),
    Mood(
        "421-to-the-third-message",
        ALL_ACCEPTED,
        [(1, ALL), (1, ALL), (2, ALL)],
        messages=2,
        farewell=b"421 4.7.0 That will do\r\n",
    ),
    Mood(
        "gone-at-the-third-message",
        ALL_ACCEPTED,
        [(1, ALL), (1, ALL), (2, ALL)],
        messages=2,
    ),
    Mood("gone-at-once", SESSION_FAILED, [], "LeftOver", messages=0),
    # Sent once more, they might be there twice.
    Mood(
        "gone-at-the-dot",
        SESSION_FAILED,
        [(1, ALL), (2, ALL), (3, ALL)],
        "Unknown",
        verdict=b"",
    ),
    Mood(
        "refused-before-the-end",
        SOME_REFUSED,
        [],
        "552 5.3.4",
        interruption=b"552 5.3.4 Too large\r\n",
    ),
    Mood(
        "broken-tls", ALL_ACCEPTED, [(2, ALL)] * MESSAGES, offers=("STARTTLS",)
    ),
    Mood(
        "broken-tls-required",
        SESSION_FAILED,
        [],
        "LeftOver",
        options=("--starttls", "--insecure"),
        offers=("STARTTLS",),
    ),
)


class Server(threading.Thread):
    """Serves one connection after another, in its mood."""

    def __init__(self, mood: Mood, at_data: Callable[[], None] = lambda: None) -> None:
        super().__init__(daemon=True)
        self.mood = mood
        self.at_data = at_data
        self.listener = socket.create_server((LOOPBACK, 0))
        self.address = f"{LOOPBACK}:{self.listener.getsockname()[1]}"
        self.came: list[tuple[int, tuple[str, ...]]] = []

    def run(self) -> None:
        number = 0
        while number < self.mood.connections:
            connection, _ = self.listener.accept()
            number += 1
            if number == self.mood.connections:
                self.listener.close()
            with connection, connection.makefile("rwb", buffering=0) as stream:
                try:
                    self.serve(stream, number)
                except ConnectionError:
                    pass

    def serve(self, stream: socket.SocketIO, number: int) -> None:
        mood, messages = self.mood, 0
        recipients: list[str] = []
        offers = ("server.example", *mood.offers, "PIPELINING")
        stream.write(b"220 server.example\r\n")
        while line := stream.readline():
            reply = b"250 2.0.0 Ok\r\n"
            match line[:4].upper():
                case b"EHLO":
                    reply = "".join(f"250-{offer}\r\n" for offer in offers).encode()
                    reply += b"250 ENHANCEDSTATUSCODES\r\n"
                case b"STAR":
                    stream.write(b"220 Ready\r\n")
                    stream.read(1)
                    return
                case b"MAIL" if messages == mood.messages:
                    stream.write(mood.farewell)
                    return
                case b"MAIL":
                    recipients = []
                case b"RCPT" if len(recipients) == mood.recipients:
                    reply = b"452 4.5.3 Too many\r\n"
                case b"RCPT":
                    recipients.append(line.decode().partition("<")[2].partition(">")[0])
                case b"DATA":
                    self.at_data()
                    stream.write(b"354 Go ahead\r\n" + mood.interruption)
                    while (line := stream.readline()) != b".\r\n":
                        if not line:
                            return
                    self.came.append((number, tuple(recipients)))
                    messages += 1
                    reply = mood.verdict
                case b"QUIT":
                    reply = b"221 2.0.0 Bye\r\n"
            if not reply:
                return
            stream.write(reply)


class Moody:
    """Python's sockets."""

    name = "moody-server"

    def install(self, cache: Path) -> None:
        """There is nothing to install."""

    def trials(self) -> list[Trial]:
        moods = [Trial(mood.name, partial(self.run, mood)) for mood in MOODS]
        changes = {
            "file-cut-short": lambda path: os.truncate(path, len(LARGE) // 2),
            "file-grown": lambda path: path.write_bytes(LARGE * 2),
            "file-overwritten": lambda path: path.write_bytes(LARGE.upper()),
        }
        return [
            *moods,
            *(Trial(name, partial(self.run_changed, how)) for name, how in changes.items()),
            Trial("nobody-reads-results", self.run_unread),
        ]

    def run_unread(self, bench: Bench) -> None:
        """As with `sendmail … | true`: all is sent all the same."""
        server = Server(Mood("", 0, []))
        server.start()
        command: list[str | Path] = [bench.programs.sendmail, "--connect", server.address]
        command += ["--from", SENDER, "--to", FIRST]
        command += [bench.write(f"message-{n}", message(b"x")) for n in range(MESSAGES)]
        reader, writer = os.pipe()
        os.close(reader)
        try:
            done = subprocess.run(command, stdout=writer, stderr=writer)
        finally:
            os.close(writer)
        if done.returncode != ALL_ACCEPTED or len(server.came) != MESSAGES:
            raise Failure(f"exit status {done.returncode}, came {server.came}")

    def run_changed(self, change: Callable[[Path], None], bench: Bench) -> None:
        """What is not there any more as it was is not sent: nor half of it."""
        path = bench.write("large", LARGE)
        server = Server(Mood("", 0, []), lambda: change(path))
        server.start()
        result = bench.run(
            bench.programs.sendmail,
            *("--connect", server.address, "--from", SENDER, "--to", FIRST, path),
        )
        if result.status != SESSION_FAILED or "the file has changed" not in result.stderr:
            raise Failure(f"exit status {result.status}: {result.stderr!r}")
        if server.came:
            raise Failure(f"came {server.came}")

    def run(self, mood: Mood, bench: Bench) -> None:
        server = Server(mood)
        server.start()
        recipients = [part for address in ALL for part in ("--to", address)]
        files = [
            bench.write(f"message-{number}", message(b"number %d" % number))
            for number in range(MESSAGES)
        ]
        result = bench.run(
            bench.programs.sendmail,
            *("--connect", server.address, "--from", SENDER, *recipients),
            *mood.options,
            *files,
        )
        if result.status != mood.status:
            raise Failure(f"exit status {result.status}: {result.stderr!r}")
        if server.came != mood.came:
            raise Failure(f"came {server.came}, not {mood.came}")
        lines = result.stdout.splitlines()
        if len(lines) != mood.lines or not all(mood.told in line for line in lines):
            raise Failure(f"told {result.stdout!r}")
