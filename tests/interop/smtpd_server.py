"""A running smtpd, and what it must have stored."""

import base64
import json
from pathlib import Path

from harness import LOOPBACK, Bench, Failure, first_difference
from registries import Certificate
from ways import LOCAL_DOMAIN, PASSWORD, TOKEN, USER, Way

KINDS = {"listen": "smtp", "submission": "submission", "smtps": "smtps", "lmtp": "lmtp"}


class Smtpd:
    """A running smtpd that listens on a port of each kind."""

    def __init__(
        self, bench: Bench, *options: str, certificate: Certificate | None = None
    ) -> None:
        known: tuple[str | Path, ...] = ("--self-signed",)
        if certificate is not None:
            known = ("--cert", certificate.chain, "--key", certificate.key)
        self.maildir = bench.directory / "maildir"
        addresses = bench.start_listeners(
            len(KINDS),
            bench.programs.smtpd,
            *(part for kind in KINDS for part in (f"--{kind}", f"{LOOPBACK}:0")),
            *("--maildir", self.maildir, "--domain", LOCAL_DOMAIN, *known),
            *("--user", USER, "--password", PASSWORD, "--token", TOKEN, "--trace"),
            *options,
        )
        self.bench = bench
        ports = (address.rpartition(":")[2] for address in addresses)
        self.ports = dict(zip(KINDS.values(), ports, strict=True))

    def port(self, way: Way) -> str:
        return self.ports[way.kind]

    def stored(self) -> list[tuple[dict[str, object], bytes]]:
        """The facts and the octets of every message."""
        return [
            (json.loads(path.with_suffix(".json").read_text("utf-8")), path.read_bytes())
            for path in self.maildir.glob("*.eml")
        ]


def check_only(smtpd: Smtpd, way: Way, octets: bytes) -> None:
    """Fail unless just what the way should come to was stored, and the trace
    gives nothing away."""
    for secret in secrets(way):
        if secret in smtpd.bench.background_output():
            raise Failure(f"{secret!r} is in the trace")
    stored = smtpd.stored()
    if len(stored) != (1 if way.accepted else 0):
        raise Failure(f"{len(stored)} messages stored")
    for facts, got in stored:
        check_facts(facts, way.facts())
        check_parameters(facts["mail_parameters"], way.mail_parameters)
        for parameters in facts["rcpt_parameters"]:  # type: ignore[attr-defined]
            check_parameters(parameters, way.rcpt_parameters)
        if got != octets:
            raise Failure(first_difference(got, octets))


def secrets(way: Way) -> list[str]:
    """Passwords and tokens, also as PLAIN and LOGIN would have them."""
    plain = f"\0{USER}\0{way.password}"
    encoded = (base64.b64encode(text.encode()) for text in (way.password, plain))
    return [way.password, way.token, *(text.decode() for text in encoded)]


def check_facts(facts: dict[str, object], wanted: dict[str, object]) -> None:
    for name, value in wanted.items():
        if facts[name] != value:
            raise Failure(f"{name} {facts[name]!r}, not {value!r}")


def check_parameters(parameters: object, wanted: dict[str, str | bool]) -> None:
    assert isinstance(parameters, dict)
    for name, value in wanted.items():
        if parameters.get(name) != value:
            raise Failure(f"no {name}={value} in {parameters}")
