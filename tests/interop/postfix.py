"""Postfix with its queue and its log in the directory of a case."""

import os
import re
from functools import partial
from pathlib import Path

from harness import Bench
from unpacked import Unpacked

QUEUES = (
    *("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold"),
    *("incoming", "maildrop", "private", "public", "saved", "trace"),
)
SERVICES = """
pickup  unix - - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr    unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce  unix - - n - 0 bounce
defer   unix - - n - 0 bounce
trace   unix - - n - 0 bounce
smtp    unix - - n - - smtp
lmtp    unix - - n - - lmtp
virtual unix - n n - - virtual
error   unix - - n - - error
retry   unix - - n - - error
discard unix - - n - - discard
tlsmgr  unix - - n 1000? 1 tlsmgr
scache  unix - - n - 1 scache
anvil   unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """A running Postfix, told by `main` what is not the same for all."""

    def __init__(self, bench: Bench, root: Path, main: str, services: str = "") -> None:
        self.bench = bench
        self.unpacked = Unpacked(bench, root, "postfix", "postdrop")
        self.log_file = bench.directory / "log/maillog"
        self.config = bench.directory / "config"
        self.make_directories()
        (self.config / "main.cf").write_text(self.common() + main)
        (self.config / "master.cf").write_text(SERVICES + services)
        # Of a file just written it waits whether more is written.
        os.utime(self.config / "main.cf", (0, 0))
        # With a process group of its own, which it ends when it ends.
        command = ("setsid", "/usr/lib/postfix/sbin/master", "-c", self.config, "-d")
        bench.start(*self.unpacked.command(*command))
        self.wait_for_log("daemon started")

    def log(self) -> str:
        if not self.log_file.exists():
            return ""
        return self.log_file.read_text(errors="replace")

    def wait_for_log(self, what: str, count: int = 1) -> None:
        def is_logged() -> bool | None:
            return len(re.findall(what, self.log())) >= count or None

        self.bench.wait_for(is_logged)

    def make_directories(self) -> None:
        here = self.bench.directory
        owned = [here / "data", here / "log", *(here / "queue" / name for name in QUEUES)]
        for directory in (self.config, here / "queue/pid", *owned):
            directory.mkdir(parents=True)
        chown = partial(os.chown, uid=self.unpacked.ids["postfix"])
        for directory in owned:
            chown(directory, gid=-1)
        for name, mode in (("maildrop", 0o730), ("public", 0o710)):
            chown(here / "queue" / name, gid=self.unpacked.ids["postdrop"])
            (here / "queue" / name).chmod(mode)

    def common(self) -> str:
        here = self.bench.directory
        return f"""
compatibility_level = 3.7
queue_directory = {here}/queue
data_directory = {here}/data
meta_directory = {here}/config
mail_owner = postfix
setgid_group = postdrop
import_environment = MAIL_CONFIG={self.config}
mydestination =
alias_maps =
inet_interfaces = loopback-only
inet_protocols = ipv4
maillog_file = {self.log_file}
maillog_file_prefixes = {here}
"""
