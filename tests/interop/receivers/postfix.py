"""Postfix: smtpd takes the mail, virtual stores a copy for each recipient."""

import re
from pathlib import Path

from cases import REFUSED
from dovecot import Dovecot
from harness import Bench, Failure, free_port
from postfix import Postfix
from receivers.receiver import Copy, Receiver, Stored, gathered
from registries import apt_unpack
from ways import LOCAL_DOMAIN, Way

COPY = re.compile(
    rb"Return-Path: <(?P<mail_from>[^\n]*)>\n"
    rb"X-Original-To: [^\n]*\n"
    rb"Delivered-To: (?P<recipient>[^\n]*)\n"
    rb"Received: (?P<trace>[^\n]*\n(?:\t[^\n]*\n)+)"
    rb"(?P<octets>.*)",
    re.DOTALL,
)
TRACE = re.compile(
    # Of its own reports it says only their id.
    r"(?:from (?P<helo>\S+) .*?)?"
    r"(?:\(Authenticated sender: (?P<identity>\S+)\)\s*)?"
    r"by \S+ \(Postfix\)(?: with (?P<protocol>\S+))?\s+id (?P<id>\w+)",
    re.DOTALL,
)
SERVICES = """
{smtp} inet n - n - - smtpd
{submission} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
{smtps} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
"""


class PostfixReceiver(Receiver):
    """AUTH, and SCRAM with it, is Dovecot's. What smtpd said to whom is in the
    log only: chunks, mechanisms."""

    name = "postfix-smtpd"
    WAYS = (
        *("100-MB", "300-messages"),
        *("plain", "leading-dots", "final-dot", "line-of-998", "line-of-8000", "8-bit"),
        *("empty", "null-sender", "smtputf8", "50-recipients", "refused-recipient"),
        *("two-messages", "10-MB", "over-max-size", "no-relay"),
        *("starttls", "implicit-tls", "starttls-10-MB", "lock-step"),
        *("auth-plain", "auth-login", "auth-cram-md5", "auth-scram-sha-1"),
        *("auth-scram-sha-256", "auth-strongest", "auth-over-implicit-tls"),
        *("wrong-password-plain", "wrong-password-login", "wrong-password-cram-md5"),
        *("wrong-password-scram-sha-256", "auth-xoauth2", "auth-oauthbearer"),
        *("wrong-token-xoauth2", "wrong-token-oauthbearer"),
        *("chunking", "chunking-8-bit", "chunking-10-MB", "chunking-starttls", "dsn"),
    )

    def install(self, cache: Path) -> None:
        super().install(cache)
        self.root = apt_unpack("postfix", cache)
        self.dovecot = apt_unpack("dovecot-lmtpd", cache)

    def start(self, bench: Bench, way: Way) -> int:
        auth = Dovecot(bench, self.dovecot, self.certificate).auth if way.mechanism else None
        ports = {kind: free_port() for kind in ("smtp", "submission", "smtps")}
        users = bench.write("users", f"!/^{re.escape(REFUSED)}$/ box/\n".encode())
        self.postfix = Postfix(
            bench, self.root, self.main(bench, way, users, auth), SERVICES.format(**ports)
        )
        return ports[way.kind]

    def main(self, bench: Bench, way: Way, users: Path, auth: Path | None) -> str:
        mail = bench.directory / "mail"
        mail.mkdir(mode=0o777)
        mail.chmod(0o777)
        return f"""
myhostname = {LOCAL_DOMAIN}
mydomain = {LOCAL_DOMAIN}
virtual_mailbox_domains = {LOCAL_DOMAIN}
virtual_mailbox_maps = regexp:{users}
virtual_mailbox_base = {mail}
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_mailbox_limit = 0
default_transport = virtual
message_size_limit = {way.max_size}
local_header_rewrite_clients =
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_tls_security_level = may
smtpd_tls_chain_files = {self.certificate.key}, {self.certificate.chain}
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = {"yes" if auth else "no"}
smtpd_sasl_type = dovecot
smtpd_sasl_path = {auth}
smtpd_sasl_authenticated_header = yes
"""

    def stored(self, bench: Bench, way: Way) -> list[Stored]:
        self.postfix.wait_for_log("disconnect from")
        self.postfix.wait_for_log(": removed", self.mails(way))
        log = self.postfix.log()
        return gathered(
            self.parse(path.read_bytes(), log) for path in bench.directory.glob("mail/box/new/*")
        )

    def parse(self, text: bytes, log: str) -> Copy:
        copy = COPY.fullmatch(text)
        if copy is None:
            raise Failure(f"not a copy: {text[:300]!r}")
        trace = TRACE.match(copy["trace"].decode())
        if trace is None:
            raise Failure(f"unexpected trace: {copy['trace']!r}")
        mechanism = re.search(r"sasl_method=([^,\s]+)", log)
        facts: dict[str, object] = {
            "mail_from": copy["mail_from"].decode(),
            "helo": trace["helo"],
            "identity": trace["identity"],
            "protocol": trace["protocol"],
            "mechanism": mechanism and mechanism[1],
            "chunked": " bdat=" in log,
            "sessions": log.count(": connect from"),
        }
        octets = copy["octets"].replace(b"\n", b"\r\n")
        return Copy(trace["id"], copy["recipient"].decode(), Stored(octets, facts))
