"""The ports of the demo's services on this machine: a free one for each, whatever else takes ports meanwhile."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from pipelines.commands.demo_company import DemoFailed


def on_free_port(start: Callable[[int], str], usual: int, wanted: int | None = None) -> str:
    """What `start` gives on a free port; once more on another one, where somebody took the first meanwhile."""
    chosen = free_port(usual, wanted)
    try:
        return start(chosen)
    except DemoFailed:
        if wanted or free_port(chosen) == chosen:
            raise
        return start(free_port(chosen))


def free_port(usual: int, wanted: int | None = None) -> int:
    """The port asked for, else the usual one, else any free one.

    Raises DemoFailed where the port asked for is taken.
    """
    for port in (wanted,) if wanted else (usual, 0):
        try:
            with _bound(port) as probe:
                return int(probe.getsockname()[1])
        except OSError:
            continue
    raise DemoFailed(f"port {wanted} is taken: choose another with --port")


@contextmanager
def kept_free(wanted: int | None) -> Iterator[None]:
    """No other service of the demo takes the port asked for, which is free."""
    with _bound(wanted) if wanted else nullcontext() as kept:
        if kept is not None:
            kept.listen()  # only who listens keeps others from a port
        yield


@contextmanager
def _bound(port: int) -> Iterator[socket.socket]:
    with socket.socket() as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("127.0.0.1", port))
        yield made
