"""What sendmail is told, and what a server must have stored then."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from deliveries import STRONGEST, deliveries_named
from harness import LOOPBACK, Bench, Failure, first_difference
from peers import Trial
from registries import Certificate, certificate
from ways import LAST_LINE, USER, Way

# Exit statuses of sendmail.
ALL_ACCEPTED, SOME_REFUSED, SESSION_FAILED = 0, 1, 2


class Stored(NamedTuple):
    """A message as it was sent, and those of `Way.facts` that the server tells."""

    octets: bytes
    facts: dict[str, object]


DSN_OPTIONS = {"--dsn-ret": "RET", "--dsn-envid": "ENVID", "--dsn-notify": "NOTIFY"}


class Copy(NamedTuple):
    """What a server stores that has a file for each recipient."""

    transaction: str
    recipient: str
    stored: Stored


def read_stored(directory: Path) -> list[Stored]:
    """The messages in the form in which blocking_server stores them."""
    return [
        Stored(path.read_bytes(), json.loads(path.with_suffix(".json").read_text("utf-8")))
        for path in directory.glob("*.eml")
    ]


def gathered(copies: Iterable[Copy]) -> list[Stored]:
    """The messages of which these are copies."""
    recipients = defaultdict(list)
    facts = {}
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


class Receiver:
    """A server that is tried with some of DELIVERIES."""

    name: str
    WAYS: tuple[str, ...]
    # What is in its report about the message of the way "dsn"; None if it sends none.
    REPORTED: tuple[str, ...] | None = ("Original-Envelope-Id: a+b",)

    def install(self, cache: Path) -> None:
        self.certificate = certificate(cache)

    def start(self, bench: Bench, way: Way) -> int:
        """Start the server; returns the port where mail comes this way."""
        raise NotImplementedError

    def stored(self, bench: Bench, way: Way) -> list[Stored]:
        """All messages, once there is none on its way any more."""
        raise NotImplementedError

    def trials(self) -> list[Trial]:
        return [Trial(way.name, partial(self.run, way)) for way in deliveries_named(*self.WAYS)]

    def mails(self, way: Way) -> int:
        """How many come to be stored, reports among them."""
        if not way.accepted:
            return 0
        return len(way.messages) * (2 if self.is_reported(way) else 1)

    def is_reported(self, way: Way) -> bool:
        return bool(way.rcpt_parameters) and self.REPORTED is not None

    def run(self, way: Way, bench: Bench) -> None:
        port = self.start(bench, way)
        send(bench, port, way, self.certificate)
        stored = self.stored(bench, way)
        reports = [one for one in stored if is_report(one)]
        check_stored([one for one in stored if one not in reports], way)
        wanted = len(way.messages) if self.is_reported(way) else 0
        if len(reports) != wanted:
            raise Failure(f"{len(reports)} reports, not {wanted}")
        for report in reports:
            check_report(report.octets, self.REPORTED or ())


def is_report(stored: Stored) -> bool:
    return b"\r\ncontent-type: message/delivery-status\r\n" in stored.octets.lower()


def check_report(octets: bytes, fields: tuple[str, ...]) -> None:
    """It must tell of success, and have only the header of the message."""
    for field in (*fields, "Action: delivered", "Final-Recipient: rfc822;"):
        if field.lower().encode() not in octets.lower():
            raise Failure(f"no {field!r} in {octets!r}")
    if LAST_LINE in octets:
        raise Failure("the report has not only the header")


def send(bench: Bench, port: int, way: Way, certificate: Certificate) -> None:
    """Run sendmail, and check its exit status and what it prints."""
    files = [
        bench.write(f"message-{number}", octets) for number, octets in enumerate(way.messages)
    ]
    result = bench.run(
        bench.programs.sendmail,
        *("--connect", f"{LOOPBACK}:{port}", "--helo", way.helo),
        *options(way, certificate),
        *("--from", way.mail_from),
        *(part for to in way.rcpt_to for part in ("--to", to)),
        *files,
    )
    said = result.stdout + result.stderr
    for refusal in way.refusals:
        if refusal not in said:
            raise Failure(f"no {refusal} in {said!r}")
    wanted = SOME_REFUSED if way.refusals else ALL_ACCEPTED
    if way.refusals == ("535",):
        wanted = SESSION_FAILED
    if result.status != wanted:
        raise Failure(f"exit status {result.status}, not {wanted}: {said!r}")
    if wanted != SESSION_FAILED:
        check_lines(result.stdout.splitlines(), way)


def options(way: Way, certificate: Certificate) -> Iterable[str | Path]:
    if way.kind != "broken-tls":
        yield "--starttls" if way.starttls else "--tls" if way.tls() else "--plaintext"
    if way.tls():
        yield from ("--ca", certificate.chain)
    if way.mechanism:
        yield from ("--user", USER)
        if "OAUTH" in way.mechanism:
            yield from ("--token", way.token)
        else:
            yield from ("--password", way.password)
        if way.mechanism != STRONGEST:
            yield from ("--mechanism", way.mechanism)
    if way.kind == "lmtp":
        yield "--lmtp"
    parameters = way.mail_parameters | way.rcpt_parameters
    for option, name in DSN_OPTIONS.items():
        if name in parameters:
            yield from (option, from_xtext(str(parameters[name])))
    yield "--chunking" if way.chunked else "--no-chunking"


def from_xtext(text: str) -> str:
    return re.sub(r"\+(..)", lambda found: chr(int(found[1], 16)), text)


def check_lines(lines: list[str], way: Way) -> None:
    """There must be one line for each recipient of each message, with the
    reply that it got."""
    recipients = way.rcpt_to * len(way.messages)
    if len(lines) != len(recipients):
        raise Failure(f"{len(lines)} lines for {len(recipients)} recipients: {lines}")
    for recipient, line in zip(recipients, lines, strict=True):
        replies = ("250",) if recipient in way.accepted else way.refusals
        if recipient not in line or not any(reply in line for reply in replies):
            raise Failure(f"no {replies} for {recipient!r} in {line!r}")


def check_stored(stored: list[Stored], way: Way) -> None:
    """Fail unless exactly the messages of the way were stored, in any order."""
    wanted = sorted(way.messages) if way.accepted else []
    if len(stored) != len(wanted):
        raise Failure(f"{len(stored)} messages stored, not {len(wanted)}")
    for (got, facts), octets in zip(sorted(stored, key=lambda one: one.octets), wanted, strict=True):
        if got != octets:
            raise Failure(first_difference(got, octets))
        check_facts(facts, facts_of(way))


def facts_of(way: Way) -> dict[str, object]:
    return way.facts() | {
        "mail_parameters": way.mail_parameters,
        "rcpt_parameters": [way.rcpt_parameters for _ in way.accepted],
        # All messages come through one connection.
        "sessions": 1,
    }


def check_facts(facts: dict[str, object], wanted: dict[str, object]) -> None:
    for name, fact in facts.items():
        # Copies for each come in no order.
        same = sorted(fact) == sorted(wanted[name]) if name == "rcpt_to" else fact == wanted[name]
        if not same:
            raise Failure(f"{name} {fact!r}, not {wanted[name]!r}")
