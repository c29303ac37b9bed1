"""aiosmtpd, which keeps the octets as they came; lines end at 998 octets with it."""

import json
from pathlib import Path

from cases import REFUSED
from harness import Bench
from receivers.receiver import Receiver, Stored, read_stored
from registries import pip_venv
from ways import LOCAL_DOMAIN, PASSWORD, USER, Way

SCRIPT = Path(__file__).parents[1] / "aiosmtpd_server.py"


class AiosmtpdReceiver(Receiver):
    name = "aiosmtpd"
    STRONGEST_MECHANISM = "PLAIN"
    WAYS = (
        *("100-MB", "300-messages"),
        *("plain", "leading-dots", "final-dot", "line-of-998", "8-bit", "empty"),
        *("null-sender", "smtputf8", "50-recipients", "refused-recipient"),
        *("two-messages", "10-MB", "over-max-size", "no-relay"),
        *("starttls", "implicit-tls", "starttls-10-MB"),
        *("starttls-trusting-anybody", "starttls-trusting-others"),
        *("auth-plain", "auth-login", "auth-strongest", "auth-over-implicit-tls"),
        *("wrong-password-plain", "wrong-password-login"),
        *("lmtp", "lmtp-8-bit", "lmtp-50-recipients", "lmtp-10-MB", "lmtp-refused"),
        "lmtp-starttls",
    )

    BLOCKING = (
        *("plain", "leading-dots", "final-dot", "line-of-998", "8-bit", "empty"),
        *("50-recipients", "refused-recipient", "10-MB"),
    )

    def __init__(self, version: str = "1.4.6") -> None:
        self.version = version

    def install(self, cache: Path) -> None:
        super().install(cache)
        self.python = pip_venv(f"aiosmtpd=={self.version}", cache)

    def start(self, bench: Bench, way: Way) -> int:
        self.maildir = bench.directory / "maildir"
        self.maildir.mkdir()
        told = {
            "kind": way.kind,
            "domain": LOCAL_DOMAIN,
            "max_size": way.max_size,
            "chain": str(self.certificate.chain),
            "key": str(self.certificate.key),
            "user": USER,
            "password": PASSWORD,
            "refused": REFUSED,
        }
        address = bench.start_listener(self.python, SCRIPT, self.maildir, json.dumps(told))
        return int(address.rpartition(":")[2])

    def stored(self, bench: Bench, way: Way) -> list[Stored]:
        return read_stored(self.maildir)
