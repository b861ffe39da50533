"""Giving back to the system what reading needed.

The lists of 100,000 people leave some 140 MiB behind that the plan could not use, because each thread of a read has a
heap of its own.
"""

import ctypes

import pyarrow as pa


def give_back() -> None:
    """Return freed memory to the system: what Arrow keeps, and where the C library can (glibc), what it keeps."""
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
