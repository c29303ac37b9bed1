"""Postfix's smtp-sink, which accepts everything, or goes wrong where it is told."""

import os
import re
from functools import partial
from pathlib import Path
from typing import NamedTuple

from cases import RECIPIENT
from harness import LOOPBACK, Bench, Failure, free_port, is_listening
from peers import Trial
from receivers.programs import SESSION_FAILED, SOME_REFUSED, envelope
from receivers.receiver import Receiver, Stored
from registries import apt_unpack, library_path
from ways import OCTETS, Way

DUMP = re.compile(
    rb"(?P<envelope>(?:X-[^\n]*\n)+)"
    rb"Received: [^\n]*\n(?:\t[^\n]*\n){2}"
    rb"(?P<octets>.*)\n",
    re.DOTALL,
)


class Fault(NamedTuple):
    """Where smtp-sink goes wrong, and what sendmail makes of it."""

    name: str
    option: str
    status: int
    said: str


FAULTS = (
    Fault("refuses-mail", "-f MAIL", SOME_REFUSED, "500"),
    Fault("refuses-rcpt", "-f RCPT", SOME_REFUSED, "500"),
    Fault("refuses-data", "-f DATA", SOME_REFUSED, "500"),
    Fault("refuses-message", "-f .", SOME_REFUSED, "500"),
    Fault("busy-at-rcpt", "-r RCPT", SOME_REFUSED, "450"),
    Fault("closes-at-rcpt", "-q RCPT", SESSION_FAILED, RECIPIENT),
    Fault("closes-at-message", "-q .", SESSION_FAILED, f"{RECIPIENT}: Unknown"),
    Fault("421-at-greeting", "-Q CONNECT", SESSION_FAILED, "421"),
    Fault("421-at-data", "-Q DATA", SOME_REFUSED, "421"),
)


class SmtpSinkReceiver(Receiver):
    """It writes lines with LF, under a header of its own, and adds an empty one."""

    name = "smtp-sink"
    WAYS = (
        *("lmtp-100-MB", "lmtp-300-messages"),
        *("plain", "leading-dots", "final-dot", "line-of-998", "line-of-8000", "8-bit"),
        *("empty", "null-sender", "50-recipients", "two-messages", "10-MB"),
        *("lmtp", "lmtp-8-bit", "lmtp-50-recipients", "lmtp-10-MB"),
    )
    BLOCKING = (
        *("plain", "leading-dots", "final-dot", "line-of-998", "line-of-8000", "8-bit"),
        *("empty", "50-recipients", "10-MB"),
    )

    def install(self, cache: Path) -> None:
        super().install(cache)
        self.root = apt_unpack("postfix", cache)

    def trials(self) -> list[Trial]:
        faults = [Trial(fault.name, partial(self.run_fault, fault)) for fault in FAULTS]
        return [*super().trials(), *faults]

    def run_fault(self, fault: Fault, bench: Bench) -> None:
        port = self.start_sink(bench, *fault.option.split())
        told = envelope(port, Way(fault.name))
        result = bench.run(bench.programs.sendmail, *told, stdin=OCTETS)
        said = result.stdout + result.stderr
        if result.status != fault.status or fault.said not in said:
            raise Failure(f"exit status {result.status}: {said!r}")

    def start(self, bench: Bench, way: Way) -> int:
        return self.start_sink(bench, *(("-L",) if way.kind == "lmtp" else ()))

    def start_sink(self, bench: Bench, *options: str) -> int:
        self.dumps = bench.directory / "dumps"
        self.dumps.mkdir()
        port = free_port()
        # It insists on a user to change to; root will do, on loopback.
        user = ("-u", "root") if os.geteuid() == 0 else ()
        bench.start(
            *(self.root / "usr/sbin/smtp-sink", *user, *options),
            *("-d", f"{self.dumps}/", f"inet:{LOOPBACK}:{port}", "16"),
            extra_env=library_path(self.root),
        )
        bench.wait_for(lambda: is_listening(port) or None)
        return port

    def stored(self, bench: Bench, way: Way) -> list[Stored]:
        return [self.parse(path.read_bytes()) for path in self.dumps.iterdir()]

    def parse(self, dump: bytes) -> Stored:
        parts = DUMP.fullmatch(dump)
        if parts is None:
            raise Failure(f"unexpected dump {dump[:200]!r}")
        envelope = parts["envelope"].decode()

        def arguments(field: str) -> list[str]:
            return re.findall(rf"^X-{field}-Args: (.*)$", envelope, re.MULTILINE)

        def address(argument: str) -> str:
            return argument.partition("<")[2].partition(">")[0]

        (helo,) = arguments("Helo")
        (mail_from,) = map(address, arguments("Mail"))
        facts: dict[str, object] = {
            "helo": helo,
            "mail_from": mail_from,
            "rcpt_to": list(map(address, arguments("Rcpt"))),
        }
        return Stored(parts["octets"].replace(b"\n", b"\r\n"), facts)
