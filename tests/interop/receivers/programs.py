"""The programs under test: what they are told, and what they must answer."""

import re
from collections.abc import Iterable
from pathlib import Path

from deliveries import STRONGEST
from harness import LOOPBACK, Bench, Failure, Result
from registries import Certificate
from ways import USER, Way

# Exit statuses.
ALL_ACCEPTED, SOME_REFUSED, SESSION_FAILED = 0, 1, 2
DSN_OPTIONS = {"--dsn-ret": "RET", "--dsn-envid": "ENVID", "--dsn-notify": "NOTIFY"}


def sendmail(
    bench: Bench, port: int, way: Way, server: Certificate, client: Certificate | None
) -> None:
    files = [
        bench.write(f"message-{number}", octets) for number, octets in enumerate(way.messages)
    ]
    told = (*envelope(port, way), *options(way, server, client), *files)
    check(bench.run(bench.programs.sendmail, *told), way)


def blocking_client(bench: Bench, port: int, way: Way, source: bytes | None = None) -> None:
    """It has one message, from a file, or else from standard input."""
    (octets,) = way.messages
    told = envelope(port, way)
    if source is None:
        result = bench.run(bench.programs.client, *told, bench.write("message", octets))
    else:
        result = bench.run(bench.programs.client, *told, stdin=source)
    check(result, way)


def envelope(port: int, way: Way) -> tuple[str, ...]:
    recipients = (part for to in way.rcpt_to for part in ("--to", to))
    connection = ("--connect", f"{LOOPBACK}:{port}", "--helo", way.helo)
    return (*connection, "--from", way.mail_from, *recipients)


def options(way: Way, server: Certificate, client: Certificate | None) -> Iterable[str | Path]:
    if way.kind != "broken-tls":
        yield "--starttls" if way.starttls else "--tls" if way.tls() else "--plaintext"
    if way.tls() and way.trust == "server":
        yield from ("--ca", server.chain)
    elif way.trust == "anybody":
        yield "--insecure"
    if client:
        # With that alone, it chooses EXTERNAL.
        yield from ("--cert", client.chain, "--key", client.key)
    elif way.mechanism == "EXTERNAL":
        yield from ("--mechanism", way.mechanism)
    elif way.mechanism:
        yield from ("--user", USER)
        if "OAUTH" in way.mechanism:
            yield from ("--token", way.token)
        else:
            yield from ("--password", way.password)
        if way.mechanism != STRONGEST:
            yield from ("--mechanism", way.mechanism)
    if way.kind == "lmtp":
        yield "--lmtp"
    parameters = way.mail_parameters | way.rcpt_parameters
    for option, name in DSN_OPTIONS.items():
        if name in parameters:
            yield from (option, from_xtext(str(parameters[name])))
    if not way.pipelining:
        yield "--no-pipelining"
    if way.count > 1:
        yield from ("--count", str(way.count), "--connections", str(way.connections))
    yield "--chunking" if way.chunked else "--no-chunking"


def from_xtext(text: str) -> str:
    return re.sub(r"\+(..)", lambda found: chr(int(found[1], 16)), text)


def check(result: Result, way: Way) -> None:
    said = result.stdout + result.stderr
    for refusal in way.refusals:
        if refusal not in said:
            raise Failure(f"no {refusal} in {said!r}")
    # Who is not let in, or does not want to be, sends nothing.
    is_session_refused = way.tls() and not way.accepted
    wanted = SOME_REFUSED if way.refusals else ALL_ACCEPTED
    if is_session_refused:
        wanted = SESSION_FAILED
    if result.status != wanted:
        raise Failure(f"exit status {result.status}, not {wanted}: {said!r}")
    if way.count > 1:
        if not result.stdout.startswith(f"{way.count} messages in "):
            raise Failure(f"{result.stdout!r}")
    elif not is_session_refused:
        check_lines(result.stdout.splitlines(), way)


def check_lines(lines: list[str], way: Way) -> None:
    """There must be one line for each recipient of each message, with the
    reply that it got."""
    recipients = way.rcpt_to * len(way.messages)
    if len(lines) != len(recipients):
        raise Failure(f"{len(lines)} lines for {len(recipients)} recipients: {lines}")
    for recipient, line in zip(recipients, lines, strict=True):
        replies = ("250",) if recipient in way.accepted else way.refusals
        if recipient not in line or not any(reply in line for reply in replies):
            raise Failure(f"no {replies} for {recipient!r} in {line!r}")
