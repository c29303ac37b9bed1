"""Dovecot in the directory of a case: LMTP, and passwords for other servers."""

import base64
from pathlib import Path

from cases import FIFTY, RECIPIENT
from harness import LOOPBACK, Bench, free_port
from registries import Certificate
from unpacked import Unpacked
from ways import PASSWORD, TOKEN_KEY, USER

USERS = (USER, RECIPIENT, "two@server.example", "three@server.example", *FIFTY)

OAUTH2 = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={keys}/
username_attribute = sub
"""


class Dovecot:
    """A running Dovecot; `auth` is where it answers questions of SASL."""

    def __init__(self, bench: Bench, root: Path, certificate: Certificate) -> None:
        self.here = bench.directory / "dovecot"
        self.port = free_port()
        self.auth = self.here / "auth"
        self.mail = self.here / "mail"
        self.dialogues = self.here / "dialogues"
        self.unpacked = Unpacked(bench, root, "dovecot", "dovenull")
        self.here.mkdir()
        for directory in (self.mail, self.dialogues):
            directory.mkdir()
            directory.chmod(0o777)
        (self.here / "users").write_text(
            "".join(f"{user}:{{PLAIN}}{PASSWORD}:::::\n" for user in USERS)
        )
        # A token is good that is signed with this key.
        key = self.here / "keys/default/HS256/default"
        key.parent.mkdir(parents=True)
        key.write_bytes(base64.b64encode(TOKEN_KEY))
        (self.here / "oauth2").write_text(OAUTH2.format(keys=self.here / "keys"))
        config = self.here / "dovecot.conf"
        config.write_text(self.config(certificate))
        bench.start(*self.unpacked.command("/usr/sbin/dovecot", "-F", "-c", config))
        bench.wait_for(lambda: self.auth.exists() or None)

    def was_told(self, command: bytes) -> bool:
        """Whether that was said in LMTP."""
        return any(command in path.read_bytes() for path in self.dialogues.glob("*.in"))

    def config(self, certificate: Certificate) -> str:
        identity = self.unpacked.ids["dovecot"]
        return f"""
protocols = lmtp
base_dir = {self.here}/run
state_dir = {self.here}/state
log_path = {self.here}/log
listen = {LOOPBACK}
hostname = server.example
ssl = yes
ssl_cert = <{certificate.chain}
ssl_key = <{certificate.key}
mail_location = maildir:{self.mail}/%u
mail_fsync = never
recipient_delimiter =
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256 xoauth2 oauthbearer
auth_failure_delay = 0
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {self.here}/oauth2
}}
passdb {{
  driver = passwd-file
  mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256
  args = username_format=%u {self.here}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {self.here}/users
  override_fields = uid={identity} gid={identity} home={self.mail}/%u
}}
protocol lmtp {{
  lmtp_rawlog_dir = {self.dialogues}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {self.port}
  }}
}}
service auth {{
  unix_listener {self.auth} {{
    mode = 0666
  }}
}}
"""
