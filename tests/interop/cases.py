"""The messages and envelopes every peer is tried with: data only.

A case says what is sent and what must come of it. How a peer sends or stores
it is the business of `clients.py` and `receivers/`, which also say the cases
a peer cannot do.
"""

from dataclasses import dataclass
from typing import NamedTuple

HELO = "client.example"
SENDER = "sender@client.example"
RECIPIENT = "one@server.example"
# blocking_server and the servers here answer this local part with 550.
REFUSED = "refused@server.example"

ROOM_FOR_ALL = 32 * 1024 * 1024


class Mail(NamedTuple):
    """One message with its envelope, as sent or as stored."""

    mail_from: str
    rcpt_to: tuple[str, ...]
    octets: bytes
    helo: str = HELO


@dataclass(frozen=True)
class Case:
    """What one session sends, and what must come of it."""

    name: str
    messages: tuple[bytes, ...]
    mail_from: str = SENDER
    rcpt_to: tuple[str, ...] = (RECIPIENT,)
    max_size: int = ROOM_FOR_ALL
    # How the reply begins that refuses a recipient or the message.
    refusal: str | None = None
    # False when the whole message is refused.
    stored: bool = True

    def accepted_recipients(self) -> tuple[str, ...]:
        return tuple(address for address in self.rcpt_to if address != REFUSED)

    def mails_stored(self) -> list[Mail]:
        if not self.stored:
            return []
        recipients = self.accepted_recipients()
        return [Mail(self.mail_from, recipients, octets) for octets in self.messages]


def message(*body_lines: bytes) -> bytes:
    header = (
        f"From: <{SENDER}>".encode(),
        b"Date: Sat, 21 Nov 2026 23:00:00 +0000",
        b"Subject: interop",
        b"Message-ID: <1@client.example>",
    )
    return b"".join(line + b"\r\n" for line in (*header, b"", *body_lines))


def numbered_lines(octets: int) -> bytes:
    """A message of about that size; numbers show where a line went missing.

    Every line begins with a dot, so that stuffing is tried at whatever places
    the octets are cut into reads.
    """
    line = b".%08d " + b"x" * 60
    return message(*(line % number for number in range(octets // 72)))


PLAIN = message(b"Hello,", b"", b"trailing blanks  ", b"\ttab", b"", b"bye")
DOTS = message(b".", b"..", b".x", b"...", b". .", b"", b".", b".", b"x.")
FINAL_DOT = message(b"x", b".")
EIGHT_BIT = message("grüße, привет".encode(), bytes(range(0x80, 0x100)))
FIFTY = tuple(f"user{number}@server.example" for number in range(50))

CASES = (
    Case("plain", (PLAIN,)),
    Case("leading-dots", (DOTS,)),
    Case("final-dot", (FINAL_DOT,)),
    Case("line-of-998", (message(b"x" * 998, b"." + b"y" * 997),)),
    # Longer than RFC 5321 section 4.5.3.1.6 lets a client send.
    Case("line-of-8000", (message(b"x" * 8000, b"." + b"y" * 7999),)),
    Case("8-bit", (EIGHT_BIT,)),
    Case("empty", (b"",)),
    Case("null-sender", (PLAIN,), mail_from=""),
    Case(
        "smtputf8",
        (EIGHT_BIT,),
        mail_from="jörg@client.example",
        rcpt_to=("почта@server.example",),
    ),
    Case("50-recipients", (PLAIN,), rcpt_to=FIFTY),
    Case(
        "refused-recipient",
        (PLAIN,),
        rcpt_to=(RECIPIENT, REFUSED, "three@server.example"),
        refusal="550 5.1.1",
    ),
    Case("two-messages", (DOTS, PLAIN)),
    Case("10-MB", (numbered_lines(10_000_000),)),
    Case(
        "over-max-size",
        (numbered_lines(200_000),),
        max_size=100_000,
        refusal="552 5.3.4",
        stored=False,
    ),
)


def cases_named(*names: str) -> list[Case]:
    by_name = {case.name: case for case in CASES}
    return [by_name[name] for name in names]
