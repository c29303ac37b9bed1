"""Third-party servers that blocking_client sends to."""

import os
import re
import socket
from functools import partial
from pathlib import Path
from typing import NamedTuple

from cases import HELO, PLAIN, RECIPIENT, REFUSED, SENDER, Case, Mail, cases_named
from harness import LOOPBACK, Bench, Failure, check_stored, free_port, read_maildir
from peers import Trial
from registries import apt_unpack, library_path, pip_venv

HERE = Path(__file__).parent
# Exit statuses of blocking_client.
ALL_ACCEPTED, SOME_REFUSED, SESSION_FAILED = 0, 1, 2


class Running(NamedTuple):
    """A started server, and where it stores what it accepts."""

    address: str
    maildir: Path


class Server:
    """A server that stores what blocking_client sends."""

    name: str
    # Names of cases; each has one message, for blocking_client sends just one.
    CASES: tuple[str, ...]

    def install(self, cache: Path) -> None:
        raise NotImplementedError

    def start(self, bench: Bench) -> Running:
        raise NotImplementedError

    def stored(self, bench: Bench, running: Running) -> list[Mail]:
        raise NotImplementedError

    def trials(self) -> list[Trial]:
        of_cases = [
            Trial(case.name, partial(self.run, case))
            for case in cases_named(*self.CASES)
        ]
        return [*of_cases, Trial("bare-lf-on-stdin", self.run_bare_lf)]

    def run(self, case: Case, bench: Bench) -> None:
        running = self.start(bench)
        (octets,) = case.messages
        send(bench, running.address, case, bench.write("message", octets))
        check_stored(self.stored(bench, running), case.mails_stored())

    def run_bare_lf(self, bench: Bench) -> None:
        """blocking_client makes CRLF of each LF, and reads standard input."""
        running = self.start(bench)
        case = Case("bare-lf-on-stdin", (PLAIN,))
        send(bench, running.address, case, PLAIN.replace(b"\r\n", b"\n"))
        check_stored(self.stored(bench, running), case.mails_stored())


def send(bench: Bench, address: str, case: Case, source: Path | bytes) -> None:
    """Run blocking_client, and check its exit status and what it prints."""
    recipients = [part for to in case.rcpt_to for part in ("--to", to)]
    file, stdin = ([source], b"") if isinstance(source, Path) else ([], source)
    result = bench.run(
        bench.programs.client,
        *("--connect", address, "--helo", HELO, "--from", case.mail_from),
        *recipients,
        *file,
        stdin=stdin,
    )
    wanted = ALL_ACCEPTED if case.refusal is None else SOME_REFUSED
    if result.status != wanted:
        raise Failure(f"exit status {result.status}, not {wanted}: {result.stderr!r}")
    check_lines(result.stdout.splitlines(), case)


def check_lines(lines: list[str], case: Case) -> None:
    """There must be one line for each recipient, with the reply it got."""
    if len(lines) != len(case.rcpt_to):
        raise Failure(f"{len(lines)} lines for {len(case.rcpt_to)} recipients")
    for recipient, line in zip(case.rcpt_to, lines, strict=True):
        reply = case.refusal or "" if recipient == REFUSED else "250"
        if recipient not in line or reply not in line:
            raise Failure(f"no {reply!r} for {recipient!r} in {line!r}")


class Aiosmtpd(Server):
    """aiosmtpd keeps the octets as they came; lines end at 998 octets with it."""

    name = "aiosmtpd"
    CASES = (
        "plain",
        "leading-dots",
        "final-dot",
        "line-of-998",
        "8-bit",
        "empty",
        "50-recipients",
        "refused-recipient",
        "10-MB",
    )

    def install(self, cache: Path) -> None:
        self.python = pip_venv("aiosmtpd==1.4.6", cache)

    def start(self, bench: Bench) -> Running:
        maildir = bench.directory / "maildir"
        maildir.mkdir()
        script = HERE / "aiosmtpd_server.py"
        address = bench.start_listener(self.python, script, maildir)
        return Running(address, maildir)

    def stored(self, bench: Bench, running: Running) -> list[Mail]:
        return read_maildir(running.maildir)


class SmtpSink(Server):
    """Postfix's smtp-sink, which accepts everything.

    It writes lines with LF, under a header of its own, and adds an empty line.
    """

    name = "smtp-sink"
    OPTIONS: tuple[str, ...] = ()
    CASES = (
        "plain",
        "leading-dots",
        "final-dot",
        "line-of-998",
        "line-of-8000",
        "8-bit",
        "empty",
        "50-recipients",
        "10-MB",
    )
    DUMP = re.compile(
        rb"(?P<envelope>(?:X-[^\n]*\n)+)"
        rb"Received: [^\n]*\n(?:\t[^\n]*\n){2}"
        rb"(?P<octets>.*)\n",
        re.DOTALL,
    )

    def install(self, cache: Path) -> None:
        self.root = apt_unpack("postfix", cache)

    def start(self, bench: Bench) -> Running:
        maildir = bench.directory / "maildir"
        maildir.mkdir()
        port = free_port()
        # It insists on a user to change to; root will do, on loopback.
        user = ("-u", "root") if os.geteuid() == 0 else ()
        bench.start(
            self.root / "usr/sbin/smtp-sink",
            *user,
            *self.OPTIONS,
            *("-d", f"{maildir}/"),
            f"inet:{LOOPBACK}:{port}",
            "16",
            extra_env=library_path(self.root),
        )
        bench.wait_for(partial(greeting, port))
        return Running(f"{LOOPBACK}:{port}", maildir)

    def stored(self, bench: Bench, running: Running) -> list[Mail]:
        return [self.parse(path.read_bytes()) for path in running.maildir.iterdir()]

    def parse(self, dump: bytes) -> Mail:
        parts = self.DUMP.fullmatch(dump)
        if parts is None:
            raise Failure(f"unexpected dump {dump[:200]!r}")
        envelope = parts["envelope"].decode()

        def arguments(field: str) -> list[str]:
            return re.findall(rf"^X-{field}-Args: (.*)$", envelope, re.MULTILINE)

        def address(argument: str) -> str:
            return argument.partition("<")[2].partition(">")[0]

        (helo,) = arguments("Helo")
        (mail_from,) = map(address, arguments("Mail"))
        rcpt_to = tuple(map(address, arguments("Rcpt")))
        octets = parts["octets"].replace(b"\n", b"\r\n")
        return Mail(mail_from, rcpt_to, octets, helo)


class SmtpSinkLmtp(SmtpSink):
    """The same by LMTP."""

    name = "smtp-sink-lmtp"
    OPTIONS = ("-L",)


def greeting(port: int) -> bytes | None:
    """What a server says first, or None while nobody listens."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=5) as connection:
            return connection.recv(512)
    except ConnectionRefusedError:
        return None


class NoServer:
    """A port at which nobody listens."""

    name = "no-server"

    def install(self, cache: Path) -> None:
        """There is nothing to install."""

    def trials(self) -> list[Trial]:
        return [Trial("connection-refused", self.run)]

    def run(self, bench: Bench) -> None:
        # Bound but not listening: refused, and nobody else can take the port.
        with socket.socket() as holder:
            holder.bind((LOOPBACK, 0))
            port = holder.getsockname()[1]
            result = bench.run(
                bench.programs.client,
                *("--connect", f"{LOOPBACK}:{port}"),
                *("--from", SENDER, "--to", RECIPIENT),
                stdin=PLAIN,
            )
        if result.status != SESSION_FAILED:
            raise Failure(f"exit status {result.status}, not {SESSION_FAILED}")


SERVERS = (Aiosmtpd(), SmtpSink(), NoServer())
