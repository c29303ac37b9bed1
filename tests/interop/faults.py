"""smtpd stopped and killed while it is busy: what it said 250 for is there."""

import re
import signal
import smtplib
import threading
import time
from functools import partial
from pathlib import Path

from cases import HELO, RECIPIENT, SENDER, message
from harness import LOOPBACK, Bench, Failure
from peers import Trial
from smtpd_server import Smtpd

CLIENTS = 8
SECONDS_OF_LOAD = 1.5


class Client(threading.Thread):
    """Sends until the server is gone; remembers what was taken, under which id."""

    def __init__(self, number: int, port: str) -> None:
        super().__init__()
        self.number = number
        self.port = int(port)
        self.taken: dict[str, bytes] = {}
        # How the server said good-bye, if it did.
        self.last: int | None = None

    def run(self) -> None:
        try:
            with smtplib.SMTP(LOOPBACK, self.port, local_hostname=HELO) as session:
                session.ehlo()
                while True:
                    self.send(session)
        except smtplib.SMTPResponseException as error:
            self.last = error.smtp_code
        except (smtplib.SMTPServerDisconnected, OSError):
            pass

    def send(self, session: smtplib.SMTP) -> None:
        body = b"client %d message %d" % (self.number, len(self.taken))
        octets = message(body, *[b"x" * 70] * 200)
        for step in (
            partial(session.mail, SENDER),
            partial(session.rcpt, RECIPIENT),
            partial(session.data, octets),
        ):
            code, text = step()
            if code != 250:
                raise smtplib.SMTPResponseException(code, text)
        found = re.search(rb"queued as (\S+)", text)
        assert found is not None
        self.taken[found[1].decode()] = octets


class Faults:
    """Python's smtplib in many threads, and a signal."""

    name = "smtplib-threads"

    def install(self, cache: Path) -> None:
        """There is nothing to install."""

    def trials(self) -> list[Trial]:
        return [
            Trial("terminated-under-load", partial(self.run, signal.SIGTERM)),
            Trial("killed-under-load", partial(self.run, signal.SIGKILL)),
        ]

    def run(self, how: signal.Signals, bench: Bench) -> str:
        smtpd = Smtpd(bench)
        clients = [Client(number, smtpd.ports["smtp"]) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        time.sleep(SECONDS_OF_LOAD)
        status = bench.end_last(how)
        for client in clients:
            client.join()
        taken = {id: octets for client in clients for id, octets in client.taken.items()}
        if len(taken) < CLIENTS:
            raise Failure(f"only {len(taken)} messages were taken")
        for id, octets in taken.items():
            path = smtpd.maildir / f"{id}.eml"
            if not path.exists() or path.read_bytes() != octets:
                raise Failure(f"{id} was taken and is not there")
        for path in smtpd.maildir.glob("*.eml"):
            if not path.read_bytes().endswith(b"x\r\n") or not path.with_suffix(".json").exists():
                raise Failure(f"{path.name} is not whole")
        if how == signal.SIGTERM:
            if status != 0:
                raise Failure(f"exit status {status}")
            if {client.last for client in clients} != {421}:
                raise Failure(f"{[client.last for client in clients]}, not 421")
            left = [path.name for path in smtpd.maildir.glob("*.tmp")]
            if left:
                raise Failure(f"{left} left behind")
        return f"{len(taken)} messages taken, and there"
