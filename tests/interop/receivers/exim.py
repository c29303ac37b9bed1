"""Exim, which stores a file for all recipients of a message."""

import os
import re
from pathlib import Path

from cases import REFUSED
from dovecot import Dovecot
from harness import LOOPBACK, Bench, Failure, free_port, is_listening
from receivers.receiver import Receiver, Stored
from registries import apt_unpack
from unpacked import Unpacked
from ways import LOCAL_DOMAIN, PASSWORD, TOKEN, USER, Way

FILE = re.compile(
    rb"Return-path: <(?P<mail_from>[^\n]*)>\n"
    rb"Envelope-to: (?P<rcpt_to>[^\n]*(?:\n\s[^\n]*)*)\n"
    rb"Received: from (?P<helo>\S*) with (?P<protocol>\S+) as (?P<identity>\S*)"
    rb" by (?P<mechanism>\S*) id (?P<id>[^;]+);\n\t[^\n]*\n"
    rb"(?P<octets>.*)",
    re.DOTALL,
)
SCRAM = ("SCRAM-SHA-1", "SCRAM-SHA-256")


class EximReceiver(Receiver):
    """PLAIN, LOGIN, CRAM-MD5 and XOAUTH2 are its own, SCRAM is Dovecot's.

    It makes an empty line of an empty message.
    """

    name = "exim-smtpd"
    # It leaves xtext as it came.
    REPORTED = ("Original-Envelope-Id: a+2Bb",)
    WAYS = (
        *("100-MB", "300-messages"),
        *("plain", "leading-dots", "final-dot", "line-of-998", "line-of-8000", "8-bit"),
        *("null-sender", "smtputf8", "50-recipients", "refused-recipient"),
        *("two-messages", "10-MB", "over-max-size", "no-relay"),
        *("starttls", "implicit-tls", "starttls-10-MB", "lock-step"),
        *("auth-plain", "auth-login", "auth-cram-md5", "auth-scram-sha-1"),
        *("auth-scram-sha-256", "auth-xoauth2", "auth-strongest", "auth-over-implicit-tls"),
        *("wrong-password-plain", "wrong-password-login", "wrong-password-cram-md5"),
        *("wrong-password-scram-sha-256", "wrong-token-xoauth2"),
        *("chunking", "chunking-8-bit", "chunking-10-MB", "chunking-starttls", "dsn"),
    )

    def install(self, cache: Path) -> None:
        super().install(cache)
        self.root = apt_unpack("exim4-daemon-heavy", cache)
        self.dovecot = apt_unpack("dovecot-lmtpd", cache)

    def start(self, bench: Bench, way: Way) -> int:
        auth = Dovecot(bench, self.dovecot, self.certificate).auth if way.mechanism else None
        exim = Unpacked(bench, self.root, "Debian-exim")
        os.chown(exim.spool, exim.ids["Debian-exim"], -1)
        self.spool = exim.spool
        ports = {kind: free_port() for kind in ("smtp", "submission", "smtps")}
        config = bench.write("exim.conf", self.config(bench, way, ports, auth).encode())
        bench.start(*exim.command("/usr/sbin/exim4", "-C", config, "-bdf"))
        bench.wait_for(lambda: is_listening(ports[way.kind]) or None)
        return ports[way.kind]

    def config(
        self, bench: Bench, way: Way, ports: dict[str, int], auth: Path | None
    ) -> str:
        # As it has no rights any more when it reads them.
        chain, key = (
            bench.write(path.name, path.read_bytes()) for path in self.certificate
        )
        refused = REFUSED.partition("@")[0]
        head = f"""
keep_environment =
primary_hostname = {LOCAL_DOMAIN}
spool_directory = {self.spool}
log_file_path = {self.spool}/%slog
local_interfaces = {LOOPBACK}
daemon_smtp_ports = {" : ".join(map(str, ports.values()))}
tls_on_connect_ports = {ports["smtps"]}
tls_advertise_hosts = *
tls_certificate = {chain}
tls_privatekey = {key}
auth_advertise_hosts = ${{if def:tls_in_cipher{{*}}}}
smtputf8_advertise_hosts = *
dsn_advertise_hosts = *
prdr_enable
smtp_accept_max = 0
smtp_accept_queue_per_connection = 0
message_size_limit = {way.max_size}
received_header_text = Received: from $sender_helo_name with $received_protocol \\
    as $authenticated_id by $sender_host_authenticated id $message_exim_id
acl_smtp_rcpt = rcpt
begin acl
rcpt:
  deny local_parts = {refused}
       message = no such user
  accept authenticated = *
  accept domains = {LOCAL_DOMAIN}
  deny message = relay not permitted
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  maildir_format
  directory = {self.spool}/box
  user = Debian-exim
  batch_max = 100
  envelope_to_add
  return_path_add
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{USER}}}}}{{eq{{$auth3}}{{{PASSWORD}}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if and{{{{eq{{$auth1}}{{{USER}}}}}{{eq{{$auth2}}{{{PASSWORD}}}}}}}}}
  server_set_id = $auth1
xoauth2:
  driver = plaintext
  public_name = XOAUTH2
  server_prompts = :
  server_condition = ${{if eq{{$auth1}}{{user={USER}\\x01auth=Bearer {TOKEN}\\x01\\x01}}}}
  server_set_id = {USER}
cram_md5:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${{if eq{{$auth1}}{{{USER}}}{{{PASSWORD}}}fail}}
  server_set_id = $auth1
"""
        scram = f"""
{{name}}:
  driver = dovecot
  public_name = {{mechanism}}
  server_socket = {auth}
  server_set_id = $auth1
"""
        mechanisms = SCRAM if auth else ()
        return head + "".join(
            scram.format(name=mechanism.replace("-", "_"), mechanism=mechanism)
            for mechanism in mechanisms
        )

    def stored(self, bench: Bench, way: Way) -> list[Stored]:
        def is_done() -> bool | None:
            return len(re.findall(" Completed", self.log())) >= self.mails(way) or None

        bench.wait_for(is_done)
        return [self.parse(path.read_bytes()) for path in self.spool.glob("box/new/*")]

    def log(self) -> str:
        log = self.spool / "mainlog"
        return log.read_text(errors="replace") if log.exists() else ""

    def parse(self, text: bytes) -> Stored:
        file = FILE.fullmatch(text)
        if file is None:
            raise Failure(f"unexpected file: {text[:300]!r}")
        octets = file["octets"].replace(b"\n", b"\r\n")
        fields = {name: file[name].decode() for name in file.groupdict() if name != "octets"}
        # Its word has a letter more than that of RFC 6531.
        protocol = fields["protocol"].upper().replace("UTF8E", "UTF8")
        facts: dict[str, object] = {
            "mail_from": fields["mail_from"],
            "rcpt_to": re.split(r",\s*", fields["rcpt_to"]),
            "helo": fields["helo"],
            "identity": fields["identity"] or None,
            "mechanism": fields["mechanism"].upper().replace("_", "-") or None,
            "protocol": protocol,
            "chunked": bool(re.search(rf" {fields['id']} <= .* K ", self.log())),
        }
        return Stored(octets, facts)
