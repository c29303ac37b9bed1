"""The relay between third-party clients and third-party servers, or smtpd.

What a client sends must arrive as it would without a relay, but for one more
`Received` field; what the next hop says must be heard by the client.
"""

import re
from functools import partial
from pathlib import Path

import clients
import senders
from cases import PLAIN, RECIPIENT, Case, Mail, cases_named, numbered_lines
from clients import Client, Load, last_line
from harness import LOOPBACK, Bench, Failure, check_stored, read_maildir
from peers import Trial
from receivers.aiosmtpd import AiosmtpdReceiver
from receivers.receiver import Receiver, Stored, read_stored
from receivers.smtp_sink import SmtpSinkReceiver
from relays import EximRelay
from senders import Sender
from smtpd_server import Smtpd, check_facts, check_parameters
from ways import FULL, OCTETS, Way, ways_named

RELAY = "relay.example"
# The relay holds no more of a message than 64 KiB and what a read brought.
MOST_RESIDENT = 30_000_000
TRACE = re.compile(
    rb"Received: from client\.example \(\[127\.0\.0\.1\]\)\r\n"
    rb"\tby relay\.example with (?P<protocol>\w+)(?:\r\n\tfor <[^\r]+>)?;\r\n"
    rb"\t\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} \+0000\r\n"
)


class Relay:
    """A running relay that takes SMTP and LMTP."""

    def __init__(
        self, bench: Bench, next_hop: int | str, is_lmtp: bool = False, port: int = 0
    ) -> None:
        smtp, lmtp = bench.start_listeners(
            2,
            bench.programs.relay,
            *("--listen", f"{LOOPBACK}:{port}", "--lmtp", f"{LOOPBACK}:0"),
            *("--to-lmtp" if is_lmtp else "--to", f"{LOOPBACK}:{next_hop}"),
            *("--hostname", RELAY),
        )
        self.port = smtp.rpartition(":")[2]
        self.lmtp_port = lmtp.rpartition(":")[2]
        self.pid = bench.last_pid()

    def check_memory(self) -> str:
        """Fail if it ever had more than it may; says how much it had."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmHWM:\s*(\d+) kB", status)
        assert found is not None
        if (most := int(found[1]) * 1024) > MOST_RESIDENT:
            raise Failure(f"the relay had {most} octets of memory")
        return f"{most} octets resident at most"


class ByWay:
    """The relay as the clients of senders.py know smtpd."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay

    def port(self, way: Way) -> str:
        return self.relay.lmtp_port if way.kind == "lmtp" else self.relay.port


def without_trace(octets: bytes, protocol: str) -> bytes:
    trace = TRACE.match(octets)
    if trace is None or not trace["protocol"].decode().endswith(protocol):
        raise Failure(f"no trace of {protocol} in {octets[:200]!r}")
    return octets[trace.end() :]


class SmtpdReceiver(Receiver):
    """smtpd, like the third-party servers."""

    name = "smtpd"

    def install(self, cache: Path) -> None:
        """It is one of the examples."""

    def start(self, bench: Bench, way: Way) -> int:
        self.smtpd = Smtpd(bench)
        return int(self.smtpd.port(way))

    def stored(self, bench: Bench, way: Way) -> list[Stored]:
        return read_stored(self.smtpd.maildir)


def next_hop_way(is_lmtp: bool) -> Way:
    return Way("relayed", kind="lmtp" if is_lmtp else "smtp")


def mails(receiver: Receiver, bench: Bench, way: Way) -> list[Mail]:
    return [
        Mail(facts["mail_from"], tuple(facts["rcpt_to"]), octets, facts["helo"])  # type: ignore[arg-type]
        for octets, facts in receiver.stored(bench, way)
    ]


class Relayed:
    """A client of clients.py, the relay, and a next hop."""

    def __init__(
        self, client: Client, next_hop: Receiver, *cases: str, is_lmtp: bool = False
    ) -> None:
        self.client = client
        self.next_hop = next_hop
        self.cases = cases
        self.is_lmtp = is_lmtp
        by = "-lmtp" if is_lmtp else ""
        self.name = f"{client.name}-relay{by}-{next_hop.name}"

    def install(self, cache: Path) -> None:
        self.client.install(cache)
        self.next_hop.install(cache)

    def trials(self) -> list[Trial]:
        return [
            Trial(case.name, partial(self.run, case)) for case in cases_named(*self.cases)
        ]

    def run(self, case: Case, bench: Bench) -> None:
        way = next_hop_way(self.is_lmtp)
        relay = Relay(bench, self.next_hop.start(bench, way), self.is_lmtp)
        succeeded, transcript = self.client.send(bench, relay, case)  # type: ignore[arg-type]
        if succeeded != case.stored:
            raise Failure(f"the client says: {last_line(transcript)}")
        if case.refusal is not None and case.refusal not in transcript:
            raise Failure(f"the client did not see {case.refusal}")
        expected = [
            mail._replace(octets=self.client.as_stored(mail.octets), helo=RELAY)
            for mail in case.mails_stored()
        ]
        stored = [
            mail._replace(octets=without_trace(mail.octets, "SMTP"))
            for mail in mails(self.next_hop, bench, way)
        ]
        check_stored(stored, expected)
        relay.check_memory()


class RelayedWays:
    """A client of senders.py, the relay, and smtpd: parameters, and LMTP."""

    def __init__(self, sender: Sender | EximRelay, *ways: str, is_lmtp: bool = False) -> None:
        self.sender = sender
        self.ways = ways
        self.is_lmtp = is_lmtp
        by = "-lmtp" if is_lmtp else ""
        self.name = f"{sender.name}-relay{by}-smtpd"

    def install(self, cache: Path) -> None:
        self.sender.install(cache)

    def trials(self) -> list[Trial]:
        return [Trial(way.name, partial(self.run, way)) for way in ways_named(*self.ways)]

    def run(self, way: Way, bench: Bench) -> None:
        smtpd = Smtpd(bench)
        next_hop = smtpd.ports["lmtp" if self.is_lmtp else "smtp"]
        relay = Relay(bench, next_hop, self.is_lmtp)
        succeeded, transcript = self.sender.send(bench, ByWay(relay), way)  # type: ignore[arg-type]
        if not way.refusals and not succeeded:
            raise Failure(f"the client says: {last_line(transcript)}")
        for refusal in way.refusals:
            if refusal not in transcript:
                raise Failure(f"the client did not see {refusal} in {transcript!r}")
        ((facts, octets),) = smtpd.stored()
        check_facts(facts, {"helo": RELAY, "rcpt_to": list(way.accepted)})
        check_parameters(facts["mail_parameters"], way.mail_parameters)
        for parameters in facts["rcpt_parameters"]:  # type: ignore[attr-defined]
            check_parameters(parameters, way.rcpt_parameters)
        sent = self.sender.as_stored(OCTETS)
        if without_trace(octets, way.protocol()) != sent:
            raise Failure(f"octets differ: {octets!r}")


class SmtpSource(clients.SmtpSource):
    """Postfix's load generator, through the relay to smtpd."""

    name = "smtp-source-relay-smtpd"
    LOADS: tuple[Load, ...] = (
        Load("1000-messages-20-sessions", sessions=20, messages=1000),
        Load("100-recipients-each", sessions=5, messages=10, recipients=100),
    )

    def trials(self) -> list[Trial]:
        return [Trial(load.name, partial(self.run_relay, load)) for load in self.LOADS]

    def run_relay(self, load: Load, bench: Bench) -> None:
        smtpd = Smtpd(bench)
        relay = Relay(bench, smtpd.ports["smtp"])
        self.send(bench, load, relay.port)
        stored = [
            mail._replace(octets=without_trace(mail.octets, "SMTP"))
            for mail in read_maildir(smtpd.maildir)
        ]
        check_stored(stored, [mail._replace(helo=RELAY) for mail in self.expected(load)])


class Large:
    """A message that is larger than all the memory the relay may have."""

    name = "curl-relay-smtp-sink"

    def __init__(self) -> None:
        self.curl = clients.Curl()
        self.next_hop = SmtpSinkReceiver()

    def install(self, cache: Path) -> None:
        self.curl.install(cache)
        self.next_hop.install(cache)

    def trials(self) -> list[Trial]:
        return [Trial("100-MB", self.run)]

    def run(self, bench: Bench) -> str:
        relay = Relay(bench, self.next_hop.start(bench, next_hop_way(is_lmtp=False)))
        octets = numbered_lines(100_000_000)
        succeeded, transcript = self.curl.send(bench, relay, Case("100-MB", (octets,)))  # type: ignore[arg-type]
        if not succeeded:
            raise Failure(f"the client says: {last_line(transcript)}")
        (file,) = self.next_hop.dumps.iterdir()
        lines = octets.count(b"\n")
        if not 0 < file.stat().st_size - (len(octets) - lines) < 1000:
            raise Failure(f"{file.stat().st_size} octets came of {len(octets)}")
        return relay.check_memory()


class Merging:
    """smtplib, by SMTP, to smtpd by LMTP: several replies become one."""

    name = "smtplib-relay-lmtp-smtpd"

    def install(self, cache: Path) -> None:
        """There is nothing to install."""

    def trials(self) -> list[Trial]:
        return [
            Trial("none-has-room", partial(self.run, (FULL,), (), "452 4.2.2")),
            Trial(
                "some-have-room",
                partial(self.run, (RECIPIENT, FULL), (RECIPIENT,), f"<{FULL}>: 452 4.2.2"),
            ),
        ]

    def run(
        self, rcpt_to: tuple[str, ...], taken: tuple[str, ...], refusal: str, bench: Bench
    ) -> None:
        next_hop = SmtpdReceiver()
        way = next_hop_way(is_lmtp=True)
        relay = Relay(bench, next_hop.start(bench, way), is_lmtp=True)
        case = Case("full", (PLAIN,), rcpt_to=rcpt_to)
        succeeded, transcript = clients.Smtplib().send(bench, relay, case)  # type: ignore[arg-type]
        if succeeded or refusal not in transcript:
            raise Failure(f"the client did not see {refusal} in {transcript!r}")
        if taken and not transcript.startswith("554 "):
            raise Failure(f"not 554: {transcript!r}")
        stored = [mail.rcpt_to for mail in mails(next_hop, bench, way)]
        if stored != ([taken] if taken else []):
            raise Failure(f"stored for {stored}")


MOST_CASES = (
    "plain",
    "leading-dots",
    "final-dot",
    "line-of-998",
    "8-bit",
    "empty",
    "50-recipients",
    "two-messages",
    "10-MB",
)

RELAYED = (
    Relayed(
        clients.Smtplib(),
        AiosmtpdReceiver(),
        *(*MOST_CASES, "smtputf8", "refused-recipient"),
    ),
    Relayed(clients.Curl(), SmtpSinkReceiver(), *MOST_CASES),
    Relayed(
        clients.Swaks(),
        SmtpdReceiver(),
        *("plain", "leading-dots", "8-bit", "null-sender"),
        *("50-recipients", "refused-recipient"),
    ),
    Relayed(
        clients.SwaksPipelining(),
        SmtpdReceiver(),
        *("plain", "50-recipients", "refused-recipient"),
    ),
    Relayed(clients.Smtplib(), SmtpSinkReceiver(), *MOST_CASES, is_lmtp=True),
    Relayed(
        clients.Smtplib(),
        SmtpdReceiver(),
        *("plain", "smtputf8", "refused-recipient", "two-messages"),
        is_lmtp=True,
    ),
    RelayedWays(senders.Smtplib(), "dsn", "smtputf8", "8bitmime"),
    RelayedWays(senders.Swaks(), "lmtp"),
    RelayedWays(senders.Swaks(), "lmtp", is_lmtp=True),
    RelayedWays(senders.Nodemailer(), "lmtp", is_lmtp=True),
    # By BDAT, which ends at the relay.
    RelayedWays(EximRelay(), "dsn", "smtputf8"),
    RelayedWays(EximRelay(), "lmtp", is_lmtp=True),
    Merging(),
    SmtpSource(),
    Large(),
)
