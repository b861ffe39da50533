"""The receivers of alerts, by Apprise: Teams, Slack, mail, webhooks and whatever else it knows.

An address of ALERT_URLS is a secret: it is shown nowhere, and what Apprise logs of it is kept back. What was not taken
says so; why, the receiver's own log says.
"""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

import apprise

from entra_emply.errors import SettingsError
from entra_emply.ledger.outbox import Alert

_LOGGERS = ("apprise", "urllib3.connectionpool", "requests_oauthlib")
"""They write addresses, with what is secret in them."""
_SECONDS = 15
"""For one alert to one receiver; a try takes less than the pause before the next (`outbox.FIRST_PAUSE`)."""


@dataclass(frozen=True)
class Receiver:
    """One address. id: a hash of it, by which the outbox knows it. service: what kind it is, such as "E-Mail"."""

    id: str
    service: str
    _sender: apprise.Apprise = field(repr=False)

    def take(self, alert: Alert) -> bool:
        """Send the alert. Returns whether the receiver took it; False, too, where nobody knows."""
        with _silence():
            done = self._sender.notify(
                title=alert.title, body=alert.body, body_format=apprise.NotifyFormat.TEXT, timeout=_SECONDS
            )
            return bool(done)


def receivers_of(urls: Sequence[str]) -> list[Receiver]:
    """The receivers, in their order. Raises SettingsError, which shows no address, for one that is not known."""
    found = []
    asset = apprise.AppriseAsset(app_id="entra-emply", app_desc="entra-emply", secure_logging=True)
    for place, url in enumerate(dict.fromkeys(urls), 1):
        sender = apprise.Apprise(asset=asset)
        with _silence():
            known = sender.add(url)
        if not known:
            raise SettingsError(f"ALERT_URLS: address {place} is none that Apprise knows (docs/alerts.md has examples)")
        found.append(Receiver(hashlib.sha256(url.encode()).hexdigest()[:16], str(sender[0].service_name), sender))
    return found


class _Silence:
    """While anything is sent, nothing is logged by those who would write its address."""

    def __init__(self) -> None:
        self._lock, self._sending = Lock(), 0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._lock:
            self._sending += change
            for name in _LOGGERS:
                logging.getLogger(name).disabled = self._sending > 0


_silence = _Silence()
