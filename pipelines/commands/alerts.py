"""Alerts on the command line: the step after a command that may run by itself, and `alerts`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from entra_emply import clock
from entra_emply.alerts.due import FailedRun
from entra_emply.alerts.receivers import receivers_of
from entra_emply.environment import Environment
from entra_emply.errors import EntraEmplyError
from entra_emply.ledger.installed import existing_ledger
from entra_emply.ledger.outbox import Alert
from pipelines.alerting import tell_within

_SECONDS = 20
_PATIENT_SECONDS = 120


@contextmanager
def telling(job: str) -> Iterator[None]:
    """After the command said what came of it, tell whom it concerns, also where it failed. Nothing of this changes its
    outcome."""
    try:
        yield
        sys.stdout.flush()
    except Exception as error:
        _tell([_failed(job, error)])
        raise
    _tell([])


def send() -> tuple[int, int]:
    """Tell what is due, and send what waits: how many alerts were sent, and how many wait. Raises SettingsError."""
    environment = Environment.load()
    with existing_ledger(environment) as ledger:
        told = tell_within(_PATIENT_SECONDS, ledger, environment)
    return (told.sent, told.waiting) if told is not None else (0, 0)


def send_test() -> dict[str, bool]:
    """Send each receiver a test: by its place and kind, whether it took it. Raises SettingsError."""
    alert = Alert("test", "test", "entra-emply: a test", "This is a test: alerts reach you.")
    receivers = receivers_of(Environment.load().alert_urls)
    return {f"{place}. {each.service}": each.take(alert) for place, each in enumerate(receivers, 1)}


def _failed(job: str, error: Exception) -> FailedRun:
    """The reason only where the words are ours, which name nobody."""
    from pipelines.commands.sync import SyncFailed  # noqa: PLC0415 (slow)

    if isinstance(error, SyncFailed):
        return FailedRun(error.job, error.run_id, clock.now(), error.told)
    return FailedRun(job, "", clock.now(), str(error) if isinstance(error, EntraEmplyError) else "")


def _tell(failed: list[FailedRun]) -> None:
    environment = Environment.load()
    if not environment.alert_urls:
        return
    try:
        with existing_ledger(environment) as ledger:
            tell_within(_SECONDS, ledger, environment, failed)
    except Exception as error:  # noqa: BLE001 (whatever it is, the command has done what it was to do)
        why = str(error) if isinstance(error, EntraEmplyError) else type(error).__name__
        if not failed:  # else the command says what is wrong, in its one line
            typer.echo(f"entra-emply: nobody was told: {why}", err=True)
