"""What the sandbox knows about its callers: the app registration and the Emply key. No people: they are the state."""

import dataclasses
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sandbox import moments
from sandbox.exchange import Row

TENANT_ID = "8f2a4c1e-5b7d-4e93-a6f0-1c9d3b5e7a24"
CLIENT_ID = "3d6b9f02-7c41-4a58-b2e9-60f7d1a8c953"

PERMISSIONS = (
    "User.Read.All",
    "User.ReadWrite.All",
    "GroupMember.Read.All",
    "Organization.Read.All",
    "Calendars.ReadWrite",
    "Application.Read.All",
)
AREAS = ("users", "employees", "roles", "departments", "calendars")
SECRET = ("client_secret", "api_key")
EMPLY_STYLES, EMPLY_AUTHS = ("skip_take", "whole"), ("key", "bearer")
EMPLY_EVENTS = ("by_calendar", "all")
DELAYS = {
    "graph_ms": "milliseconds that each answer of Graph takes", "page_ms": "what a list of 999 rows takes besides",
    "emply_ms": "milliseconds that each answer of Emply takes",
}  # fmt: skip
_WORDS = {"emply_style": EMPLY_STYLES, "emply_auth": EMPLY_AUTHS, "emply_events": EMPLY_EVENTS}
_SECRET_LIFE = timedelta(days=365)


class SettingsError(ValueError):
    """Settings that cannot be; the message says which."""


@dataclass
class Settings:
    """One app registration in one tenant, and one Emply key of one customer.

    `permissions` are the app's granted application roles, `exchange_roles` those that Exchange gives it for mailboxes
    (RBAC for Applications), which no token names; `areas` says for each Emply area whether the key may
    "read" or "write" (which includes reading). `certificate` is the PEM text of a certificate registered on the
    app; without one every assertion signed by a
    certificate is refused. `federated` is the app's federated credential: issuer, subject, and the issuer's public key
    (PEM). `secret_ends` is what
    Graph says of the secret (ISO 8601). `token_lifetime` is in seconds. `graph_units` replaces the
    throttling bucket's size (resource units in ten seconds), which otherwise goes by the tenant's size;
    `graph_writes` are the writes in 150 seconds. A mailbox serves `mailbox_requests` in ten minutes and
    `mailbox_at_once` at once. Delta tokens live `delta_lifetime` seconds;
    `delta_disorder` (a seed; 0: none) makes the directory's deltas as bad as Graph allows.
    People sign in for `redirect_uris` alone: `signed_in` is who sits at the browser, `app_roles` what they are in the
    application, by id or user principal name.
    `emply_style` and `emply_auth` are those of `emply.style` and `emply.access`; an API2 token (bearer) has its access
    in itself. With `emply_events` "all", Emply has the events of all calendars in one list, too. Graph takes `graph_ms`
    milliseconds for an answer and `page_ms` more for 999 rows, Emply `emply_ms`.
    """

    tenant_id: str = TENANT_ID
    client_id: str = CLIENT_ID
    client_secret: str = field(default_factory=lambda: secrets.token_urlsafe(30))
    secret_expired: bool = False
    secret_ends: str = field(default_factory=lambda: moments.written(datetime.now(UTC) + _SECRET_LIFE))
    certificate: str | None = None
    federated: dict[str, str] | None = None
    permissions: list[str] = field(default_factory=lambda: list(PERMISSIONS))
    exchange_roles: list[str] = field(default_factory=list)
    token_lifetime: int = 3599
    redirect_uris: list[str] = field(default_factory=list)
    signed_in: str | None = None
    app_roles: dict[str, list[str]] = field(default_factory=dict)
    graph_units: int | None = None
    graph_writes: int = 3000
    mailbox_requests: int = 10_000
    mailbox_at_once: int = 4
    delta_lifetime: float = 7 * 24 * 3600
    delta_disorder: int = 0
    customer: str = "contoso"
    api_key: str = field(default_factory=lambda: secrets.token_hex(16))
    api_key_active: bool = True
    areas: dict[str, str] = field(default_factory=lambda: dict.fromkeys(AREAS, "write"))
    emply_per_second: int = 50
    emply_style: str = "skip_take"
    emply_auth: str = "key"
    emply_events: str = "by_calendar"
    graph_ms: float = 0
    page_ms: float = 0
    emply_ms: float = 0

    def shown(self) -> Row:
        """The settings with the secrets blanked."""
        return {name: "***" if name in SECRET else value for name, value in dataclasses.asdict(self).items()}

    def change(self, changes: object) -> None:
        """Replace the named settings; raises `SettingsError` for anything but an object of known names."""
        if not isinstance(changes, dict) or (unknown := changes.keys() - {f.name for f in dataclasses.fields(self)}):
            raise SettingsError(
                f"expected an object of settings; unknown: {sorted(unknown)}"
                if isinstance(changes, dict)
                else "expected an object of settings"
            )
        for name, words in _WORDS.items():
            if name in changes and changes[name] not in words:
                raise SettingsError(f"{name} is one of {', '.join(words)}")
        for name in changes.keys() & DELAYS:
            if not isinstance(changes[name], int | float) or changes[name] < 0:
                raise SettingsError(f"{name} is a number of milliseconds, not negative")
        for name, value in changes.items():
            setattr(self, name, value)
