"""sendmail and servers that want a password, or mail, and have no right to it."""

import base64
import binascii
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from cases import PLAIN, RECIPIENT, SENDER
from harness import LOOPBACK, Bench, Failure
from peers import Trial
from registries import certificate
from smtpd_server import Smtpd
from ways import PASSWORD, USER

SESSION_FAILED = 2
SALT = base64.b64encode(b"any salt").decode()


class Tempter(NamedTuple):
    """What a server says, and what sendmail must say about it."""

    name: str
    offers: tuple[str, ...]
    why: str
    # To one command after the other, STARTTLS among them; then 235 to all.
    says: tuple[str, ...] = ()
    has_tls: bool = True
    options: tuple[str, ...] = ()


def scram(iterations: int) -> str:
    """`NONCE` is the client's."""
    return f"r=NONCEmore,s={SALT},i={iterations}"


NO_MECHANISM = "no mechanism that can be used here"
SCRAM = ("AUTH SCRAM-SHA-256 CRAM-MD5 PLAIN LOGIN",)
TEMPTERS = (
    Tempter("no-tls", ("AUTH PLAIN LOGIN XOAUTH2",), NO_MECHANISM, has_tls=False),
    Tempter(
        "tls-not-now",
        ("STARTTLS", "AUTH PLAIN LOGIN"),
        NO_MECHANISM,
        says=("454 4.7.0 Not now",),
        has_tls=False,
    ),
    Tempter(
        "injection",
        ("STARTTLS", "AUTH PLAIN"),
        "octets in plaintext",
        says=("220 Ready\r\n250 AUTH PLAIN",),
        has_tls=False,
    ),
    Tempter("others-mechanisms", ("AUTH EXTERNAL ANONYMOUS GSSAPI NTLM",), NO_MECHANISM),
    Tempter("another-mechanism", SCRAM, NO_MECHANISM, options=("--mechanism", "SCRAM-SHA-1")),
    Tempter("no-proof", SCRAM, "has proved nothing", says=(scram(4096),)),
    Tempter(
        "wrong-proof",
        SCRAM,
        "signature is wrong",
        says=(scram(4096), "v=" + base64.b64encode(bytes(32)).decode(), "535 5.7.8 No"),
    ),
    Tempter("weak-proof", SCRAM, "1 iterations", says=(scram(1), "535 5.7.8 No")),
    Tempter("long-proof", SCRAM, "4294967295 iterations", says=(scram(2**32 - 1), "535 5.7.8 No")),
    Tempter("refusal", SCRAM, "535 5.7.8 Try PLAIN", says=("535 5.7.8 Try PLAIN",)),
)


class Server(threading.Thread):
    """Serves one connection."""

    def __init__(self, tempter: Tempter, tls: ssl.SSLContext) -> None:
        super().__init__(daemon=True)
        self.tempter, self.tls = tempter, tls
        self.heard: list[bytes] = []
        self.listener = socket.create_server((LOOPBACK, 0))
        self.address = f"{LOOPBACK}:{self.listener.getsockname()[1]}"

    def run(self) -> None:
        connection, _ = self.listener.accept()
        try:
            if self.tempter.has_tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rwb", buffering=0) as stream:
                stream.write(b"220 server.example\r\n")
                says = iter(self.tempter.says)
                for line in stream:
                    self.heard.append(line)
                    stream.write(self.answer(line, says).encode() + b"\r\n")
        except OSError:
            pass  # sendmail may hang up.

    def answer(self, line: bytes, says: Iterator[str]) -> str:
        if line.startswith(b"EHLO"):
            offers = ("server.example", *self.tempter.offers)
            return "".join(f"250-{offer}\r\n" for offer in offers) + "250 HELP"
        if line.startswith(b"QUIT"):
            return "221 2.0.0 Bye"
        said = next(says, "235 2.7.0 Come in")
        if not re.match("[rv]=", said):
            return said
        nonce = next((m[1] for l in self.heard if (m := re.search(rb"r=(.*)", decoded(l)))), b"")
        challenge = said.replace("NONCE", nonce.decode())
        return f"334 {base64.b64encode(challenge.encode()).decode()}"


class InBetween(threading.Thread):
    """Ends the TLS of one connection, begins another with the server, and passes
    on what is said: to the client, all but those words."""

    def __init__(self, tls: ssl.SSLContext, port: int, withheld: bytes) -> None:
        super().__init__(daemon=True)
        self.tls, self.port, self.withheld = tls, port, withheld
        self.heard: list[bytes] = []
        self.listener = socket.create_server((LOOPBACK, 0))
        self.address = f"{LOOPBACK}:{self.listener.getsockname()[1]}"

    def run(self) -> None:
        anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        server = anybody.wrap_socket(socket.create_connection((LOOPBACK, self.port)))
        client = self.tls.wrap_socket(self.listener.accept()[0], server_side=True)
        with client, server, client.makefile("rb") as asked, server.makefile("rb") as said:
            try:
                self.tell(client, said)
                for line in asked:
                    self.heard.append(line)
                    server.sendall(line)
                    self.tell(client, said)
            except OSError:
                pass  # sendmail may hang up.

    def tell(self, client: socket.socket, said: BinaryIO) -> None:
        """A reply."""
        for line in said:
            client.sendall(re.sub(self.withheld, b"", line))
            if line[3:4] != b"-":
                return


def decoded(line: bytes) -> bytes:
    """What the last word says, if it is base64."""
    try:
        return base64.b64decode(line.split()[-1], validate=True)
    except (IndexError, binascii.Error):
        return b""


class Tempters:
    """Python's sockets."""

    name = "tempter"

    def install(self, cache: Path) -> None:
        self.certificate = certificate(cache)

    def trials(self) -> list[Trial]:
        return [
            *(Trial(tempter.name, partial(self.run, tempter)) for tempter in TEMPTERS),
            Trial("in-between", partial(self.run_between, b"$^", b"p=tls-exporter,")),
            Trial("in-between-hiding", partial(self.run_between, rb"\S+-PLUS ", b"y,")),
        ]

    def run(self, tempter: Tempter, bench: Bench) -> None:
        server = Server(tempter, self.tls())
        tls = ("--tls",) if tempter.has_tls else ()
        self.check_refused(bench, server, tempter.why, *tls, *tempter.options)

    def run_between(self, withheld: bytes, flag: bytes, bench: Bench) -> None:
        """What binds to the TLS channel is of no use on another one; and that
        the server could bind cannot be hidden (RFC 5802 §6)."""
        smtpd = Smtpd(bench)
        between = InBetween(self.tls(), int(smtpd.ports["smtps"]), withheld)
        self.check_refused(bench, between, "535 5.7.8", "--tls")
        if not any(decoded(line).startswith(flag) for line in between.heard):
            raise Failure(f"no {flag!r} in {between.heard}")

    def tls(self) -> ssl.SSLContext:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.certificate.chain, self.certificate.key)
        return tls

    def check_refused(
        self, bench: Bench, server: Server | InBetween, why: str, *options: str
    ) -> None:
        """Fail unless sendmail leaves, says why, and has given nothing away."""
        server.start()
        result = bench.run(
            bench.programs.sendmail,
            *("--connect", server.address, "--from", SENDER, "--to", RECIPIENT),
            *("--user", USER, "--password", PASSWORD, "--insecure", *options),
            stdin=PLAIN,
        )
        if result.status != SESSION_FAILED or why not in result.stderr:
            raise Failure(f"exit status {result.status}: {result.stderr!r}")
        for line in server.heard:
            if line.startswith((b"MAIL", b"AUTH PLAIN", b"AUTH LOGIN", b"AUTH CRAM")):
                raise Failure(f"said {line!r}")
            if PASSWORD.encode() in line + decoded(line):
                raise Failure(f"told the password: {line!r}")
