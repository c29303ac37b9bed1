"""Unpacked mail servers that find files and users where Debian puts them.

Each runs as root, who gives up what it need not, in a mount namespace of its
own: nobody else sees its files and users, and they end with it.
"""

from pathlib import Path

from harness import Bench

FIRST_ID = 7001
ENTER = """
set -e
root=$1 own=$2
shift 2
mount -t overlay overlay -o "lowerdir=$root/usr:/usr" /usr
for place in etc/passwd etc/group run var/lib var/spool; do
    mount --bind "$own/$place" "/$place"
done
exec "$@"
"""


class Unpacked:
    """An unpacked package, with users who each have a group of that name."""

    def __init__(self, bench: Bench, root: Path, *users: str) -> None:
        self.root = root
        self.ids = {user: FIRST_ID + number for number, user in enumerate(users)}
        self.own = bench.directory / f"own-{root.name}"
        self.spool = self.own / "var/spool"
        for place in ("etc", "run", "var/lib", "var/spool"):
            (self.own / place).mkdir(parents=True)
        # It gives up its rights to read and write here.
        bench.directory.chmod(0o755)
        for file, line in (("passwd", "{0}:x:{1}:{1}::/:/bin/sh\n"), ("group", "{0}:x:{1}:\n")):
            lines = (line.format(*known) for known in self.ids.items())
            path = self.own / "etc" / file
            path.write_text(Path("/etc", file).read_text() + "".join(lines))

    def command(self, *command: str | Path) -> tuple[str | Path, ...]:
        """What to run instead, so that the command sees all this."""
        enter = ("unshare", "--mount", "sh", "-c", ENTER, "sh")
        return (*enter, self.root, self.own, *command)
