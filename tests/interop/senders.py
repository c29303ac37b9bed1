"""Third-party clients that send to smtpd, with TLS, names and parameters.

Each class says how its client is told to go a way, and which ways it knows.
"""

import json
import smtplib
from functools import partial
from pathlib import Path

from cases import HELO, RECIPIENT, SENDER
from clients import Report, last_line, reply, report
from harness import LOOPBACK, Bench, Failure
from peers import Trial
from registries import (
    apt_install,
    apt_unpack,
    certificate,
    library_path,
    npm_package,
    pip_venv,
)
from smtpd_server import Smtpd, check_only
from ways import OCTETS, USER, Way, ways_named

HERE = Path(__file__).parent


class Sender:
    """A client that can go what EVERY client can, and the WAYS that not all can."""

    name: str
    EVERY = (
        "starttls",
        "implicit-tls",
        "auth-plain",
        "auth-login",
        "auth-cram-md5",
        "wrong-password",
        "wrong-password-cram-md5",
        "no-relay",
    )
    WAYS: tuple[str, ...]

    def install(self, cache: Path) -> None:
        """Nothing, unless a client needs it."""

    def send(self, bench: Bench, smtpd: Smtpd, way: Way) -> Report:
        raise NotImplementedError

    def as_stored(self, octets: bytes) -> bytes:
        return octets

    def trials(self) -> list[Trial]:
        ways = ways_named(*self.EVERY, *self.WAYS)
        return [Trial(way.name, partial(self.run, way)) for way in ways]

    def run(self, way: Way, bench: Bench) -> None:
        smtpd = Smtpd(bench)
        succeeded, transcript = self.send(bench, smtpd, way)
        if way.accepted and not way.refusals and not succeeded:
            raise Failure(f"the client reports failure: {last_line(transcript)}")
        if not way.accepted and succeeded:
            raise Failure("the client reports success")
        for refusal in way.refusals:
            if refusal not in transcript:
                raise Failure(f"the client did not see {refusal} in {transcript!r}")
        check_only(smtpd, way, self.as_stored(OCTETS))


def pairs(parameters: dict[str, str | bool]) -> list[str]:
    """Parameters as they are written."""
    return [name if value is True else f"{name}={value}" for name, value in parameters.items()]


class Smtplib(Sender):
    """Python's smtplib. It can say any parameter, so it also tries those that
    no program here offers; its LMTP hears the first reply to a message only.
    """

    name = "smtplib"
    WAYS = (
        "auth-xoauth2",
        "auth-over-implicit-tls",
        "wrong-token",
        "dsn",
        "smtputf8",
        "8bitmime",
        "lmtp-starttls",
    )
    EVERY_PARAMETER = Way(
        "every-parameter",
        kind="smtps",
        mail_parameters={
            "SIZE": str(len(OCTETS)),
            "BODY": "8BITMIME",
            "BY": "3600;RT",
            "HOLDFOR": "60",
            "MT-PRIORITY": "3",
            "REQUIRETLS": True,
            "SOLICIT": "org.example:ADV",
            "MTRK": "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=:3600",
            "ENVID": "4711",
        },
        rcpt_parameters={"RRVS": "2014-04-03T23:01:00Z", "NOTIFY": "NEVER"},
    )

    def trials(self) -> list[Trial]:
        run = partial(self.run, self.EVERY_PARAMETER)
        return [*super().trials(), Trial("every-parameter", run)]

    def send(self, bench: Bench, smtpd: Smtpd, way: Way) -> Report:
        kind = {"lmtp": smtplib.LMTP, "smtps": smtplib.SMTP_SSL}.get(way.kind, smtplib.SMTP)
        refused: dict[str, tuple[int, bytes]] = {}
        mail_options = pairs({k: v for k, v in way.mail_parameters.items() if k != "SIZE"})
        try:
            with kind(LOOPBACK, int(smtpd.port(way)), local_hostname=way.helo) as session:
                if way.starttls:
                    session.starttls()
                session.ehlo_or_helo_if_needed()
                if way.mechanism:
                    self.login(session, way)
                refused = session.sendmail(
                    way.mail_from,
                    way.rcpt_to,
                    OCTETS,
                    mail_options,
                    pairs(way.rcpt_parameters),
                )
        except smtplib.SMTPRecipientsRefused as error:
            return Report(False, "\n".join(reply(*one) for one in error.recipients.values()))
        except smtplib.SMTPResponseException as error:
            return Report(False, reply(error.smtp_code, error.smtp_error))
        return Report(True, "\n".join(reply(*pair) for pair in refused.values()))

    def login(self, session: smtplib.SMTP, way: Way) -> None:
        session.user, session.password = USER, way.password

        def xoauth2(challenge: bytes | None = None) -> str:
            # The report of an invalid token is answered with nothing.
            bearer = f"user={USER}\x01auth=Bearer {way.token}\x01\x01"
            return bearer if challenge is None else ""

        match way.mechanism:
            case "PLAIN":
                session.auth("PLAIN", session.auth_plain)
            case "LOGIN":
                session.auth("LOGIN", session.auth_login)
            case "CRAM-MD5":
                session.auth("CRAM-MD5", session.auth_cram_md5)
            case "XOAUTH2":
                session.auth("XOAUTH2", xoauth2)


class Curl(Sender):
    """curl, which is told the mechanism by an option of the login."""

    name = "curl"
    WAYS = ("auth-xoauth2", "auth-oauthbearer", "wrong-token", "smtputf8")

    def install(self, cache: Path) -> None:
        apt_install("curl", provides="curl")
        self.certificate = certificate(cache)

    def trials(self) -> list[Trial]:
        return [*super().trials(), Trial("certificate-from-files", self.run_certificate)]

    def run_certificate(self, bench: Bench) -> None:
        """The certificate that smtpd is told to show is the one that curl sees."""
        (way,) = ways_named("starttls")
        smtpd = Smtpd(bench, certificate=self.certificate)
        trusting = ("--cacert", str(self.certificate.chain))
        succeeded, transcript = self.send(bench, smtpd, way, trusting)
        if not succeeded:
            raise Failure(f"the client reports failure: {last_line(transcript)}")
        check_only(smtpd, way, OCTETS)

    def send(
        self, bench: Bench, smtpd: Smtpd, way: Way, trust: tuple[str, ...] = ("--insecure",)
    ) -> Report:
        scheme = "smtps" if way.kind == "smtps" else "smtp"
        login: tuple[str, ...] = ()
        if way.mechanism:
            is_oauth = way.mechanism in ("XOAUTH2", "OAUTHBEARER")
            login = ("--login-options", f"AUTH={way.mechanism}")
            login += ("--user", USER if is_oauth else f"{USER}:{way.password}")
            login += ("--oauth2-bearer", way.token) if is_oauth else ()
        result = bench.run(
            "curl",
            *("--silent", "--show-error", "--verbose", *trust),
            *(("--ssl-reqd",) if way.starttls else ()),
            *("--url", f"{scheme}://{LOOPBACK}:{smtpd.port(way)}/{way.helo}"),
            *login,
            *("--mail-from", way.mail_from),
            *(part for to in way.rcpt_to for part in ("--mail-rcpt", to)),
            *("--upload-file", bench.write("message", OCTETS)),
        )
        return report(result)


class Swaks(Sender):
    """swaks; an empty line more arrives than it is given."""

    name = "swaks"
    WAYS = ("auth-over-implicit-tls", "lmtp", "lmtp-starttls")
    OPTIONS: tuple[str, ...] = ()

    def install(self, cache: Path) -> None:
        apt_install("swaks", provides="swaks")
        # What it needs for TLS.
        self.root = apt_unpack("libnet-ssleay-perl", cache)

    def trials(self) -> list[Trial]:
        return [*super().trials(), Trial("xclient", self.run_xclient)]

    def run_xclient(self, bench: Bench) -> None:
        """What XCLIENT says of the client is told to the application."""
        way = Way("xclient")
        smtpd = Smtpd(bench, "--xclient")
        attributes = ("--xclient-addr", "192.0.2.7", "--xclient-name", "other.example")
        succeeded, transcript = self.send(bench, smtpd, way, *attributes)
        if not succeeded:
            raise Failure(f"the client reports failure: {last_line(transcript)}")
        check_only(smtpd, way, self.as_stored(OCTETS))
        ((facts, _),) = smtpd.stored()
        said = str(facts["xclient"]).split(" ")
        if sorted(said) != ["ADDR=192.0.2.7", "NAME=other.example"]:
            raise Failure(f"XCLIENT {said}")

    def send(self, bench: Bench, smtpd: Smtpd, way: Way, *options: str) -> Report:
        login: tuple[str, ...] = ()
        if way.mechanism:
            login = ("--auth", way.mechanism, "--auth-user", USER)
            login += ("--auth-password", way.password)
        modules = ":".join(map(str, self.root.glob("usr/lib/*/perl5/*")))
        result = bench.run(
            "swaks",
            *("--server", LOOPBACK, "--port", smtpd.port(way), "--helo", way.helo),
            *(("--tls",) if way.starttls else ()),
            *(("--tls-on-connect",) if way.kind == "smtps" else ()),
            *(("--protocol", "LMTP") if way.kind == "lmtp" else ()),
            *login,
            *("--from", way.mail_from, "--to", ",".join(way.rcpt_to)),
            *("--data", f"@{bench.write('message', OCTETS)}", "--suppress-data"),
            *self.OPTIONS,
            *options,
            extra_env={"PERL5LIB": modules},
        )
        return report(result)

    def as_stored(self, octets: bytes) -> bytes:
        return octets + b"\r\n"


class SwaksPipelining(Swaks):
    """swaks sending what it may at once."""

    name = "swaks-pipelining"
    OPTIONS = ("--pipeline",)


class Msmtp(Sender):
    """msmtp, which reads lines that end with LF."""

    name = "msmtp"
    WAYS = (
        "auth-scram-sha-1",
        "auth-scram-sha-256",
        "auth-xoauth2",
        "auth-oauthbearer",
        "auth-over-implicit-tls",
        "wrong-password-scram",
        "wrong-token",
        "dsn",
    )

    def install(self, cache: Path) -> None:
        self.root = apt_unpack("msmtp", cache)

    def send(self, bench: Bench, smtpd: Smtpd, way: Way) -> Report:
        tls = [f"--tls={'on' if way.tls() else 'off'}"]
        if way.tls():
            starttls = "on" if way.starttls else "off"
            tls += [f"--tls-starttls={starttls}", "--tls-certcheck=off"]
        login = []
        if way.mechanism:
            secret = way.token if "OAUTH" in way.mechanism else way.password
            login = [f"--auth={way.mechanism.lower()}", f"--user={USER}"]
            login += [f"--passwordeval=echo '{secret}'"]
        dsn = []
        if way.rcpt_parameters:
            notify = str(way.rcpt_parameters["NOTIFY"]).lower()
            dsn = [f"--dsn-notify={notify}", f"--dsn-return={way.mail_parameters['RET']}".lower()]
        result = bench.run(
            self.root / "usr/bin/msmtp",
            *("--file=/dev/null", f"--host={LOOPBACK}", f"--port={smtpd.port(way)}"),
            *(f"--domain={way.helo}", f"--from={way.mail_from}", "--debug"),
            *tls,
            *login,
            *dsn,
            *("--", *way.rcpt_to),
            extra_env=library_path(self.root),
            stdin=OCTETS.replace(b"\r\n", b"\n"),
        )
        return report(result)

    def run(self, way: Way, bench: Bench) -> None:
        if way.name == "dsn":
            # It names neither an id nor the original recipient.
            way = Way(
                "dsn",
                mail_parameters={"RET": "HDRS"},
                rcpt_parameters={"NOTIFY": "SUCCESS,DELAY"},
            )
        super().run(way, bench)


class Nodemailer(Sender):
    """nodemailer's connection, given the message as it is."""

    name = "nodemailer"
    WAYS = (
        "auth-xoauth2",
        "auth-over-implicit-tls",
        "wrong-token",
        "dsn",
        "smtputf8",
        "8bitmime",
        "lmtp",
        "lmtp-starttls",
    )
    REQUIRETLS = Way("requiretls", starttls=True, mail_parameters={"REQUIRETLS": True})

    def install(self, cache: Path) -> None:
        apt_install("nodejs", provides="node")
        self.root = npm_package("nodemailer@10.6.0", cache)

    def trials(self) -> list[Trial]:
        run = partial(self.run, self.REQUIRETLS)
        return [*super().trials(), Trial("requiretls", run)]

    def send(self, bench: Bench, smtpd: Smtpd, way: Way) -> Report:
        login = None
        if way.mechanism == "XOAUTH2":
            login = {"user": USER, "method": "XOAUTH2", "token": way.token}
        elif way.mechanism:
            login = {"user": USER, "pass": way.password, "method": way.mechanism}
        envelope: dict[str, object] = {
            "from": way.mail_from,
            "to": way.rcpt_to,
            "size": len(OCTETS),
        }
        if way.rcpt_parameters:
            envelope["dsn"] = {
                "return": way.mail_parameters["RET"],
                "id": "a+b",
                "notify": str(way.rcpt_parameters["NOTIFY"]).split(","),
                "recipient": "first@server.example",
            }
        envelope["use8BitMime"] = "BODY" in way.mail_parameters
        envelope["requireTLSExtensionEnabled"] = "REQUIRETLS" in way.mail_parameters
        connection = {
            "host": LOOPBACK,
            "port": int(smtpd.port(way)),
            "name": way.helo,
            "secure": way.kind == "smtps",
            "requireTLS": way.starttls,
            "ignoreTLS": not way.starttls,
            "lmtp": way.kind == "lmtp",
            "tls": {"rejectUnauthorized": False},
        }
        told = {"connection": connection, "login": login, "envelope": envelope}
        result = bench.run(
            *("node", HERE / "nodemailer_send.js", json.dumps(told)),
            extra_env={"NODE_PATH": str(self.root / "node_modules")},
            stdin=OCTETS,
        )
        return report(result)


class Aiosmtplib(Sender):
    """aiosmtplib; it speaks no LMTP."""

    name = "aiosmtplib"
    WAYS = ("auth-over-implicit-tls", "dsn", "smtputf8", "8bitmime")

    def install(self, cache: Path) -> None:
        self.python = pip_venv("aiosmtplib==5.1.3", cache)

    def send(self, bench: Bench, smtpd: Smtpd, way: Way) -> Report:
        connection = {
            "hostname": LOOPBACK,
            "port": int(smtpd.port(way)),
            "local_hostname": way.helo,
            "use_tls": way.kind == "smtps",
            "start_tls": way.starttls,
        }
        told = {
            "connection": connection,
            "mechanism": way.mechanism,
            "user": USER,
            "password": way.password,
            "token": way.token,
            "mail_from": way.mail_from,
            "rcpt_to": way.rcpt_to,
            "mail_options": pairs(way.mail_parameters),
            "rcpt_options": pairs(way.rcpt_parameters),
        }
        script = HERE / "aiosmtplib_send.py"
        return report(bench.run(self.python, script, json.dumps(told), stdin=OCTETS))


class NetSmtp:
    """Perl's Net::SMTP: BINARYMIME, and the commands that ask."""

    name = "Net::SMTP"
    BINARY = b"\0\r\xff\n.\n" + bytes(range(256)) * 40 + b"no line end"
    WAY = Way(
        "binarymime",
        mail_parameters={"BODY": "BINARYMIME", "RET": "FULL", "ENVID": "a+2Bb"},
        rcpt_parameters={"NOTIFY": "FAILURE,DELAY", "ORCPT": "rfc822;first@server.example"},
        chunked=True,
    )
    SAID = (
        "help: 2.0.0 Takes mail",
        f"verify: 2.1.5 <{RECIPIENT}>",
        "expand: 2.1.5 <two@server.example>",
    )

    def install(self, cache: Path) -> None:
        """It comes with perl."""
        apt_install("perl", provides="perl")

    def trials(self) -> list[Trial]:
        return [Trial("binarymime-vrfy-expn-etrn-help", self.run)]

    def run(self, bench: Bench) -> None:
        smtpd = Smtpd(bench)
        result = bench.run(
            *("perl", HERE / "net_smtp_send.pl"),
            *(smtpd.port(self.WAY), HELO, SENDER, RECIPIENT),
            stdin=self.BINARY,
        )
        if result.status != 0:
            raise Failure(last_line(result.stderr))
        for said in self.SAID:
            if said not in result.stdout:
                raise Failure(f"no {said!r} in {result.stdout!r}")
        check_only(smtpd, self.WAY, self.BINARY)


class GnuSasl:
    """GNU SASL's command line: says who it is, hears the server's proof, and
    quits. Names the TLS channel by what TLS exports.
    """

    name = "gsasl"
    WAYS = (
        "auth-plain",
        "auth-login",
        "auth-cram-md5",
        "auth-scram-sha-1",
        "auth-scram-sha-256",
        "auth-scram-sha-1-plus",
        "auth-scram-sha-256-plus",
        "auth-anonymous",
        "wrong-password",
        "wrong-password-cram-md5",
        "wrong-password-scram",
        "wrong-password-scram-plus",
    )

    def install(self, cache: Path) -> None:
        self.root = apt_unpack("gsasl", cache)

    def trials(self) -> list[Trial]:
        return [Trial(way.name, partial(self.run, way)) for way in ways_named(*self.WAYS)]

    def run(self, way: Way, bench: Bench) -> None:
        smtpd = Smtpd(bench, "--anonymous")
        mechanism = str(way.mechanism)
        result = bench.run(
            self.root / "usr/bin/gsasl",
            *("--smtp", f"--mechanism={mechanism}", "--x509-ca-file="),
            # With a channel that it could name it takes no SCRAM without.
            *(() if mechanism.endswith("-PLUS") else ("--no-cb",)),
            *(f"--authentication-id={USER}", f"--authorization-id={USER}"),
            *(f"--password={way.password}", "--anonymous-token=trace"),
            *(LOOPBACK, smtpd.port(way)),
            extra_env=library_path(self.root),
        )
        succeeded, transcript = report(result)
        if succeeded == bool(way.refusals):
            raise Failure(f"the client says {last_line(transcript)}")
        for said in way.refusals or ("235 2.7.0", "(server trusted)"):
            if said not in transcript:
                raise Failure(f"no {said} in {transcript!r}")
        check_only(smtpd, Way(way.name, password=way.password, accepted=()), OCTETS)


SENDERS = (
    Smtplib(),
    Curl(),
    Swaks(),
    SwaksPipelining(),
    Msmtp(),
    Nodemailer(),
    Aiosmtplib(),
    NetSmtp(),
    GnuSasl(),
)
