"""The step that tells people, as sensors and commands take it: within a short time, and never in the way of a run."""

from collections.abc import Callable, Sequence
from threading import Thread
from typing import TypeVar

from entra_emply.alerts.due import FailedRun
from entra_emply.alerts.tell import AlertCounts, tell
from entra_emply.doctor.credentials import known_ends
from entra_emply.environment import Environment
from entra_emply.ledger.ledger import Ledger

Result = TypeVar("Result")


def tell_within(
    seconds: float, ledger: Ledger, environment: Environment, failed: Sequence[FailedRun] = ()
) -> AlertCounts | None:
    """Tell what is due; None where nobody is to be told. What is not done in time, the next step does.

    Raises SettingsError, LedgerError.
    """
    return within(seconds, lambda: tell(ledger, environment, known_ends, failed, seconds=seconds))


def within(seconds: float, step: Callable[[], Result]) -> Result | None:
    """What the step gives; None where it takes longer: it goes on, as long as this process does. Raises what it raises
    until then."""
    done: list[Result] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            done.append(step())
        except Exception as error:  # noqa: BLE001 (raised below)
            failed.append(error)

    thread = Thread(target=run, daemon=True)  # a receiver that never answers keeps no process from ending
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    return done[0] if done else None
