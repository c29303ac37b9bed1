"""Third-party mail servers that pass on to smtpd what they are given."""

import os
from functools import partial
from pathlib import Path

from cases import HELO, RECIPIENT, REFUSED
from clients import Report
from harness import LOOPBACK, Bench, Failure
from peers import Trial
from postfix import Postfix
from registries import apt_unpack
from senders import pairs
from smtpd_server import Smtpd, check_only
from unpacked import Unpacked
from ways import ELSEWHERE, FULL, OCTETS, PASSWORD, USER, Way


class EximRelay:
    """Exim as a relay: what it is told on its standard input it passes on, in
    chunks, with the parameters it was given.

    It adds nothing, its Received field being empty.
    """

    name = "exim"
    CHUNKING = Way(
        "chunking-starttls-auth",
        kind="submission",
        starttls=True,
        mechanism="PLAIN",
        rcpt_to=("one@elsewhere.example", "two@elsewhere.example"),
        accepted=("one@elsewhere.example", "two@elsewhere.example"),
        chunked=True,
    )
    DSN = Way(
        "dsn-smtputf8",
        mail_from="jörg@client.example",
        rcpt_to=("почта@server.example",),
        accepted=("почта@server.example",),
        mail_parameters={"SMTPUTF8": True, "RET": "HDRS", "ENVID": "a+2Bb"},
        rcpt_parameters={"NOTIFY": "SUCCESS,DELAY", "ORCPT": "rfc822;first@server.example"},
        chunked=True,
    )
    LMTP = Way(
        "lmtp",
        kind="lmtp",
        rcpt_to=(RECIPIENT, "full@server.example", REFUSED, "three@server.example"),
        accepted=(RECIPIENT, "three@server.example"),
        refusals=("452 4.2.2", "550 5.1.1"),
        chunked=True,
    )

    def install(self, cache: Path) -> None:
        self.root = apt_unpack("exim4-daemon-heavy", cache)

    def trials(self) -> list[Trial]:
        return [
            Trial(way.name, partial(self.run, way))
            for way in (self.CHUNKING, self.DSN, self.LMTP)
        ]

    def run(self, way: Way, bench: Bench) -> None:
        smtpd = Smtpd(bench)
        log = self.send(bench, smtpd, way).transcript
        for refusal in way.refusals:
            if refusal not in log:
                raise Failure(f"no {refusal} in {log!r}")
        check_only(smtpd, way, OCTETS)

    def send(self, bench: Bench, smtpd: Smtpd, way: Way) -> Report:
        """What it was told, and what became of that by its log."""
        exim = Unpacked(bench, self.root, "Debian-exim")
        config = bench.write("exim.conf", self.config(exim, smtpd, way).encode())
        config.chmod(0o644)
        os.chown(exim.spool, exim.ids["Debian-exim"], -1)
        result = bench.run(
            *exim.command("/usr/sbin/exim4", "-C", config, "-bs", "-odf"),
            stdin=self.dialogue(way),
        )
        log_file = exim.spool / "mainlog"
        if result.status != 0 or not log_file.exists():
            raise Failure(f"{result.stdout!r} {result.stderr!r}")
        return Report(True, log_file.read_text(errors="replace"))

    def as_stored(self, octets: bytes) -> bytes:
        return octets

    def dialogue(self, way: Way) -> bytes:
        """What it is told on its standard input, all at once."""
        dots = OCTETS.replace(b"\r\n.", b"\r\n..")
        lines = [
            f"EHLO {HELO}",
            " ".join((f"MAIL FROM:<{way.mail_from}>", *pairs(way.mail_parameters))),
            *(" ".join((f"RCPT TO:<{to}>", *pairs(way.rcpt_parameters))) for to in way.rcpt_to),
            "DATA",
        ]
        head = "".join(f"{line}\r\n" for line in lines).encode()
        return head + dots + b".\r\nQUIT\r\n"

    def config(self, exim: Unpacked, smtpd: Smtpd, way: Way) -> str:
        tls = "hosts_require_tls = *" if way.starttls else "hosts_avoid_tls = *"
        auth = "hosts_require_auth = *" if way.mechanism else ""
        return f"""
keep_environment =
deliver_drop_privilege = true
spool_directory = {exim.spool}
log_file_path = {exim.spool}/%slog
primary_hostname = {HELO}
trusted_users = root
received_header_text =
acl_smtp_rcpt = accept
dsn_advertise_hosts = : *
smtputf8_advertise_hosts = : *
begin routers
all:
  driver = manualroute
  domains = *
  transport = smtpd
  route_list = * {LOOPBACK} byname
  self = send
begin transports
smtpd:
  driver = smtp
  port = {smtpd.port(way)}
  protocol = {"lmtp" if way.kind == "lmtp" else "smtp"}
  helo_data = {HELO}
  hosts_try_chunking = *
  tls_verify_hosts =
  tls_try_verify_hosts =
  {tls}
  {auth}
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  client_send = ^{USER}^{PASSWORD}
begin retry
* * F,1s,1s
"""


class PostfixRelay:
    """Postfix as a relay: its sendmail takes a message, its smtp and lmtp
    pass it on. It sends no chunks, and no original id that is not its own.

    What it tells the sender of is dropped, and so is its Received field.
    """

    name = "postfix"
    # The original recipient is the one it knows of.
    DSN = Way(
        "dsn-starttls-xforward",
        starttls=True,
        mail_parameters={"RET": "HDRS", "ENVID": "a+2Bb"},
        rcpt_parameters={"NOTIFY": "SUCCESS,DELAY", "ORCPT": f"rfc822;{RECIPIENT}"},
    )
    UTF8 = Way(
        "smtputf8-8bitmime",
        mail_from="jörg@client.example",
        rcpt_to=("почта@server.example",),
        accepted=("почта@server.example",),
        mail_parameters={"SMTPUTF8": True, "BODY": "8BITMIME"},
    )
    NO_RELAY = Way(
        "no-relay", rcpt_to=(ELSEWHERE,), accepted=(), refusals=("550 5.7.1",)
    )
    LMTP = Way(
        "lmtp",
        kind="lmtp",
        rcpt_to=(RECIPIENT, FULL, REFUSED, "three@server.example"),
        accepted=(RECIPIENT, "three@server.example"),
        refusals=("452 4.2.2", "550 5.1.1"),
    )

    def install(self, cache: Path) -> None:
        self.root = apt_unpack("postfix", cache)

    def trials(self) -> list[Trial]:
        ways = (self.DSN, self.UTF8, self.NO_RELAY, self.LMTP)
        return [Trial(way.name, partial(self.run, way)) for way in ways]

    def run(self, way: Way, bench: Bench) -> None:
        smtpd = Smtpd(bench, *(("--xclient",) if way is self.DSN else ()))
        checks = bench.write("checks", b"/^Received:/ IGNORE\n")
        postfix = Postfix(bench, self.root, self.main(checks, smtpd, way))
        self.submit(bench, postfix, way)
        postfix.wait_for_log(" status=", len(way.rcpt_to))
        log = postfix.log()
        for refusal in way.refusals:
            if refusal not in log:
                raise Failure(f"no {refusal} in {log!r}")
        check_only(smtpd, way, OCTETS)
        if way is self.DSN:
            ((facts, _),) = smtpd.stored()
            if facts["xforward"] != "SOURCE=LOCAL":
                raise Failure(f"XFORWARD {facts['xforward']!r}")

    def submit(self, bench: Bench, postfix: Postfix, way: Way) -> None:
        dsn: tuple[str, ...] = ()
        if way.rcpt_parameters:
            notify = str(way.rcpt_parameters["NOTIFY"]).lower()
            dsn = ("-N", notify, "-R", "hdrs", "-V", "a+b")
        body = ("-B", "8BITMIME") if "BODY" in way.mail_parameters else ()
        result = bench.run(
            *postfix.unpacked.command("/usr/sbin/sendmail", "-C", postfix.config, "-i"),
            *("-f", way.mail_from, *dsn, *body, "--", *way.rcpt_to),
            stdin=OCTETS.replace(b"\r\n", b"\n"),
        )
        if result.status != 0:
            raise Failure(f"sendmail: {result.stderr!r}")

    def main(self, checks: Path, smtpd: Smtpd, way: Way) -> str:
        transport = "lmtp:inet" if way.kind == "lmtp" else "smtp"
        return f"""
myhostname = {HELO}
smtp_tls_security_level = {"encrypt" if way.starttls else "none"}
smtp_send_xforward_command = yes
smtputf8_autodetect_classes = all
header_checks = regexp:{checks}
default_transport = {transport}:[{LOOPBACK}]:{smtpd.port(way)}
transport_maps = inline:{{client.example=discard:}}
"""

RELAYS = (EximRelay(), PostfixRelay())
