"""An aiosmtpd server that stores messages the way blocking_server does.

usage: aiosmtpd_server.py DIRECTORY [CERTIFICATE]

Run by `servers.py` and `probing.py` in a virtual environment that has aiosmtpd.
With a certificate, a file that has its key too, it offers STARTTLS.
"""

import asyncio
import json
import ssl
import sys
import uuid
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


class Store:
    """Accepts all recipients but `refused`; keeps the octets as they came."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if address.startswith("refused@"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        path = self.directory / uuid.uuid4().hex
        fields = {
            "mail_from": envelope.mail_from,
            "rcpt_to": envelope.rcpt_tos,
            "helo": session.host_name,
        }
        path.with_suffix(".json").write_text(json.dumps(fields))
        path.with_suffix(".eml").write_bytes(envelope.original_content)
        return "250 2.0.0 stored"


async def serve(directory: Path, *certificate: str) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH) if certificate else None
    if tls is not None:
        tls.load_cert_chain(*certificate)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Store(directory), enable_SMTPUTF8=True, tls_context=tls), "127.0.0.1", 0
    )
    host, port = server.sockets[0].getsockname()
    print(f"listening on {host}:{port}", flush=True)
    await server.serve_forever()


asyncio.run(serve(Path(sys.argv[1]), *sys.argv[2:]))
