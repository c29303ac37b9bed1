"""OpenSMTPD, which stores a copy for each recipient."""

import re
from pathlib import Path

from cases import REFUSED
from harness import LOOPBACK, Bench, Failure, free_port, is_listening
from receivers.receiver import Copy, Receiver, Stored, gathered
from registries import apt_unpack
from unpacked import Unpacked
from ways import LOCAL_DOMAIN, Way

COPY = re.compile(
    # A report has none.
    rb"(?:Return-Path: <(?P<mail_from>[^\n]*)>\n)?"
    rb"Delivered-To: (?P<recipient>[^\n]*)\n"
    rb"Received: (?P<trace>[^\n]*\n(?:\t[^\n]*\n)+)"
    rb"(?P<octets>.*)",
    re.DOTALL,
)
TRACE = re.compile(
    r"from (?P<helo>\S+) .*\n\tby \S+ \(OpenSMTPD\) with (?P<protocol>\S+) id (?P<id>\w+)"
)
CONFIG = """
pki {host} cert "{chain}"
pki {host} key "{key}"
table users {{ "@" = opensmtpd }}
table ids {{ opensmtpd = "{id}:{id}:/" }}
smtp max-message-size {max_size}
listen on {loopback} port {port} {tls} hostname {host}
action box maildir "{box}" virtual <users> userbase <ids>
match from any for rcpt-to "{refused}" reject
match from any for domain {host} action box
match from local for domain client.example action box
"""


class OpenSmtpdReceiver(Receiver):
    """Debian 12 has the one that fails at every handshake with OpenSSL 3, so
    that it can be tried neither with TLS nor with AUTH: STARTTLS is offered,
    fails, and sendmail must do without it.

    It adds an empty line to a message that is empty.
    """

    name = "opensmtpd"
    # Not the id.
    REPORTED = ()
    WAYS = (
        *("100-MB", "300-messages"),
        *("plain", "leading-dots", "final-dot", "line-of-998", "8-bit", "null-sender"),
        *("50-recipients", "refused-recipient", "two-messages", "10-MB", "no-relay"),
        *("over-max-size", "dsn", "broken-starttls"),
    )

    def install(self, cache: Path) -> None:
        super().install(cache)
        self.root = apt_unpack("opensmtpd", cache)

    def start(self, bench: Bench, way: Way) -> int:
        smtpd = Unpacked(bench, self.root, "opensmtpd", "opensmtpq")
        (smtpd.own / "var/lib/opensmtpd/empty").mkdir(parents=True)
        self.box = bench.directory / "box"
        self.box.mkdir()
        self.box.chmod(0o777)
        port = free_port()
        config = CONFIG.format(
            host=LOCAL_DOMAIN,
            chain=self.certificate.chain,
            key=self.certificate.key,
            id=smtpd.ids["opensmtpd"],
            loopback=LOOPBACK,
            port=port,
            tls=f"tls pki {LOCAL_DOMAIN}" if way.kind == "broken-tls" else "",
            box=self.box,
            refused=REFUSED,
            max_size=way.max_size,
        )
        file = bench.write("smtpd.conf", config.encode())
        file.chmod(0o600)
        self.log = bench.start(*smtpd.command("/usr/sbin/smtpd", "-d", "-f", file))
        bench.wait_for(lambda: is_listening(port) or None)
        return port

    def stored(self, bench: Bench, way: Way) -> list[Stored]:
        copies = len(way.accepted) * len(way.messages) * way.count + self.reports(way)

        def is_done() -> bool | None:
            log = self.log.read_text(errors="replace")
            return log.count("stat=Delivered") >= copies or None

        bench.wait_for(is_done)
        return gathered(self.parse(path.read_bytes()) for path in self.box.glob("new/*"))

    def parse(self, text: bytes) -> Copy:
        copy = COPY.fullmatch(text)
        trace = TRACE.match(copy["trace"].decode()) if copy else None
        if copy is None or trace is None:
            raise Failure(f"not a copy: {text[:300]!r}")
        facts: dict[str, object] = {
            "mail_from": (copy["mail_from"] or b"").decode(),
            "helo": trace["helo"],
            "protocol": trace["protocol"],
        }
        octets = copy["octets"].replace(b"\n", b"\r\n")
        return Copy(trace["id"], copy["recipient"].decode(), Stored(octets, facts))
