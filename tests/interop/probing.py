"""Servers that probe attacks: ours, others as they are, and one known to be weak."""

import re
from collections import Counter
from functools import partial
from pathlib import Path
from typing import NamedTuple

from harness import LOOPBACK, Bench, Failure, Result
from peers import Trial
from receivers.aiosmtpd import AiosmtpdReceiver
from receivers.exim import EximReceiver
from receivers.nodemailer import NodemailerReceiver
from receivers.postfix import PostfixReceiver
from receivers.receiver import Receiver
from receivers.smtp_sink import SmtpSinkReceiver
from smtpd_server import Smtpd
from ways import Way

# Exit statuses of probe.
SAFE, EXPLOITABLE, NOT_PROBED = 0, 1, 2
ROW = re.compile(r"(?P<rule>A\d+) +(?P<title>.*?)  +(?P<verdict>safe|lax|EXPLOITABLE|unknown|-)  +")
# What a server bears that bears with everything.
LENIENCIES = {
    *(f"in a message: {end}" for end in ("LF . LF", "LF . CR", "CR . LF", "CR . CR")),
    *(f"in a message: {end}" for end in ("LF . CRLF", "CR . CRLF", "CRLF . LF", "CRLF . CR")),
    "in a message: CRLF . CR CRLF",
    "in a chunk: LF . LF",
    "a command behind EHLO",
    "a message behind DATA",
    "an HTTP request",
    "the begin of a TLS handshake",
}


class Row(NamedTuple):
    """What probe prints for a rule, words left out."""

    rule: str
    title: str
    verdict: str


def probe(bench: Bench, *arguments: str) -> Result:
    return bench.run(bench.programs.probe, *arguments, "--timeout", "2")


def rows(result: Result, status: int) -> list[Row]:
    if result.status != status:
        raise Failure(f"exit status {result.status}, not {status}: {result}")
    return [Row(**found.groupdict()) for found in ROW.finditer(result.stdout)]


def titles(table: list[Row], verdict: str) -> set[str]:
    return {row.title for row in table if row.verdict == verdict}


def check_probed(table: list[Row], safe: int) -> None:
    """Fail unless at least that many rows are safe, and none is unknown."""
    counts = Counter(row.verdict for row in table)
    if counts["safe"] < safe or counts["unknown"]:
        raise Failure(f"{counts}")


def check_safe(table: list[Row], safe: int) -> None:
    """The same, and fail if anything is lax."""
    check_probed(table, safe)
    if titles(table, "lax"):
        raise Failure(f"lax: {titles(table, 'lax')}")


class Ours:
    """smtpd and blocking_server."""

    name = "probe"

    def install(self, cache: Path) -> None:
        """There is nothing to install."""

    def trials(self) -> list[Trial]:
        return [
            Trial("smtpd", partial(self.run_smtpd, "smtp", ())),
            Trial("smtpd-lmtp", partial(self.run_smtpd, "lmtp", ("--lmtp",))),
            Trial("smtpd-lenient", self.run_lenient),
            Trial("blocking_server", self.run_blocking),
            Trial("elsewhere", self.run_elsewhere),
        ]

    def run_smtpd(self, kind: str, options: tuple[str, ...], bench: Bench) -> None:
        smtpd = Smtpd(bench)
        address = f"{LOOPBACK}:{smtpd.ports[kind]}"
        check_safe(rows(probe(bench, address, "--starttls", *options), SAFE), 39)

    def run_lenient(self, bench: Bench) -> None:
        """What is lax is what the option is for; nothing is exploitable."""
        smtpd = Smtpd(bench, "--lenient")
        address = f"{LOOPBACK}:{smtpd.ports['smtp']}"
        table = rows(probe(bench, address, "--starttls"), SAFE)
        check_probed(table, 25)
        if titles(table, "lax") != LENIENCIES:
            raise Failure(f"lax: {titles(table, 'lax') ^ LENIENCIES}")

    def run_blocking(self, bench: Bench) -> None:
        maildir = bench.directory / "maildir"
        address = bench.start_listener(
            bench.programs.server, "--listen", f"{LOOPBACK}:0", "--maildir", maildir
        )
        check_safe(rows(probe(bench, address), SAFE), 26)

    def run_elsewhere(self, bench: Bench) -> None:
        """Nobody else is probed without saying so; this address is nobody's."""
        result = probe(bench, "192.0.2.1:25")
        if result.status != NOT_PROBED or "--i-am-authorised" not in result.stderr:
            raise Failure(f"{result}")


class Probed:
    """A third-party server, and what is known to be wrong with it."""

    def __init__(
        self,
        name: str,
        receiver: Receiver,
        *options: str,
        holes: tuple[str, ...] = (),
        has_limit: bool = True,
        is_slow: bool = False,
    ) -> None:
        self.name = name
        self.receiver = receiver
        self.options = options
        self.holes = set(holes)
        self.has_limit = has_limit
        self.is_slow = is_slow

    def install(self, cache: Path) -> None:
        self.receiver.install(cache)

    def trials(self) -> list[Trial]:
        trials = [Trial("probed", self.run, self.is_slow)]
        if self.has_limit:
            # The relay offers the SIZE that is offered to it.
            trials.append(Trial("probed-behind-relay", self.run_relay, self.is_slow))
        return trials

    def run_relay(self, bench: Bench) -> None:
        """Nothing comes through our relay that could do harm behind it."""
        port = self.receiver.start(bench, Way("probed"))
        address = bench.start_listener(
            *(bench.programs.relay, "--listen", f"{LOOPBACK}:0", "--to", f"{LOOPBACK}:{port}")
        )
        check_safe(rows(probe(bench, address), SAFE), 26)

    def run(self, bench: Bench) -> None:
        port = self.receiver.start(bench, Way("probed"))
        result = probe(bench, f"{LOOPBACK}:{port}", *self.options)
        table = rows(result, EXPLOITABLE if self.holes else SAFE)
        check_probed(table, 8)
        if titles(table, "EXPLOITABLE") != self.holes:
            raise Failure(f"exploitable: {titles(table, 'EXPLOITABLE')}")


PROBED = (
    Ours(),
    # CVE-2024-27305, CVE-2024-34083.
    Probed(
        "aiosmtpd-1.4.4",
        AiosmtpdReceiver("1.4.4"),
        "--starttls",
        holes=("in a message: LF . CRLF", "a command behind STARTTLS"),
    ),
    Probed("aiosmtpd-1.4.6", AiosmtpdReceiver(), "--starttls"),
    # It checks nothing, but knows where a message ends.
    Probed("smtp-sink", SmtpSinkReceiver(), has_limit=False),
    Probed("smtp-server", NodemailerReceiver(), "--starttls"),
    # As Debian 12 has them, with their defaults.
    Probed(
        "postfix-probed",
        PostfixReceiver(),
        "--starttls",
        holes=(
            *("in a message: LF . LF", "in a message: LF . CRLF", "in a message: CRLF . LF"),
            "in a message: CRLF . CR CRLF",
        ),
        is_slow=True,
    ),
    Probed(
        "exim-probed",
        EximReceiver(),
        "--starttls",
        holes=("a chunk of 2^32 + 6 octets",),
        is_slow=True,
    ),
)
