"""An aiosmtpd server that stores messages the way blocking_server does.

usage: aiosmtpd_server.py DIRECTORY TOLD

TOLD is JSON; see `receivers/aiosmtpd.py`. Run in a virtual environment that has
aiosmtpd.
"""

import asyncio
import json
import ssl
import sys
import uuid
from pathlib import Path
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Store:
    """Accepts the recipients it may; keeps the octets as they came."""

    def __init__(self, directory: Path, told: dict[str, Any]) -> None:
        self.directory = directory
        self.told = told

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if address == self.told["refused"]:
            return "550 5.1.1 no such user"
        if not (address.endswith("@" + self.told["domain"]) or session.authenticated):
            return "550 5.7.1 no relay"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        path = self.directory / uuid.uuid4().hex
        facts = {
            "mail_from": "" if envelope.mail_from == "<>" else envelope.mail_from,
            "rcpt_to": envelope.rcpt_tos,
            "helo": session.host_name,
            "identity": session.auth_data and session.auth_data[0],
            "mechanism": session.auth_data and session.auth_data[1],
            "tls": server.transport.get_extra_info("ssl_object") is not None,
        }
        path.with_suffix(".json").write_text(json.dumps(facts))
        path.with_suffix(".eml").write_bytes(envelope.original_content)
        replies = len(envelope.rcpt_tos) if isinstance(server, LMTP) else 1
        return "\r\n".join(["250 2.0.0 stored"] * replies)


async def serve(directory: Path, told: dict[str, Any]) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(told["chain"], told["key"])
    implicit = told["kind"] == "smtps"
    known = told["user"].encode(), told["password"].encode()

    def authenticate(
        server: SMTP,
        session: Session,
        envelope: Envelope,
        mechanism: str,
        shown: LoginPassword,
    ) -> AuthResult:
        is_known = (shown.login, shown.password) == known
        return AuthResult(success=is_known, handled=False, auth_data=(told["user"], mechanism))

    def protocol() -> SMTP:
        kind = LMTP if told["kind"] == "lmtp" else SMTP
        return kind(
            Store(directory, told),
            hostname=told["domain"],
            data_size_limit=told["max_size"],
            enable_SMTPUTF8=True,
            tls_context=None if implicit else context,
            # It knows only of TLS that came with STARTTLS.
            auth_require_tls=not implicit,
            auth_required=told["kind"] == "submission",
            authenticator=authenticate,
        )

    server = await asyncio.get_running_loop().create_server(
        protocol, "127.0.0.1", 0, ssl=context if implicit else None
    )
    host, port = server.sockets[0].getsockname()
    print(f"listening on {host}:{port}", flush=True)
    await server.serve_forever()


asyncio.run(serve(Path(sys.argv[1]), json.loads(sys.argv[2])))
