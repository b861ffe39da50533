"""Debian's chromium, which looks at pages as their users do."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.waiting import PATIENCE

_CHROMIUM = shutil.which("chromium")
_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

PATIENCE_MS = 1000 * PATIENCE
"""The same for a browser, which counts in milliseconds."""

needs_chromium = pytest.mark.skipif(_CHROMIUM is None, reason="there is no chromium to look with")

expect.set_options(timeout=PATIENCE_MS)


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """It, without a window."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=_CHROMIUM, args=_OPTIONS, timeout=PATIENCE_MS)
        yield running
        running.close()
