"""What a server is, and what it must have stored."""

import json
from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from cases import PLAIN
from deliveries import STRONGEST, deliveries_named
from harness import Bench, Failure, first_difference
from peers import Trial
from receivers.programs import blocking_client, sendmail
from registries import certificate, client_certificates
from ways import LAST_LINE, USER, Way


class Stored(NamedTuple):
    """A message as it was sent, and the facts about it that the server tells."""

    octets: bytes
    facts: dict[str, object]


class Copy(NamedTuple):
    """What a server stores that has a file for each recipient."""

    transaction: str
    recipient: str
    stored: Stored


class Receiver:
    """A server that is tried with some of DELIVERIES."""

    name: str
    # What sendmail sends, and what blocking_client sends too.
    WAYS: tuple[str, ...]
    BLOCKING: tuple[str, ...] = ()
    # What is in its report about the message of the way "dsn"; None if it sends none.
    REPORTED: tuple[str, ...] | None = ("Original-Envelope-Id: a+b",)
    # Of the mechanisms that it offers.
    STRONGEST_MECHANISM = "SCRAM-SHA-256"

    def install(self, cache: Path) -> None:
        self.certificate = certificate(cache)
        self.clients = client_certificates(cache, USER)

    def start(self, bench: Bench, way: Way) -> int:
        """Start the server; returns the port where mail comes this way."""
        raise NotImplementedError

    def stored(self, bench: Bench, way: Way) -> list[Stored]:
        """All messages, once there is none on its way any more."""
        raise NotImplementedError

    def trials(self) -> list[Trial]:
        trials = [
            Trial(way.name, partial(self.run, way), way.is_slow)
            for way in deliveries_named(*self.WAYS)
        ]
        for way in deliveries_named(*self.BLOCKING):
            trials.append(Trial(f"blocking-{way.name}", partial(self.run_blocking, way)))
        if self.BLOCKING:
            trials.append(Trial("blocking-bare-lf-on-stdin", self.run_bare_lf))
        return trials

    def run(self, way: Way, bench: Bench) -> None:
        client = self.clients.by.get(way.authority)
        sendmail(bench, self.start(bench, way), way, self.certificate, client)
        self.check(bench, way)

    def run_blocking(self, way: Way, bench: Bench) -> None:
        blocking_client(bench, self.start(bench, way), way)
        self.check(bench, way)

    def run_bare_lf(self, bench: Bench) -> None:
        """blocking_client makes CRLF of each LF, and reads standard input."""
        way = Way("bare-lf", messages=(PLAIN,))
        blocking_client(bench, self.start(bench, way), way, PLAIN.replace(b"\r\n", b"\n"))
        self.check(bench, way)

    def reports(self, way: Way) -> int:
        """How many it sends, being asked to report success."""
        is_wanted = way.accepted and way.rcpt_parameters and self.REPORTED is not None
        return len(way.messages) if is_wanted else 0

    def mails(self, way: Way) -> int:
        """How many come to be stored, reports among them."""
        sent = len(way.messages) * way.count
        return (sent if way.accepted else 0) + self.reports(way)

    def check(self, bench: Bench, way: Way) -> None:
        stored = self.stored(bench, way)
        reports = [one for one in stored if is_report(one)]
        if len(reports) != self.reports(way):
            raise Failure(f"{len(reports)} reports, not {self.reports(way)}")
        for report in reports:
            check_report(report.octets, self.REPORTED or ())
        messages = [one for one in stored if one not in reports]
        check_stored(messages, way, self.facts(way))

    def facts(self, way: Way) -> dict[str, object]:
        is_any = way.mechanism == STRONGEST
        return way.facts() | {
            "mechanism": self.STRONGEST_MECHANISM if is_any else way.mechanism,
            "mail_parameters": way.mail_parameters,
            "rcpt_parameters": [way.rcpt_parameters for _ in way.accepted],
            "sessions": way.connections,
        }


def read_stored(directory: Path) -> list[Stored]:
    """The messages in the form in which blocking_server stores them."""
    return [
        Stored(path.read_bytes(), json.loads(path.with_suffix(".json").read_text("utf-8")))
        for path in directory.glob("*.eml")
    ]


def gathered(copies: Iterable[Copy]) -> list[Stored]:
    """The messages of which these are copies."""
    recipients = defaultdict(list)
    facts: dict[tuple[str, bytes], dict[str, object]] = {}
    for copy in copies:
        # Dovecot has one name for all that comes through a connection.
        key = (copy.transaction, copy.stored.octets)
        recipients[key].append(copy.recipient)
        if facts.setdefault(key, copy.stored.facts) != copy.stored.facts:
            raise Failure(f"{copy.stored.facts}, not {facts[key]}")
    return [
        Stored(octets, facts[transaction, octets] | {"rcpt_to": of_all})
        for (transaction, octets), of_all in recipients.items()
    ]


def is_report(stored: Stored) -> bool:
    return b"\r\ncontent-type: message/delivery-status\r\n" in stored.octets.lower()


def check_report(octets: bytes, fields: tuple[str, ...]) -> None:
    """It must tell of success, and have only the header of the message."""
    for field in (*fields, "Action: delivered", "Final-Recipient: rfc822;"):
        if field.lower().encode() not in octets.lower():
            raise Failure(f"no {field!r} in {octets!r}")
    if LAST_LINE in octets:
        raise Failure("the report has not only the header")


def check_stored(stored: list[Stored], way: Way, wanted: dict[str, object]) -> None:
    """Fail unless exactly the messages of the way were stored, in any order."""
    messages = sorted(way.messages * way.count) if way.accepted else []
    if len(stored) != len(messages):
        raise Failure(f"{len(stored)} messages stored, not {len(messages)}")
    stored.sort(key=lambda one: one.octets)
    for (got, facts), octets in zip(stored, messages, strict=True):
        if got != octets:
            raise Failure(first_difference(got, octets))
        for name, fact in facts.items():
            if not is_same(name, fact, wanted[name]):
                raise Failure(f"{name} {fact!r}, not {wanted[name]!r}")


def is_same(name: str, fact: object, wanted: object) -> bool:
    if name == "rcpt_to":
        # Copies for each come in no order.
        assert isinstance(fact, list) and isinstance(wanted, list)
        return sorted(fact) == sorted(wanted)
    if name == "sessions":
        # So far.
        assert isinstance(fact, int) and isinstance(wanted, int)
        return 1 <= fact <= wanted
    return fact == wanted
