"""A process that ends while one of its threads reads."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import PATIENCE

_ENDS_WHILE_READING = """
import sys, threading
import pandas as pd
from entra_emply.extraction.side_by_side import Announced, in_turn
from entra_emply.storage.frame_store import FrameStore

store, reading = FrameStore(sys.argv[1]), threading.Event()
frame = pd.DataFrame({str(n): pd.Series(["Łucja"] * 20_000, dtype="str") for n in range(10)})
store.write("run", "people", frame)

def reads(_):
    for _ in range(60):  # a third of a second, on a machine that is not slow
        store.read("run", "people")
        reading.set()

def fails(_):
    reading.wait()
    raise KeyError

list(in_turn({"fails": Announced(fails), "reads": Announced(reads)}, lambda: None))
"""


@pytest.mark.parametrize("_time", range(4))
def test_a_process_ends_while_something_is_still_being_read(tmp_path: Path, _time: int) -> None:
    command = [sys.executable, "-c", _ENDS_WHILE_READING, f"file://{tmp_path}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, "KeyError")
