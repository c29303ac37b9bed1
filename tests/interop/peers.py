"""What `run` knows about a peer."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

from harness import Bench


class Trial(NamedTuple):
    """One case of one peer; `run` raises what is wrong, and may have a figure."""

    name: str
    run: Callable[[Bench], str | None]
    # Tried with --all only.
    is_slow: bool = False


class Peer(Protocol):
    """A third-party mail program tried against one of the examples."""

    name: str

    def install(self, cache: Path) -> None:
        """Make the peer runnable. Raises Unavailable if a registry fails."""

    def trials(self) -> list[Trial]:
        """All cases of the peer; must not need `install`."""
