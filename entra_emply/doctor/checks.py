"""What `doctor` finds out: one `Check` for each thing that has to be right. Who looks is beside what is looked at."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

from entra_emply import clock
from entra_emply.connectors.answer import Answer

Status = Literal["ok", "failed", "note", "skipped"]
"""`note`: nothing is wrong, but somebody should know. `skipped`: not looked at, because of another check."""

_CLOCK_SECONDS = 60
_SOON_DAYS = 30


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: what was found, and what to do where something failed."""

    name: str
    status: Status
    said: str
    remedy: str = ""


def ok(name: str, said: str) -> Check:
    """It is as it should be."""
    return Check(name, "ok", said)


def failed(name: str, said: str, remedy: str) -> Check:
    """A check that failed, and what to do about it."""
    return Check(name, "failed", said, remedy)


def note(name: str, said: str, remedy: str = "") -> Check:
    """It is not wrong, but worth knowing."""
    return Check(name, "note", said, remedy)


def skipped(name: str, because: str) -> Check:
    """It could not be looked at."""
    return Check(name, "skipped", f"not looked at, because {because}")


def good_until(name: str, ends: datetime, renew: str) -> Check:
    """Whether what is good until `ends` can be used still, and for 30 days to come."""
    if ends <= clock.now():
        return failed(name, f"ended on {ends:%Y-%m-%d}", renew)
    said = f"is good until {ends:%Y-%m-%d}"
    return note(name, said, renew) if (ends - clock.now()).days < _SOON_DAYS else ok(name, said)


def clock_of(service: str, answer: Answer) -> Check:
    """Whether this machine's clock agrees with the answer's `Date`."""
    name = f"clock: {service}"
    sent = _date(answer.headers.get("Date"))
    if sent is None:
        return note(name, f"{service} sent no Date header")
    seconds = (clock.now() - sent).total_seconds()
    if abs(seconds) <= _CLOCK_SECONDS:
        return ok(name, f"agrees with {service} within {_CLOCK_SECONDS} seconds")
    how = "ahead of" if seconds > 0 else "behind"
    return failed(
        name, f"this machine's clock is {abs(seconds):.0f} seconds {how} {service}'s",
        "Let the machine's clock be set by NTP: tokens and the day of a plan depend on it.",
    )  # fmt: skip


def _date(text: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
