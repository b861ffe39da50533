"""The memory that reading takes, and giving it back.

The lists of 100,000 people are read by threads. By default each of them has a heap of its own, and Arrow keeps what it
freed for later: the plan can use neither, and a run of so many takes some 180 MiB more.
"""

import ctypes

import pyarrow as pa

_M_ARENA_MAX = -8  # malloc.h of glibc: how many heaps there may be


def share_one_heap() -> None:
    """Let all threads that begin from now on, and Arrow, take their memory from one heap (where the C library can:
    glibc). It is the process's own setting, and stays."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
        pa.set_memory_pool(pa.system_memory_pool())


def give_back() -> None:
    """Return freed memory to the system: what Arrow keeps, and where the C library can (glibc), what it keeps."""
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
