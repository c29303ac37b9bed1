"""The ways in which mail is brought to smtpd: data only, and what a way is.

A way says where the client connects, how it shows who it is, what it asks for,
and what must come of it. How a client does it is the business of `senders.py`,
how sendmail does it that of `receivers/`.
"""

import base64
import hmac
import json
from dataclasses import dataclass, field

from cases import HELO, RECIPIENT, REFUSED, ROOM_FOR_ALL, SENDER, message

USER, PASSWORD = "me", "open sesame"


def token(key: bytes) -> str:
    """For that user, signed by who has the key (RFC 7519)."""

    def encoded(octets: bytes) -> bytes:
        return base64.urlsafe_b64encode(octets).rstrip(b"=")

    claims = json.dumps({"sub": USER, "iat": 1_000_000_000, "exp": 10_000_000_000})
    signed = b".".join(map(encoded, (b'{"alg":"HS256","typ":"JWT"}', claims.encode())))
    return (signed + b"." + encoded(hmac.digest(key, signed, "sha256"))).decode()


TOKEN_KEY = b"the secret of who gives tokens out"
TOKEN = token(TOKEN_KEY)
LOCAL_DOMAIN = "server.example"
ELSEWHERE = "somebody@elsewhere.example"
# smtpd answers this local part with 452 4.2.2; in LMTP, after the message.
FULL = "full@server.example"

LAST_LINE = b"bye"
# What every client here can send as it is: dots, 8-bit, blanks at the end of a
# line, a long line.
OCTETS = message(
    b".",
    b"..x",
    "grüße, привет".encode(),
    b"blanks  ",
    b"x" * 900,
    b"",
    LAST_LINE,
)


@dataclass(frozen=True)
class Way:
    """How a message comes, and what must come of it."""

    name: str
    # Which listener: smtp, submission, smtps or lmtp.
    kind: str = "smtp"
    starttls: bool = False
    mechanism: str | None = None
    user: str = USER
    password: str = PASSWORD
    token: str = TOKEN
    helo: str = HELO
    messages: tuple[bytes, ...] = (OCTETS,)
    mail_from: str = SENDER
    rcpt_to: tuple[str, ...] = (RECIPIENT,)
    # Parameters asked for; every one of them must be among those stored.
    mail_parameters: dict[str, str | bool] = field(default_factory=dict)
    rcpt_parameters: dict[str, str | bool] = field(default_factory=dict)
    chunked: bool = False
    pipelining: bool = True
    # Whose certificate the client takes: that of the server, anybody's, others'.
    trust: str = "server"
    # Who vouches for the client's certificate, "known" to the server or
    # "unknown"; None, if it has no certificate.
    authority: str | None = None
    # Whom the message is stored for; nobody, if it is refused.
    accepted: tuple[str, ...] = (RECIPIENT,)
    # How the replies begin that refuse something.
    refusals: tuple[str, ...] = ()
    # What smtpd must tell of the session.
    traced: str = ""
    max_size: int = ROOM_FOR_ALL
    # How often each message is sent, on how many connections.
    count: int = 1
    connections: int = 1
    # Tried with --all only.
    is_slow: bool = False

    def tls(self) -> bool:
        return self.starttls or self.kind == "smtps"

    def is_ascii(self) -> bool:
        return "".join((self.mail_from, *self.rcpt_to)).isascii()

    def protocol(self) -> str:
        """The `with` value of a Received field (RFC 3848, RFC 6531)."""
        word = "LMTP" if self.kind == "lmtp" else "SMTP"
        extended = "UTF8" if not self.is_ascii() else "" if word == "LMTP" else "E"
        secured = ("S" if self.tls() else "") + ("A" if self.mechanism else "")
        return extended + word + secured

    def facts(self) -> dict[str, object]:
        """What must be stored beside the message."""
        return {
            "helo": self.helo,
            "protocol": self.protocol(),
            "tls": self.tls(),
            "identity": self.user if self.mechanism else None,
            "chunked": self.chunked,
            "mail_from": self.mail_from,
            "rcpt_to": list(self.accepted),
        }


def submission(name: str, mechanism: str, **rest: object) -> Way:
    """Through STARTTLS and AUTH, so that mail may go anywhere."""
    return Way(
        name,
        kind="submission",
        starttls=True,
        mechanism=mechanism,
        **{"rcpt_to": (ELSEWHERE,), "accepted": (ELSEWHERE,)} | rest,  # type: ignore[arg-type]
    )


WAYS = (
    Way("starttls", starttls=True),
    Way("implicit-tls", kind="smtps"),
    submission("auth-plain", "PLAIN"),
    submission("auth-login", "LOGIN"),
    submission("auth-cram-md5", "CRAM-MD5"),
    submission("auth-scram-sha-1", "SCRAM-SHA-1"),
    submission("auth-scram-sha-256", "SCRAM-SHA-256"),
    submission("auth-scram-sha-1-plus", "SCRAM-SHA-1-PLUS"),
    submission("auth-scram-sha-256-plus", "SCRAM-SHA-256-PLUS"),
    submission("auth-anonymous", "ANONYMOUS"),
    submission("auth-xoauth2", "XOAUTH2"),
    submission("auth-oauthbearer", "OAUTHBEARER"),
    submission("auth-external", "EXTERNAL", authority="known", traced="C: AUTH EXTERNAL"),
    Way("auth-over-implicit-tls", kind="smtps", mechanism="PLAIN"),
    submission(
        "wrong-password",
        "PLAIN",
        password="open barley",
        accepted=(),
        refusals=("535 5.7.8",),
    ),
    submission(
        "wrong-password-cram-md5",
        "CRAM-MD5",
        password="open barley",
        accepted=(),
        refusals=("535 5.7.8",),
    ),
    submission(
        "wrong-password-scram",
        "SCRAM-SHA-256",
        password="open barley",
        accepted=(),
        refusals=("535 5.7.8",),
    ),
    submission(
        "wrong-password-scram-plus",
        "SCRAM-SHA-256-PLUS",
        password="open barley",
        accepted=(),
        refusals=("535 5.7.8",),
    ),
    submission(
        "wrong-token",
        "XOAUTH2",
        token=token(b"the secret of somebody else"),
        accepted=(),
        refusals=("535 5.7.8",),
    ),
    # Not with EXTERNAL before it.
    submission("no-certificate", "EXTERNAL", accepted=(), traced="S: 250-AUTH SCRAM-"),
    submission(
        "certificate-of-others",
        "EXTERNAL",
        authority="unknown",
        accepted=(),
        traced="BadSignature",
    ),
    submission(
        "external-for-another",
        "EXTERNAL",
        authority="known",
        user="another",
        accepted=(),
        refusals=("535 5.7.8",),
    ),
    Way("no-relay", rcpt_to=(ELSEWHERE,), accepted=(), refusals=("550 5.7.1",)),
    Way(
        "dsn",
        mail_parameters={"RET": "HDRS", "ENVID": "a+2Bb"},
        rcpt_parameters={
            "NOTIFY": "SUCCESS,DELAY",
            "ORCPT": "rfc822;first@server.example",
        },
    ),
    Way(
        "smtputf8",
        mail_from="jörg@client.example",
        rcpt_to=("почта@server.example",),
        mail_parameters={"SMTPUTF8": True},
        accepted=("почта@server.example",),
    ),
    Way("8bitmime", mail_parameters={"BODY": "8BITMIME"}),
    Way(
        "lmtp",
        kind="lmtp",
        rcpt_to=(RECIPIENT, FULL, REFUSED, "three@server.example"),
        accepted=(RECIPIENT, "three@server.example"),
        refusals=("452 4.2.2", "550 5.1.1"),
    ),
    Way("lmtp-starttls", kind="lmtp", starttls=True),
)


def ways_named(*names: str) -> list[Way]:
    by_name = {way.name: way for way in WAYS}
    return [by_name[name] for name in names]
