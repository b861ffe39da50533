"""The memory of a process that reads: one heap for all threads, for Arrow, too."""

import subprocess
import sys

import pytest

TRIED = """
import ctypes, threading
import pyarrow as pa
from entra_emply.extraction.memory import share_one_heap

libc = ctypes.CDLL(None)
libc.open_memstream.restype = ctypes.c_void_p

def heaps() -> int:
    text, size = ctypes.c_char_p(), ctypes.c_size_t()
    stream = ctypes.c_void_p(libc.open_memstream(ctypes.byref(text), ctypes.byref(size)))
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    return text.value.decode().count("<heap ")

def take() -> None:
    kept.append([bytearray(1000) for _ in range(1000)])  # more than Python's own blocks hold: malloc's
    together.wait()

if {shared}:
    share_one_heap()
before, kept, together = heaps(), [], threading.Barrier(5)
for _ in range(4):
    threading.Thread(target=take).start()
together.wait()
print(heaps() - before, pa.default_memory_pool().backend_name)
"""


def tried(*, shared: bool) -> tuple[int, str]:
    """How many more heaps a process has for four more threads, and from where Arrow takes its memory."""
    command = [sys.executable, "-c", TRIED.format(shared=shared)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    more, arrow = said.split()
    return int(more), arrow


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's own")
def test_threads_and_arrow_share_one_heap() -> None:
    more, _ = tried(shared=False)
    assert more > 0
    assert tried(shared=True) == (0, "system")
