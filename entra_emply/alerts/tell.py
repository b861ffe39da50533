"""The step that tells people, for sensors and commands alike: find what is due, put it into the outbox, send."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from entra_emply import clock
from entra_emply.alerts.due import FailedRun, due
from entra_emply.alerts.receivers import Receiver, receivers_of
from entra_emply.alerts.sending import send_waiting
from entra_emply.environment import Environment
from entra_emply.errors import LedgerError, SettingsError
from entra_emply.ledger import alert_facts, credentials, migrate, outbox
from entra_emply.ledger.ledger import Ledger
from entra_emply.reconciliation.settings import load

LOOK_EVERY = timedelta(days=1)

Ends = Mapping[str, datetime | None]
"""Until when each credential is good; None where that cannot be known."""


@dataclass(frozen=True)
class AlertCounts:
    """Numbers of alerts: new in the outbox, taken by their receivers, and waiting for one to take them."""

    new: int
    sent: int
    waiting: int


def tell(
    ledger: Ledger,
    environment: Environment,
    look: Callable[[Environment], Ends],
    failed: Sequence[FailedRun] = (),
    *,
    seconds: float,
) -> AlertCounts | None:
    """Tell what is due; None where nobody is to be told. It may take a little more than `seconds`.

    `look`: finds out until when the credentials are good; asked once a day. Raises SettingsError, LedgerError.
    """
    receivers = receivers_of(environment.alert_urls)
    if not receivers:
        return None
    if not ledger.read(migrate.fits):
        raise LedgerError("the ledger is of another version: the next sync brings it to this one")
    _look(ledger, environment, look)
    new = put_due(ledger, environment, receivers, failed)
    sent = send_waiting(ledger, receivers, seconds=seconds)
    return AlertCounts(new, sent, ledger.read(outbox.waiting, _ids(receivers)))


def put_due(
    ledger: Ledger, environment: Environment, receivers: Sequence[Receiver], failed: Sequence[FailedRun] = ()
) -> int:
    """Put what is due into the outbox; the number of alerts that are new in it."""
    facts = ledger.read(alert_facts.facts, clock.now(), names=_names(environment))
    return ledger.write(outbox.put, due(facts, failed, environment.console), _ids(receivers), facts.now)


def _look(ledger: Ledger, environment: Environment, look: Callable[[Environment], Ends]) -> None:
    looked = ledger.read(credentials.looked_at)
    if looked is None or clock.now() - looked >= LOOK_EVERY:
        ledger.write(credentials.record, look(environment), clock.now())


def _names(environment: Environment) -> bool:
    """Whether alerts name people; not where nobody can tell."""
    try:
        return load(environment.settings).alerts.names
    except SettingsError:
        return False


def _ids(receivers: Sequence[Receiver]) -> list[str]:
    return [receiver.id for receiver in receivers]
