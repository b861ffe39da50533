"""How far a long piece of work is: told by the code that does it, shown where somebody listens, else lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Tell = Callable[[str, int, int], None]
"""Is told what is being done, and how many of how many are done."""


def unheard(_what: str, _done: int, _of: int) -> None:
    """A `Tell` that nobody hears."""


Listener = Callable[[int, int], None]
"""Is told how many of how many are done."""


def _nobody(_done: int, _of: int) -> None:
    """Listens to nothing."""


_listener: ContextVar[Listener] = ContextVar("listener", default=_nobody)


def tell(done: int, of: int) -> None:
    """Tell the listener, if there is one."""
    _listener.get()(done, of)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """`listener` is told for this context; threads started inside tell nobody."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
