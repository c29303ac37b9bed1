"""Third-party clients that send to blocking_server, and to smtpd.

Each class says how its client is told to send a case, and in `as_stored` and
`CANNOT` what the client makes of a message. Those habits were observed with a
server that records what arrives.
"""

import smtplib
from functools import partial
from pathlib import Path
from typing import NamedTuple

from cases import CASES, DOTS, HELO, RECIPIENT, SENDER, Case, Mail
from harness import LOOPBACK, Bench, Failure, Result, check_stored, read_maildir
from peers import Trial
from registries import apt_install, apt_unpack, library_path


class MailServer:
    """A running blocking_server or smtpd with an empty mail directory."""

    def __init__(self, bench: Bench, program: Path, max_size: int) -> None:
        self.maildir = bench.directory / "maildir"
        self.maildir.mkdir()
        address = bench.start_listener(
            program,
            *("--listen", f"{LOOPBACK}:0"),
            *("--maildir", self.maildir),
            *("--max-size", str(max_size)),
        )
        self.port = address.rpartition(":")[2]


class Report(NamedTuple):
    """What a client said about its session."""

    succeeded: bool
    # With the replies of the server in it, at least those of refusals.
    transcript: str


def report(result: Result) -> Report:
    return Report(result.status == 0, result.stdout + result.stderr)


class Client:
    """A client that can send most of CASES."""

    name: str
    # Names of cases, with the reason; a case missing here is tried.
    CANNOT: dict[str, str] = {}

    def install(self, cache: Path) -> None:
        """Nothing, unless a client needs it."""

    def send(self, bench: Bench, server: MailServer, case: Case) -> Report:
        raise NotImplementedError

    def as_stored(self, octets: bytes) -> bytes:
        """What the server must get when the client is given these octets."""
        return octets

    def trials(self) -> list[Trial]:
        cases = [case for case in CASES if case.name not in self.CANNOT]
        return [
            *(Trial(case.name, partial(self.run_blocking, case)) for case in cases),
            *(Trial(f"smtpd-{case.name}", partial(self.run_smtpd, case)) for case in cases),
        ]

    def run_blocking(self, case: Case, bench: Bench) -> None:
        self.run(case, bench, bench.programs.server)

    def run_smtpd(self, case: Case, bench: Bench) -> None:
        self.run(case, bench, bench.programs.smtpd)

    def run(self, case: Case, bench: Bench, program: Path) -> None:
        server = MailServer(bench, program, case.max_size)
        succeeded, transcript = self.send(bench, server, case)
        if succeeded != case.stored:
            outcome = "success" if succeeded else "failure"
            raise Failure(f"the client reports {outcome}: {last_line(transcript)}")
        if case.refusal is not None and case.refusal not in transcript:
            raise Failure(f"the client did not see {case.refusal}")
        expected = [
            mail._replace(octets=self.as_stored(mail.octets))
            for mail in case.mails_stored()
        ]
        check_stored(read_maildir(server.maildir), expected)


def reply(code: int, text: bytes | str) -> str:
    return f"{code} {text.decode() if isinstance(text, bytes) else text}"


def last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no output"])[-1]


class Smtplib(Client):
    """Python's smtplib, in this very process.

    Given bytes it only adds a CRLF where the last one is missing; an empty
    message counts as such a one and becomes an empty line.
    """

    name = "smtplib"

    def send(self, bench: Bench, server: MailServer, case: Case) -> Report:
        options = ["BODY=8BITMIME"]
        if not "".join((case.mail_from, *case.rcpt_to)).isascii():
            options.append("SMTPUTF8")
        refused: dict[str, tuple[int, bytes]] = {}
        try:
            with smtplib.SMTP(
                LOOPBACK, int(server.port), local_hostname=HELO, timeout=30
            ) as session:
                for octets in case.messages:
                    refused |= session.sendmail(
                        case.mail_from, case.rcpt_to, octets, options
                    )
        except smtplib.SMTPResponseException as error:
            return Report(False, reply(error.smtp_code, error.smtp_error))
        except smtplib.SMTPException as error:
            return Report(False, str(error))
        return Report(True, "\n".join(reply(*pair) for pair in refused.values()))

    def as_stored(self, octets: bytes) -> bytes:
        return octets or b"\r\n"


class Curl(Client):
    """curl sends a file as it is, and declares its SIZE.

    Unless told otherwise it gives up at the first refused recipient.
    """

    name = "curl"

    def install(self, cache: Path) -> None:
        apt_install("curl", provides="curl")

    def send(self, bench: Bench, server: MailServer, case: Case) -> Report:
        command = ["curl"]
        for number, octets in enumerate(case.messages):
            if number > 0:
                # The next message goes through the same connection.
                command.append("--next")
            file = bench.write(f"message-{number}", octets)
            command += self.transfer(server, case, file)
        return report(bench.run(*command))

    def transfer(self, server: MailServer, case: Case, file: Path) -> list[str]:
        recipients = [
            part for address in case.rcpt_to for part in ("--mail-rcpt", address)
        ]
        return [
            *("--silent", "--show-error", "--verbose"),
            *("--url", f"smtp://{LOOPBACK}:{server.port}/{HELO}"),
            *("--mail-from", case.mail_from),
            *recipients,
            "--mail-rcpt-allowfails",
            *("--upload-file", str(file)),
        ]


class Swaks(Client):
    """swaks appends CRLF, dot, CRLF also where the last line has its CRLF, so
    that an empty line more arrives.

    Of the messages here it leaves the rest alone; it would strip a leading
    `From ` line, and replace %TOKENS% and backslash-n. Without a SIZE
    parameter, a message too large is refused only after its end.
    """

    name = "swaks"
    options: tuple[str, ...] = ()
    CANNOT = {
        "empty": "--data with an empty file is an error to it",
        "final-dot": "takes the dot for the end of data which it need not add",
        "smtputf8": "sends the addresses without asking for the extension",
        "two-messages": "sends one message a run",
    }

    def install(self, cache: Path) -> None:
        apt_install("swaks", provides="swaks")

    def send(self, bench: Bench, server: MailServer, case: Case) -> Report:
        (octets,) = case.messages
        result = bench.run(
            "swaks",
            *("--server", LOOPBACK, "--port", server.port, "--helo", HELO),
            *("--from", case.mail_from or "<>"),
            *("--to", ",".join(case.rcpt_to)),
            *("--data", f"@{bench.write('message', octets)}"),
            "--suppress-data",
            *self.options,
        )
        return report(result)

    def as_stored(self, octets: bytes) -> bytes:
        return octets + b"\r\n"


class SwaksPipelining(Swaks):
    """swaks sending MAIL, RCPT and DATA at once."""

    name = "swaks-pipelining"
    options = ("--pipeline",)


class Load(NamedTuple):
    """A load for smtp-source: many messages, or many recipients, or both."""

    name: str
    sessions: int
    messages: int
    recipients: int = 1
    # Or else a connection for each message.
    reuse_connections: bool = True


class SmtpSource:
    """Postfix's load generator; it gives up at the first unexpected reply.

    It reads the message by lines, ends each with CRLF, and adds an empty one
    of its own. It puts numbers in front of the local part: with -N from 1 up
    through all messages; with -r from the count of recipients down to 2 in
    each message, and none for the last.
    """

    name = "smtp-source"
    LOADS: tuple[Load, ...] = (
        Load("2000-messages-20-sessions", sessions=20, messages=2000),
        Load(
            "200-messages-200-connections",
            sessions=20,
            messages=200,
            reuse_connections=False,
        ),
        Load("100-recipients-each", sessions=5, messages=50, recipients=100),
    )

    def install(self, cache: Path) -> None:
        self.root = apt_unpack("postfix", cache)

    def trials(self) -> list[Trial]:
        return [
            *(Trial(load.name, partial(self.run_blocking, load)) for load in self.LOADS),
            *(Trial(f"smtpd-{load.name}", partial(self.run_smtpd, load)) for load in self.LOADS),
        ]

    def run_blocking(self, load: Load, bench: Bench) -> None:
        self.run(load, bench, bench.programs.server)

    def run_smtpd(self, load: Load, bench: Bench) -> None:
        self.run(load, bench, bench.programs.smtpd)

    def run(self, load: Load, bench: Bench, program: Path) -> None:
        server = MailServer(bench, program, len(DOTS) + 2)
        self.send(bench, load, server.port)
        check_stored(read_maildir(server.maildir), self.expected(load))

    def send(self, bench: Bench, load: Load, port: str) -> None:
        options = []
        if load.recipients == 1:
            options.append("-N")
        if load.reuse_connections:
            options.append("-d")
        result = bench.run(
            self.root / "usr/sbin/smtp-source",
            *options,
            *("-s", str(load.sessions), "-m", str(load.messages)),
            *("-r", str(load.recipients)),
            *("-M", HELO, "-f", SENDER, "-t", RECIPIENT),
            *("-F", bench.write("message", DOTS.replace(b"\r\n", b"\n"))),
            f"inet:{LOOPBACK}:{port}",
            extra_env=library_path(self.root),
        )
        if result.status != 0:
            raise Failure(last_line(result.stderr))

    def expected(self, load: Load) -> list[Mail]:
        recipient_lists: list[tuple[str, ...]]
        if load.recipients == 1:
            numbers = range(1, load.messages + 1)
            recipient_lists = [(f"{number}{RECIPIENT}",) for number in numbers]
        else:
            numbered = (f"{n}{RECIPIENT}" for n in range(load.recipients, 1, -1))
            recipient_lists = [(*numbered, RECIPIENT)] * load.messages
        octets = DOTS + b"\r\n"
        return [Mail(SENDER, recipients, octets) for recipients in recipient_lists]


CLIENTS = (Swaks(), SwaksPipelining(), Smtplib(), Curl(), SmtpSource())
