"""smtpd among peers that misbehave: others are served, and memory stays bounded."""

import base64
import re
import smtplib
import socket
import ssl
import struct
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from cases import HELO, RECIPIENT, SENDER, message
from harness import LOOPBACK, Bench, Failure, resident
from peers import Trial
from smtpd_server import Smtpd
from ways import ELSEWHERE, USER

CROWD = 200
MESSAGES = 20
# Of all of the crowd together; each has its buffers and, without limits, would
# have as much as it sends or makes the server say.
GROWTH_LIMIT = 16 * 1024 * 1024
TRANSACTION = f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{RECIPIENT}>\r\nDATA\r\n".encode()
LINE = b"x" * 70 + b"\r\n"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def join(port: int) -> socket.socket:
    """A peer that has said hello."""
    peer = socket.create_connection((LOOPBACK, port))
    peer.recv(4096)
    peer.sendall(f"EHLO {HELO}\r\n".encode())
    said = b""
    while not re.search(rb"^250 .*\n", said, re.MULTILINE):
        said += peer.recv(4096)
    return peer


def begin_message(peer: socket.socket) -> None:
    peer.sendall(TRANSACTION)
    said = b""
    while b"354 " not in said:
        said += peer.recv(4096)
    peer.sendall(LINE * 100)


def vanish(peers: list[socket.socket]) -> None:
    """In the middle of a message the connection is cut, not closed."""
    for peer in peers:
        begin_message(peer)
    for peer in peers:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        peer.close()


def drip(peers: list[socket.socket]) -> None:
    """A command comes octet by octet, and a message too; neither ends."""
    for peer in peers[::2]:
        begin_message(peer)
    for octet in b"NOOP and so on":
        for peer in peers:
            peer.send(bytes((octet,)))
        time.sleep(0.01)


def never_read(peers: list[socket.socket]) -> None:
    """As many commands as the server and the network take; no reply is read."""
    flood = b"VRFY nobody\r\nHELP\r\n" + b"NOOP\r\n" * 1000
    for peer in peers:
        peer.setblocking(False)
    # Bounded; a server that buffered what it has to say would have it all.
    for _ in range(200):
        for peer in peers:
            try:
                peer.send(flood)
            except (BlockingIOError, ConnectionError):
                pass


def fill(peers: list[socket.socket]) -> None:
    """Lines and commands without an end."""
    for peer in peers:
        peer.setblocking(False)
    for _ in range(200):
        for peer in peers:
            try:
                peer.send(b"x" * 65536)
            except (BlockingIOError, ConnectionError):
                pass


class Hostile:
    """Python sockets, and smtplib among them."""

    name = "hostile-crowd"

    def install(self, cache: Path) -> None:
        """There is nothing to install."""

    def trials(self) -> list[Trial]:
        deeds = {
            "cut-mid-body": vanish,
            "slow-drip": drip,
            "never-reads": never_read,
            "endless-lines": fill,
        }
        crowds = [Trial(name, partial(self.run, deed)) for name, deed in deeds.items()]
        return [
            *crowds,
            Trial("names-probed", self.run_names),
            Trial("nobody-relays", self.run_nobody),
        ]

    def run_nobody(self, bench: Bench) -> None:
        """Who has authenticated as nobody may do what everybody may."""
        port = int(Smtpd(bench, "--anonymous").ports["smtps"])
        with encrypted(port) as session:
            codes = [session.docmd("AUTH", "ANONYMOUS =")[0], session.mail(SENDER)[0]]
            codes += [session.rcpt(address)[0] for address in (ELSEWHERE, RECIPIENT)]
        if codes != [235, 250, 550, 250]:
            raise Failure(f"{codes}")

    def run_names(self, bench: Bench) -> None:
        """What SCRAM shows of a user tells nobody whether there is one: always
        the same salts, and another for each hash."""
        port = int(Smtpd(bench).ports["smtps"])
        for name in (USER, "nobody"):
            shown = [
                [show(port, mechanism, name) for mechanism in ("SCRAM-SHA-1", "SCRAM-SHA-256")]
                for _ in range(2)
            ]
            salts = {salt for both in shown for salt, _ in both}
            iterations = {count for both in shown for _, count in both}
            if shown[0] != shown[1] or len(salts) != 2 or iterations != {"i=4096"}:
                raise Failure(f"{name}: {shown}")

    def run(self, deed: Callable[[list[socket.socket]], None], bench: Bench) -> str:
        smtpd = Smtpd(bench)
        port = int(smtpd.ports["smtp"])
        send_some(port)
        before = resident(bench.last_pid())
        crowd = [join(port) for _ in range(CROWD)]
        try:
            deed(crowd)
            send_some(port)
            grown = resident(bench.last_pid()) - before
        finally:
            for peer in crowd:
                peer.close()
        if grown > GROWTH_LIMIT:
            raise Failure(f"{grown} octets more resident")
        stored = smtpd.stored()
        if len(stored) != 2 * MESSAGES:
            raise Failure(f"{len(stored)} messages stored, not {2 * MESSAGES}")
        # What was begun by those who have gone is gone.
        bench.wait_for(lambda: not list(smtpd.maildir.glob("*.tmp")) or None)
        return f"{grown // CROWD} octets more resident for each of {CROWD}"


def encrypted(port: int) -> smtplib.SMTP_SSL:
    """A session that has said hello to who shows any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    session = smtplib.SMTP_SSL(LOOPBACK, port, HELO, context=context)
    session.ehlo()
    return session


def show(port: int, mechanism: str, name: str) -> tuple[str, str]:
    """The salt and the iterations of that user."""
    first = base64.b64encode(f"n,,n={name},r=nonce".encode()).decode()
    with encrypted(port) as session:
        code, challenge = session.docmd("AUTH", f"{mechanism} {first}")
        if code != 334:
            raise Failure(f"{code} {challenge!r}")
        session.docmd("*")
    _, salt, iterations = base64.b64decode(challenge).decode().split(",")
    return salt, iterations


def send_some(port: int) -> None:
    with smtplib.SMTP(LOOPBACK, port, local_hostname=HELO) as session:
        for number in range(MESSAGES):
            session.sendmail(SENDER, [RECIPIENT], message(b"message %d" % number))
