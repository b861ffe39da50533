"""The step that tells people keeps nobody waiting."""

import threading

import pytest

from entra_emply.errors import LedgerError
from pipelines.alerting import within


def test_what_a_step_gives_is_given() -> None:
    assert within(60, lambda: 7) == 7


def test_a_step_that_does_not_end_is_not_waited_for() -> None:
    never = threading.Event()
    assert within(0.01, never.wait) is None
    never.set()


def test_what_went_wrong_is_raised() -> None:
    def step() -> None:
        raise LedgerError("the database is away")

    with pytest.raises(LedgerError, match="the database is away"):
        within(60, step)
