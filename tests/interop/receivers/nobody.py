"""A port at which nobody listens."""

import socket
from functools import partial
from pathlib import Path

from harness import LOOPBACK, Bench, Failure
from peers import Trial
from receivers.programs import SESSION_FAILED, envelope
from ways import OCTETS, Way


class Nobody:
    name = "no-server"

    def install(self, cache: Path) -> None:
        """There is nothing to install."""

    def trials(self) -> list[Trial]:
        return [
            Trial(f"{program}-connection-refused", partial(self.run, program))
            for program in ("client", "sendmail")
        ]

    def run(self, program: str, bench: Bench) -> None:
        # Bound but not listening: refused, and nobody else can take the port.
        with socket.socket() as holder:
            holder.bind((LOOPBACK, 0))
            told = envelope(holder.getsockname()[1], Way("connection-refused"))
            result = bench.run(getattr(bench.programs, program), *told, stdin=OCTETS)
        if result.status != SESSION_FAILED:
            raise Failure(f"exit status {result.status}, not {SESSION_FAILED}")
