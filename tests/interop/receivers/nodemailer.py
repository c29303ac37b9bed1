"""nodemailer's smtp-server, which keeps the octets as they came."""

import json
from pathlib import Path

from cases import REFUSED
from harness import LOOPBACK, Bench
from receivers.receiver import Receiver, Stored, read_stored
from registries import apt_install, npm_package
from ways import FULL, LOCAL_DOMAIN, PASSWORD, TOKEN, USER, Way

SCRIPT = Path(__file__).parents[1] / "nodemailer_server.js"


class NodemailerReceiver(Receiver):
    name = "nodemailer-smtp-server"
    REPORTED = None
    STRONGEST_MECHANISM = "CRAM-MD5"
    WAYS = (
        *("100-MB", "300-messages"),
        *("plain", "leading-dots", "final-dot", "line-of-998", "line-of-8000", "8-bit"),
        *("empty", "null-sender", "smtputf8", "50-recipients", "refused-recipient"),
        *("two-messages", "10-MB", "over-max-size", "no-relay"),
        *("starttls", "implicit-tls", "starttls-10-MB"),
        *("auth-plain", "auth-login", "auth-cram-md5", "auth-xoauth2", "auth-strongest"),
        *("auth-over-implicit-tls", "wrong-password-plain", "wrong-password-login"),
        *("wrong-password-cram-md5", "wrong-token-xoauth2", "dsn"),
        *("lmtp", "lmtp-8-bit", "lmtp-50-recipients", "lmtp-10-MB", "lmtp-refused"),
        *("lmtp-full", "lmtp-starttls"),
    )

    def install(self, cache: Path) -> None:
        super().install(cache)
        apt_install("nodejs", provides="node")
        self.root = npm_package("smtp-server@3.21.6", cache)

    def start(self, bench: Bench, way: Way) -> int:
        self.maildir = bench.directory / "maildir"
        self.maildir.mkdir()
        told = {
            "host": LOOPBACK,
            "domain": LOCAL_DOMAIN,
            "directory": str(self.maildir),
            "chain": str(self.certificate.chain),
            "key": str(self.certificate.key),
            "user": USER,
            "password": PASSWORD,
            "token": TOKEN,
            "refused": REFUSED,
            "full": FULL,
            "options": {
                "name": LOCAL_DOMAIN,
                "secure": way.kind == "smtps",
                "lmtp": way.kind == "lmtp",
                "authOptional": way.kind != "submission",
                "size": way.max_size,
                "disableReverseLookup": True,
                "hideDSN": False,
                "hideREQUIRETLS": False,
            },
        }
        address = bench.start_listener(
            *("node", SCRIPT, json.dumps(told)),
            extra_env={"NODE_PATH": str(self.root / "node_modules")},
        )
        return int(address.rpartition(":")[2])

    def stored(self, bench: Bench, way: Way) -> list[Stored]:
        return read_stored(self.maildir)
