#!/usr/bin/env python3
"""What an idle connection costs a server, in resident memory.

    tests/interop/idle.py PROGRAM ARGUMENT...

starts the server, which says `listening on HOST:PORT`, lets 5,000 clients say
EHLO and no more, and prints the octets that each of them made it grow by.
"""

import re
import socket
import subprocess
import sys
from pathlib import Path

CLIENTS = 5000


def resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


def greet(address: tuple[str, int]) -> socket.socket:
    client = socket.create_connection(address)
    client.recv(4096)
    client.sendall(b"EHLO client.example\r\n")
    said = b""
    while not re.search(rb"^250 .*\n", said, re.MULTILINE):
        said += client.recv(4096)
    return client


def main() -> None:
    server = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        host, _, port = server.stdout.readline().split()[2].rpartition(":")
        address = (host, int(port))
        # Whatever is made once is made by now.
        warm = [greet(address) for _ in range(50)]
        before = resident(server.pid)
        clients = [greet(address) for _ in range(CLIENTS)]
        grown = resident(server.pid) - before
        print(f"{grown // len(clients)} octets for each of {len(clients)} clients, {before} before")
        for client in (*warm, *clients):
            client.close()
    finally:
        server.kill()
        server.wait()


main()
