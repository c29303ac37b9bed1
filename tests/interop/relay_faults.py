"""The relay between a next hop and a sender that fail: nothing is delivered in
part, nothing is lost, and the sender hears what the next hop said."""

import hashlib
import re
import smtplib
import socket
import struct
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO

from cases import HELO, PLAIN, RECIPIENT, SENDER
from clients import reply
from harness import LOOPBACK, Bench, Failure, free_port
from peers import Trial
from relaying import Relay, without_trace
from smtpd_server import Smtpd

END = b"\r\n.\r\n"
OFFER = "250-hop.example\r\n250-SIZE 300000000\r\n250 8BITMIME"
LINE = b"x" * 998 + b"\r\n"
# So many lines are 100 MB.
LARGE = 100_000
SECONDS_STOPPED = 2


class NextHop(threading.Thread):
    """Answers as it is told, one connection.

    `says` has a reply for the beginning of a command, `220` that for the
    connection; without one it is 250, to DATA 354. Behind a 354,
    `take` is what becomes of the connection.
    """

    def __init__(
        self, says: dict[str, str], take: Callable[[socket.socket], None] | None = None
    ) -> None:
        super().__init__(daemon=True)
        self.says = {
            "220": "220 hop.example",
            "EHLO": OFFER,
            "LHLO": OFFER,
            "DATA": "354 go on",
        } | says
        self.take = take or self.take_all
        self.heard: list[str] = []
        self.octets = b""
        self.server = socket.create_server((LOOPBACK, 0))
        self.port = int(self.server.getsockname()[1])
        self.start()

    def run(self) -> None:
        connection, _ = self.server.accept()
        with connection, connection.makefile("rb") as lines:
            try:
                self.serve(connection, lines)
            except ConnectionError:
                pass  # The relay may hang up.

    def serve(self, connection: socket.socket, lines: BinaryIO) -> None:
        self.say(connection, "220")
        for line in lines:
            command = line.decode().rstrip()
            self.heard.append(command)
            said = self.say(connection, command)
            if said.startswith("421"):
                return
            if said.startswith("354"):
                self.take(connection)

    def say(self, connection: socket.socket, command: str) -> str:
        replies = (r for start, r in self.says.items() if command.startswith(start))
        said = next(replies, "250 fine")
        connection.sendall(said.encode() + b"\r\n")
        return said

    def take_all(self, connection: socket.socket) -> None:
        """The message, to its end; `end` is the reply to it."""
        self.octets = b""
        while not self.octets.endswith(END):
            if not (read := connection.recv(65536)):
                return
            self.octets += read
        self.say(connection, "end")


def connected(relay: Relay) -> smtplib.SMTP:
    session = smtplib.SMTP(LOOPBACK, int(relay.port), local_hostname=HELO, timeout=30)
    session.ehlo()
    return session


def begin_data(session: smtplib.SMTP) -> socket.socket:
    """Where to write the message to."""
    session.putcmd("data")
    check("DATA", session.getreply()[0], 354)
    assert session.sock is not None
    return session.sock


def check(what: str, got: object, wanted: object) -> None:
    if got != wanted:
        raise Failure(f"{what}: {got!r}, not {wanted!r}")


class RelayFaults:
    """smtplib or a socket, the relay, and a next hop made for the case."""

    name = "relay-faults"

    def install(self, cache: Path) -> None:
        """There is nothing to install."""

    def trials(self) -> list[Trial]:
        return [
            Trial("words-carried", self.run_words),
            Trial("offer-follows", self.run_offer),
            Trial("next-hop-silent", self.run_silent),
            Trial("next-hop-refuses-service", self.run_no_service),
            Trial("next-hop-closes", self.run_closing),
            Trial("next-hop-lost-in-message", partial(self.run_lost, False)),
            Trial("next-hop-lost-after-message", partial(self.run_lost, True)),
            Trial("next-hop-lost-between-replies", self.run_lost_between),
            Trial("next-hop-refuses-in-message", self.run_early),
            Trial("next-hop-slow", self.run_slow),
            Trial("sender-lost-in-message", partial(self.run_sender_lost, False)),
            Trial("sender-reset-in-message", partial(self.run_sender_lost, True)),
            Trial("reset-and-again", self.run_reset),
            Trial("chunks", self.run_chunks),
            Trial("circle-of-mail", self.run_circle),
            Trial("circle-of-sessions", self.run_own_next_hop),
        ]

    def run_words(self, bench: Bench) -> None:
        """Codes, enhanced codes and texts, of several lines too."""
        hop = NextHop(
            {
                "MAIL": "250 2.1.0 who else",
                "RCPT TO:<one@": "251 2.1.5 will forward to <uno@server.example>",
                "RCPT TO:<two@": "450-4.2.1 not now,\r\n450 4.2.1 perhaps later",
                "RCPT TO:<three@": "553 5.1.3 never",
                "DATA": "354 tell me",
                "end": "554-5.7.1 that is\r\n554 5.7.1 spam",
            }
        )
        session = connected(Relay(bench, hop.port))
        said = [reply(*session.mail(SENDER))]
        for name in ("one", "two", "three"):
            said.append(reply(*session.rcpt(f"{name}@server.example")))
        said.append(reply(*session.data(PLAIN)))
        wanted = [
            "250 2.1.0 who else",
            "251 2.1.5 will forward to <uno@server.example>",
            "450 4.2.1 not now,\n4.2.1 perhaps later",
            "553 5.1.3 never",
            "554 5.7.1 that is\n5.7.1 spam",
        ]
        check("said", said, wanted)
        check("message", without_trace(hop.octets, "ESMTP"), PLAIN + END[2:])

    def run_offer(self, bench: Bench) -> None:
        """What the next hop does not offer is not taken for it."""
        hop = NextHop({"EHLO": "250-hop.example\r\n250-SIZE 50000\r\n250 DSN"})
        session = connected(Relay(bench, hop.port))
        check("SIZE", session.esmtp_features.get("size"), str(50000 - 1024))
        check("DSN", session.has_extn("dsn"), True)
        for keyword in ("8bitmime", "smtputf8", "mt-priority", "rrvs", "starttls"):
            check(keyword, session.has_extn(keyword), False)
        for parameter, code in (
            ("BODY=8BITMIME", 555),
            ("MT-PRIORITY=3", 555),
            ("SIZE=50000", 552),
            ("SIZE=1000 RET=HDRS AUTH=<>", 250),
        ):
            check(parameter, session.mail(SENDER, [parameter])[0], code)
        check("heard", hop.heard[1:], [f"MAIL FROM:<{SENDER}> RET=HDRS SIZE=2024"])

    def run_silent(self, bench: Bench) -> None:
        with socket.socket() as holder:
            # Bound and not listening.
            holder.bind((LOOPBACK, 0))
            relay = Relay(bench, holder.getsockname()[1])
            self.check_turned_away(relay, "421 relay.example The next hop does not answer")

    def run_no_service(self, bench: Bench) -> None:
        hop = NextHop({"220": "554 not for you"})
        self.check_turned_away(Relay(bench, hop.port), "554 not for you")

    def check_turned_away(self, relay: Relay, greeting: str) -> None:
        with socket.create_connection((LOOPBACK, int(relay.port))) as sender:
            said = sender.makefile("rb").read().decode()
        if not said.startswith(greeting):
            raise Failure(f"{said!r}, not {greeting}")

    def run_closing(self, bench: Bench) -> None:
        """421 to a command, and the sender is told the same, by the relay."""
        hop = NextHop({"RCPT": "421 4.3.2 going down"})
        session = connected(Relay(bench, hop.port))
        session.mail(SENDER)
        check("RCPT", reply(*session.rcpt(RECIPIENT)), "421 4.3.2 relay.example going down")

    def run_lost(self, after_end: bool, bench: Bench) -> None:
        """Lost after the end, the message may have come or not (RFC 1047)."""

        def take(connection: socket.socket) -> None:
            hop.octets = connection.recv(65536)
            while after_end and not hop.octets.endswith(END):
                hop.octets += connection.recv(65536)
            connection.shutdown(socket.SHUT_RDWR)

        hop = NextHop({}, take)
        session = connected(Relay(bench, hop.port))
        session.mail(SENDER)
        session.rcpt(RECIPIENT)
        octets = PLAIN + LINE * 1000
        said = reply(*session.data(octets))
        if not said.startswith("451 4.4.2"):
            raise Failure(f"DATA: {said}")
        check("ended", END in hop.octets, after_end)
        # The session is over, with a word.
        try:
            check("NOOP", session.noop()[0], 421)
        except smtplib.SMTPServerDisconnected:
            pass

    def run_lost_between(self, bench: Bench) -> None:
        """In LMTP: who was answered has the message, who was not is to be
        tried again."""

        def take(connection: socket.socket) -> None:
            hop.take_all(connection)
            connection.shutdown(socket.SHUT_RDWR)

        hop = NextHop({"end": "250 2.0.0 for one"}, take)
        relay = Relay(bench, hop.port, is_lmtp=True)
        session = smtplib.LMTP(LOOPBACK, int(relay.lmtp_port), HELO)
        session.ehlo()
        session.mail(SENDER)
        for name in ("one", "two", "three"):
            session.rcpt(f"{name}@server.example")
        begin_data(session).sendall(PLAIN + END[2:])
        said = [reply(*session.getreply()) for _ in range(3)]
        lost = "451 4.4.2 The connection to the next hop was lost"
        check("end", said, ["250 2.0.0 for one", lost, lost])

    def run_early(self, bench: Bench) -> None:
        """The reason is carried, though it comes in the middle."""

        def take(connection: socket.socket) -> None:
            connection.recv(65536)
            connection.sendall(b"552 5.3.4 enough of that\r\n")
            while connection.recv(65536):
                pass

        session = connected(Relay(bench, NextHop({}, take).port))
        session.mail(SENDER)
        session.rcpt(RECIPIENT)
        said = reply(*session.data(PLAIN + LINE * 20_000))
        check("DATA", said, "552 5.3.4 enough of that")

    def run_slow(self, bench: Bench) -> str:
        """A next hop that does not read stops the sender; the relay keeps
        nothing but a buffer."""
        go_on = threading.Event()
        digest = hashlib.sha256()

        def take(connection: socket.socket) -> None:
            go_on.wait()
            last = b""
            trace = connection.recv(1024)
            while not re.search(rb"\+0000\r\n", trace):
                trace += connection.recv(1024)
            digest.update(last := without_trace(trace, "ESMTP"))
            while not last.endswith(END):
                read = connection.recv(65536)
                digest.update(read)
                last = (last + read)[-len(END) :]
            connection.sendall(b"250 2.0.0 at last\r\n")

        hop = NextHop({}, take)
        relay = Relay(bench, hop.port)
        session = connected(relay)
        session.mail(SENDER)
        session.rcpt(RECIPIENT)
        sender = begin_data(session)
        rest = memoryview(LINE * LARGE + END[2:])
        sender.settimeout(SECONDS_STOPPED)
        try:
            while rest:
                rest = rest[sender.send(rest[:65536]) :]
        except TimeoutError:
            pass
        if not rest:
            raise Failure("the sender was never stopped")
        relay.check_memory()
        go_on.set()
        sender.settimeout(30)
        sender.sendall(rest)
        check("end", reply(*session.getreply()), "250 2.0.0 at last")
        wanted = hashlib.sha256(LINE * LARGE + END[2:])
        check("octets", digest.hexdigest(), wanted.hexdigest())
        return relay.check_memory()

    def run_sender_lost(self, reset: bool, bench: Bench) -> None:
        """What has no end is not delivered, though most of it went on."""
        smtpd = Smtpd(bench)
        session = connected(Relay(bench, smtpd.ports["smtp"]))
        session.mail(SENDER)
        session.rcpt(RECIPIENT)
        sender = begin_data(session)
        sender.sendall(PLAIN + LINE * 5000)
        if reset:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        session.close()
        # The trace of smtpd tells when it knows.
        given_up = "message given up: the connection ended in the message"
        bench.wait_for(lambda: given_up in bench.background_output() or None)
        check("stored", smtpd.stored(), [])

    def run_reset(self, bench: Bench) -> None:
        """The next hop's transaction is given up before another begins."""
        hop = NextHop({"RCPT TO:<no": "550 5.1.1 nobody"})
        session = connected(Relay(bench, hop.port))
        session.mail(SENDER)
        session.rset()
        session.mail(SENDER)
        session.rcpt("no@server.example")
        session.ehlo()
        session.sendmail(SENDER, [RECIPIENT], PLAIN)
        session.sendmail(SENDER, [RECIPIENT], PLAIN)
        session.quit()
        hop.join()
        verbs = [command.split(" ")[0] for command in hop.heard]
        wanted = "EHLO MAIL RSET MAIL RCPT RSET MAIL RCPT DATA MAIL RCPT DATA QUIT"
        check("heard", " ".join(verbs), wanted)

    def run_chunks(self, bench: Bench) -> None:
        """Chunks on this side, lines and dots on the other."""
        hop = NextHop({})
        session = connected(Relay(bench, hop.port))
        session.mail(SENDER)
        session.rcpt(RECIPIENT)
        octets = PLAIN + b".dot\r\n"
        for chunk, last in ((octets[:20], ""), (octets[20:], " LAST")):
            session.send(b"BDAT %d%s\r\n" % (len(chunk), last.encode()) + chunk)
            check("BDAT", session.getreply()[0], 250)
        stuffed = PLAIN + b"..dot\r\n"
        check("message", without_trace(hop.octets, "ESMTP"), stuffed + END[2:])

    def run_circle(self, bench: Bench) -> None:
        """RFC 5321 §6.3. However the message is cut, and whatever its body says."""
        smtpd = Smtpd(bench)
        relay = Relay(bench, smtpd.ports["smtp"])
        trace = b"Received: from a by b\r\n\twith SMTP\r\nrECEIVED:\r\nReceived-SPF: none\r\n"
        for hops, wanted in ((98, 250), (100, 554), (1000, 554)):
            session = connected(relay)
            session.mail(SENDER)
            session.rcpt(RECIPIENT)
            octets = trace * (hops // 2) + PLAIN + b"Received: here\r\n" * 5
            sender = begin_data(session)
            for at in range(0, len(octets), 1000):
                sender.sendall(octets[at : at + 1000])
            sender.sendall(END[2:])
            code, text = session.getreply()
            check(f"{hops} hops", code, wanted)
            if code == 554 and not text.startswith(b"5.4.6 "):
                raise Failure(f"{text!r}")
        check("stored", len(smtpd.stored()), 1)

    def run_own_next_hop(self, bench: Bench) -> None:
        """A relay whose next hop is itself comes to an end, and not to its own."""
        port = free_port()
        relay = Relay(bench, port, port=port)
        for _ in range(2):
            self.check_turned_away(relay, "421 relay.example Too many sessions")
        relay.check_memory()
