"""Third-party mail servers that pass on to smtpd what they are given.

They run as they were unpacked, as root, who gives up what they need not, with
users that only they see, and end with their case.
"""

import os
import re
from functools import partial
from pathlib import Path

from cases import HELO, RECIPIENT, REFUSED
from clients import Report
from harness import LOOPBACK, Bench, Failure
from peers import Trial
from registries import apt_unpack, library_path
from senders import Smtpd, check_only, pairs
from ways import ELSEWHERE, FULL, OCTETS, PASSWORD, USER, Way

# Lines of passwd and of group.
EXIM_USER = ("Debian-exim:x:8:8::/:/bin/false", "Debian-exim:x:8:")
POSTFIX_UID, POSTDROP_GID = 7001, 7002
POSTFIX_USER = (
    f"postfix:x:{POSTFIX_UID}:{POSTFIX_UID}::/:/bin/false",
    f"postfix:x:{POSTFIX_UID}:\npostdrop:x:{POSTDROP_GID}:",
)
VARIABLES = ("LD_LIBRARY_PATH", "LD_PRELOAD", "NSS_WRAPPER_PASSWD", "NSS_WRAPPER_GROUP")


def environment(
    bench: Bench, root: Path, wrapper: Path, user: tuple[str, str]
) -> dict[str, str]:
    """In which an unpacked program finds its libraries and its user."""
    # It gives up its rights to read and write here.
    bench.directory.chmod(0o755)
    for file, lines in zip(("passwd", "group"), user, strict=True):
        known = Path("/etc", file).read_text()
        bench.write(file, f"{known}{lines}\n".encode()).chmod(0o644)
    (library,) = wrapper.glob("usr/lib/*/libnss_wrapper.so")
    return library_path(root) | {
        "LD_PRELOAD": str(library),
        "NSS_WRAPPER_PASSWD": str(bench.directory / "passwd"),
        "NSS_WRAPPER_GROUP": str(bench.directory / "group"),
    }


class Exim:
    """Exim as a relay: what it is told on its standard input it passes on, in
    chunks, with the parameters it was given.

    It is the user mail, under the name that Debian gives to it. It adds
    nothing, its Received field being empty.
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
        self.users = apt_unpack("libnss-wrapper", cache)

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
        exim = self.root / "usr/sbin/exim4"
        config = bench.write("exim.conf", self.config(bench, exim, smtpd, way).encode())
        config.chmod(0o644)
        # It gives up its rights to read and write here.
        bench.directory.chmod(0o755)
        spool = bench.directory / "spool"
        spool.mkdir()
        os.chown(spool, 8, 8)
        dialogue = self.dialogue(way)
        result = bench.run(
            *(exim, "-C", config, "-bs", "-odf"),
            extra_env=environment(bench, self.root, self.users, EXIM_USER),
            stdin=dialogue,
        )
        log_file = spool / "mainlog"
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

    def config(self, bench: Bench, exim: Path, smtpd: Smtpd, way: Way) -> str:
        tls = "hosts_require_tls = *" if way.starttls else "hosts_avoid_tls = *"
        auth = "hosts_require_auth = *" if way.mechanism else ""
        return f"""
exim_path = {exim}
exim_user = mail
exim_group = mail
never_users =
keep_environment = LD_LIBRARY_PATH:LD_PRELOAD:NSS_WRAPPER_PASSWD:NSS_WRAPPER_GROUP
deliver_drop_privilege = true
spool_directory = {bench.directory}/spool
log_file_path = {bench.directory}/spool/%slog
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


class Postfix:
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
    QUEUES = (
        *("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold"),
        *("incoming", "maildrop", "private", "public", "saved", "trace"),
    )

    def install(self, cache: Path) -> None:
        self.root = apt_unpack("postfix", cache)
        self.users = apt_unpack("libnss-wrapper", cache)

    def trials(self) -> list[Trial]:
        ways = (self.DSN, self.UTF8, self.NO_RELAY, self.LMTP)
        return [Trial(way.name, partial(self.run, way)) for way in ways]

    def run(self, way: Way, bench: Bench) -> None:
        smtpd = Smtpd(bench, *(("--xclient",) if way is self.DSN else ()))
        self.make_directories(bench)
        config = bench.directory / "config"
        (config / "main.cf").write_text(self.main(bench, smtpd, way))
        (config / "master.cf").write_text(MASTER)
        (config / "checks").write_text("/^Received:/ IGNORE\n")
        known = environment(bench, self.root, self.users, POSTFIX_USER)
        known["MAIL_CONFIG"] = str(config)
        # With a process group of its own, which it ends when it ends.
        bench.start(
            *("setsid", self.root / "usr/lib/postfix/sbin/master", "-c", config, "-d"),
            extra_env=known,
        )
        log = bench.directory / "log/maillog"

        def is_logged(what: str, count: int = 1) -> bool | None:
            text = log.read_text(errors="replace") if log.exists() else ""
            return True if len(re.findall(what, text)) >= count else None

        bench.wait_for(partial(is_logged, "daemon started"))
        self.submit(bench, known, way)
        bench.wait_for(partial(is_logged, " status=", len(way.rcpt_to)))
        text = log.read_text(errors="replace")
        for refusal in way.refusals:
            if refusal not in text:
                raise Failure(f"no {refusal} in {text!r}")
        check_only(smtpd, way, OCTETS)
        if way is self.DSN:
            ((facts, _),) = smtpd.stored()
            if facts["xforward"] != "SOURCE=LOCAL":
                raise Failure(f"XFORWARD {facts['xforward']!r}")

    def submit(self, bench: Bench, known: dict[str, str], way: Way) -> None:
        dsn: tuple[str, ...] = ()
        if way.rcpt_parameters:
            notify = str(way.rcpt_parameters["NOTIFY"]).lower()
            dsn = ("-N", notify, "-R", "hdrs", "-V", "a+b")
        body = ("-B", "8BITMIME") if "BODY" in way.mail_parameters else ()
        result = bench.run(
            *(self.root / "usr/sbin/sendmail", "-i", "-f", way.mail_from),
            *dsn,
            *body,
            *("--", *way.rcpt_to),
            extra_env=known,
            stdin=OCTETS.replace(b"\r\n", b"\n"),
        )
        if result.status != 0:
            raise Failure(f"sendmail: {result.stderr!r}")

    def make_directories(self, bench: Bench) -> None:
        for name in ("config", "data", "log", "queue/pid"):
            (bench.directory / name).mkdir(parents=True)
        for name in self.QUEUES:
            (bench.directory / "queue" / name).mkdir()
            os.chown(bench.directory / "queue" / name, POSTFIX_UID, -1)
        for name in ("data", "log"):
            os.chown(bench.directory / name, POSTFIX_UID, -1)
        for name, mode in (("maildrop", 0o730), ("public", 0o710)):
            os.chown(bench.directory / "queue" / name, POSTFIX_UID, POSTDROP_GID)
            (bench.directory / "queue" / name).chmod(mode)

    def main(self, bench: Bench, smtpd: Smtpd, way: Way) -> str:
        here, root = bench.directory, self.root
        transport = "lmtp:inet" if way.kind == "lmtp" else "smtp"
        names = " ".join(("MAIL_CONFIG", *VARIABLES))
        return f"""
compatibility_level = 3.7
queue_directory = {here}/queue
data_directory = {here}/data
daemon_directory = {root}/usr/lib/postfix/sbin
command_directory = {root}/usr/sbin
meta_directory = {here}/config
shlib_directory = no
mail_owner = postfix
setgid_group = postdrop
import_environment = {names}
export_environment = {names}
myhostname = {HELO}
mydestination =
alias_maps =
inet_interfaces = loopback-only
inet_protocols = ipv4
maillog_file = {here}/log/maillog
maillog_file_prefixes = {here}
smtp_tls_security_level = {"encrypt" if way.starttls else "none"}
smtp_send_xforward_command = yes
smtputf8_autodetect_classes = all
header_checks = regexp:{here}/config/checks
default_transport = {transport}:[{LOOPBACK}]:{smtpd.port(way)}
transport_maps = inline:{{client.example=discard:}}
"""


MASTER = """
pickup  unix - - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr    unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce  unix - - n - 0 bounce
defer   unix - - n - 0 bounce
trace   unix - - n - 0 bounce
smtp    unix - - n - - smtp
lmtp    unix - - n - - lmtp
error   unix - - n - - error
retry   unix - - n - - error
discard unix - - n - - discard
tlsmgr  unix - - n 1000? 1 tlsmgr
scache  unix - - n - 1 scache
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""

RELAYS = (Exim(), Postfix())
