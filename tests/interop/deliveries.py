"""The ways in which sendmail brings mail to third-party servers: data only.

What a server offers, and so which ways it is tried with, is said by its class
in `receivers/`.
"""

from functools import partial

from cases import CASES, DOTS, EIGHT_BIT, FIFTY, PLAIN, RECIPIENT, REFUSED, Case, numbered_lines
from ways import ELSEWHERE, FULL, OCTETS, Way, submission, token, ways_named

# sendmail takes the strongest mechanism that is offered.
STRONGEST = "strongest"
TWO = (RECIPIENT, "three@server.example")
TEN_MB = numbered_lines(10_000_000)


def in_clear(case: Case) -> Way:
    return Way(
        case.name,
        messages=case.messages,
        mail_from=case.mail_from,
        rcpt_to=case.rcpt_to,
        accepted=case.accepted_recipients() if case.stored else (),
        refusals=refusals(case),
        max_size=case.max_size,
    )


def lmtp(name: str, **rest: object) -> Way:
    """To two recipients, so that there are two replies."""
    return Way(name, kind="lmtp", **{"rcpt_to": TWO, "accepted": TWO} | rest)  # type: ignore[arg-type]


def slow(kind: str) -> list[Way]:
    prefix = "lmtp-" if kind == "lmtp" else ""
    common = partial(Way, kind=kind, is_slow=True)
    return [
        common(f"{prefix}100-MB", messages=(TEN_MB * 10,), max_size=200_000_000),
        common(f"{prefix}300-messages", messages=(PLAIN,), count=300, connections=5),
    ]


def refusals(case: Case) -> tuple[str, ...]:
    if not case.stored:
        # sendmail knows, without asking, what the server does not take.
        return (f"larger than {case.max_size} octets",)
    return () if case.refusal is None else (case.refusal[:3],)


DELIVERIES = (
    *map(in_clear, CASES),
    Way("lock-step", rcpt_to=FIFTY, accepted=FIFTY, pipelining=False),
    *ways_named("starttls", "implicit-tls"),
    Way("starttls-trusting-anybody", starttls=True, trust="anybody"),
    Way(
        "starttls-trusting-others",
        starttls=True,
        trust="others",
        accepted=(),
        refusals=("certificate",),
    ),
    # Offered, but nobody can shake hands with it.
    Way("broken-starttls", kind="broken-tls"),
    Way("starttls-10-MB", starttls=True, messages=(TEN_MB,)),
    *(
        submission(f"auth-{mechanism.lower()}", mechanism)
        for mechanism in (
            *("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"),
            *("XOAUTH2", "OAUTHBEARER", STRONGEST),
        )
    ),
    *ways_named("auth-external", "no-certificate", "certificate-of-others"),
    *ways_named("auth-over-implicit-tls"),
    *(
        submission(
            f"wrong-password-{mechanism.lower()}",
            mechanism,
            password="open barley",
            accepted=(),
            refusals=("535",),
        )
        for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256")
    ),
    *(
        submission(
            f"wrong-token-{mechanism.lower()}",
            mechanism,
            token=token(b"the secret of somebody else"),
            accepted=(),
            refusals=("535",),
        )
        for mechanism in ("XOAUTH2", "OAUTHBEARER")
    ),
    Way("no-relay", rcpt_to=(ELSEWHERE,), accepted=(), refusals=("55",)),
    Way("chunking", messages=(DOTS, OCTETS), chunked=True),
    Way("chunking-8-bit", messages=(EIGHT_BIT,), chunked=True),
    Way("chunking-10-MB", messages=(TEN_MB,), chunked=True),
    Way("chunking-starttls", messages=(PLAIN,), starttls=True, chunked=True),
    Way(
        "dsn",
        mail_parameters={"RET": "HDRS", "ENVID": "a+2Bb"},
        rcpt_parameters={"NOTIFY": "SUCCESS"},
    ),
    *slow("smtp"),
    *slow("lmtp"),
    lmtp("lmtp", messages=(DOTS, OCTETS)),
    lmtp("lmtp-8-bit", messages=(EIGHT_BIT,)),
    lmtp("lmtp-50-recipients", rcpt_to=FIFTY, accepted=FIFTY),
    lmtp("lmtp-10-MB", messages=(TEN_MB,)),
    lmtp("lmtp-refused", rcpt_to=(RECIPIENT, REFUSED, "three@server.example"), refusals=("550",)),
    lmtp("lmtp-full", rcpt_to=(RECIPIENT, FULL), accepted=(RECIPIENT,), refusals=("452",)),
    lmtp("lmtp-starttls", starttls=True),
    lmtp("lmtp-chunking", messages=(DOTS, OCTETS), chunked=True),
    lmtp("lmtp-chunking-10-MB", messages=(TEN_MB,), chunked=True),
)


def deliveries_named(*names: str) -> list[Way]:
    by_name = {way.name: way for way in DELIVERIES}
    return [by_name[name] for name in names]
