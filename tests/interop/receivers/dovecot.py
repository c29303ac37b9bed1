"""Dovecot's LMTP, which stores a copy for each recipient."""

import re
from pathlib import Path

from dovecot import Dovecot
from harness import Bench, Failure
from receivers.receiver import Copy, Receiver, Stored, gathered
from registries import apt_unpack
from ways import Way

COPY = re.compile(
    rb"Return-Path: <(?P<mail_from>[^\n]*)>\n"
    rb"(?:Delivered-To: [^\n]*\n)?"
    rb"Received: (?P<trace>[^\n]*\n(?:\t[^\n]*\n)+)"
    rb"(?P<octets>.*)",
    re.DOTALL,
)
TRACE = re.compile(
    r"from (?P<helo>\S+) .*?\bby \S+ with (?P<protocol>\S+)\s+id (?P<id>\S+)", re.DOTALL
)


class DovecotReceiver(Receiver):
    name = "dovecot-lmtp"
    WAYS = (
        "lmtp-100-MB",
        *("lmtp", "lmtp-8-bit", "lmtp-50-recipients", "lmtp-10-MB", "lmtp-refused"),
        *("lmtp-starttls", "lmtp-chunking", "lmtp-chunking-10-MB"),
    )

    def install(self, cache: Path) -> None:
        super().install(cache)
        self.root = apt_unpack("dovecot-lmtpd", cache)

    def start(self, bench: Bench, way: Way) -> int:
        self.dovecot = Dovecot(bench, self.root, self.certificate)
        return self.dovecot.port

    def stored(self, bench: Bench, way: Way) -> list[Stored]:
        return gathered(map(self.parse, self.dovecot.mail.glob("*/new/*")))

    def parse(self, path: Path) -> Copy:
        text = path.read_bytes()
        copy = COPY.fullmatch(text)
        trace = TRACE.match(copy["trace"].decode()) if copy else None
        if copy is None or trace is None:
            raise Failure(f"not a copy: {text[:300]!r}")
        facts: dict[str, object] = {
            "mail_from": copy["mail_from"].decode(),
            "helo": trace["helo"],
            "protocol": trace["protocol"],
            "chunked": self.dovecot.was_told(b"BDAT "),
        }
        octets = copy["octets"].replace(b"\n", b"\r\n")
        recipient = path.parent.parent.name
        return Copy(trace["id"], recipient, Stored(octets, facts))
