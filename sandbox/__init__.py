"""Entra, Graph and Emply on this machine. Imports nothing of `assets` and `pipelines`.

`run` serves in the foreground; `Sandbox` starts one beside a test, a benchmark or the demo.
"""

from sandbox.client import Sandbox
from sandbox.server import run

__all__ = ["Sandbox", "run"]
