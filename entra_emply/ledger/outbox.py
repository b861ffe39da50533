"""The outbox: alerts on their way, a row for each alert and receiver. Not here: what is told, and how it is sent.

An alert is in it once for each receiver, however often it is found due: its key is that of its occasion. It is
claimed before it is sent: a claim is the time of the next try, so that an alert whose sender died is tried again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from entra_emply.ledger.tables import alerts

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
"""Between two tries; the pause doubles. The first is longer than any try takes."""
KEPT = timedelta(days=35)
"""Longer than anything counts as new: until then its key keeps it from being told again."""


@dataclass(frozen=True)
class Alert:
    """What is told once. key: of the occasion, the same however often it is found due. body: lines of plain text."""

    key: str
    kind: str
    title: str
    body: str


@dataclass(frozen=True)
class Claimed:
    """An alert that was claimed for one receiver; `tries` counts this one."""

    alert: Alert
    receiver: str
    tries: int


def put(connection: Connection, due: Sequence[Alert], receivers: Sequence[str], now: datetime) -> int:
    """Add the alerts for these receivers; those that are there already stay as they are. Returns the number added."""
    common = {"at": now, "tries": 0, "next_try_at": now}
    rows = [vars(alert) | {"receiver": receiver} | common for alert in due for receiver in receivers]
    if not rows:
        return 0
    new = insert(alerts).values(rows).on_conflict_do_nothing().returning(alerts.c.key)
    return len(connection.execute(new).all())


def has(connection: Connection, key: str) -> bool:
    """Whether an alert of this key was ever put, for any receiver."""
    return connection.execute(select(alerts.c.key).where(alerts.c.key == key).limit(1)).first() is not None


def claim(connection: Connection, receiver: str, now: datetime) -> Claimed | None:
    """Claim the oldest alert that this receiver is to be sent now; None where there is none.

    Two senders never claim the same one, unless the pause between two tries is over.
    """
    waiting = select(alerts.c.key, alerts.c.tries).where(
        alerts.c.receiver == receiver, alerts.c.sent_at.is_(None), alerts.c.next_try_at <= now
    )
    first = waiting.order_by(alerts.c.at, alerts.c.key).limit(1).with_for_update(skip_locked=True)
    found = connection.execute(first).one_or_none()
    if found is None:
        return None
    this = update(alerts).where(alerts.c.key == found.key, alerts.c.receiver == receiver)
    values = {"tries": found.tries + 1, "next_try_at": now + pause(found.tries + 1)}
    row = connection.execute(this.values(values).returning(alerts)).one()
    return Claimed(Alert(row.key, row.kind, row.title, row.body), row.receiver, row.tries)


def pause(tries: int) -> timedelta:
    """How long after so many tries the next one is made: 1, 2, 4 … minutes, at most an hour."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(tries - 1, 10))


def sent(connection: Connection, claimed: Claimed, now: datetime) -> None:
    """Record that the receiver took the alert."""
    this = tuple_(alerts.c.key, alerts.c.receiver) == (claimed.alert.key, claimed.receiver)
    connection.execute(update(alerts).where(this).values(sent_at=now))


def waiting(connection: Connection, receivers: Sequence[str]) -> int:
    """How many alerts these receivers have not taken yet."""
    unsent = select(func.count()).where(alerts.c.sent_at.is_(None), alerts.c.receiver.in_(receivers))
    return connection.execute(unsent).scalar_one()


def prune(connection: Connection, before: datetime, now: datetime) -> None:
    """Delete what is older than `before`, but nothing that might be told again."""
    connection.execute(delete(alerts).where(alerts.c.at < min(before, now - KEPT)))
