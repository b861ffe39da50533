"""Which permissions the settings in force need, and which of the granted ones are more than that."""

from collections.abc import Mapping

from entra_emply.connectors.entra.permissions import (
    APPLICATIONS,
    CALENDARS,
    DELETING_USERS,
    MEMBERS,
    ORGANIZATION,
    USERS,
    WRITING_USERS,
    Permission,
)
from entra_emply.reconciliation.settings import Settings

_BY_GROUPS = frozenset({"Member.Read.Hidden"})
"""Whether it is needed, the groups say: where one of the settings hides its members."""


def needed(settings: Settings) -> tuple[Permission, ...]:
    """What these settings need, and nothing more."""
    switches = settings.entra_write_back
    return (
        USERS,
        MEMBERS,
        ORGANIZATION,
        *((CALENDARS,) if settings.synchronize_calendars else ()),
        *((APPLICATIONS,) if settings.sso.service_principal_id else ()),
        *((WRITING_USERS,) if switches.create or switches.update else ()),
        *((DELETING_USERS,) if switches.delete else ()),
    )


def superfluous(settings: Settings, granted: frozenset[str]) -> Mapping[str, str]:
    """Granted permissions that are more than needed: what would do instead, "" for nothing."""
    wanted = needed(settings)
    names = {permission.name for permission in wanted}
    instead = {
        name: ", ".join(each.name for each in wanted if name in each.included_in and each.name not in granted)
        for name in granted
    }
    return {name: instead[name] for name in sorted(granted - names - _BY_GROUPS)}
