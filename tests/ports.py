"""A port of this machine, for a server that a test starts, or for one that must not be there."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept_port() -> Iterator[int]:
    """A port at which nobody listens, and that nobody is given who asks for any free one, while the context lasts.

    Who wants this very one gets it: servers bind with SO_REUSEADDR, and no one listens here.
    """
    with socket.socket() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        yield int(kept.getsockname()[1])
