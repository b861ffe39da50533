"""Which application permissions the settings in force need, which of the granted ones are good for them, and which are
more than needed. (Microsoft Graph's permissions reference)
"""

from collections.abc import Mapping
from dataclasses import dataclass

from assets.reconciliation.settings import Settings

_DIRECTORY = frozenset({"Directory.Read.All", "Directory.ReadWrite.All"})


@dataclass(frozen=True)
class Permission:
    """A permission: what for, which broader ones include it, whether it lets the application write, and which smaller
    ones are enough for a read (None: nothing but a permission lets it read)."""

    name: str
    why: str
    included_in: frozenset[str]
    writes: bool = False
    enough_to_read: frozenset[str] | None = None

    def from_elsewhere(self, granted: frozenset[str]) -> bool:
        """Whether a read that works shows another way in: Exchange's RBAC for Applications, which no token names."""
        return self.enough_to_read is not None and granted.isdisjoint({self.name, *self.enough_to_read})

    def granted_as(self, granted: frozenset[str]) -> str | None:
        """The name that it is granted under, itself or a broader one; None where it is not."""
        if self.name in granted:
            return self.name
        return next(iter(sorted(self.included_in & granted)), None)


USERS = Permission("User.Read.All", "to read users", frozenset({"User.ReadWrite.All"}) | _DIRECTORY)
MEMBERS = Permission(
    "GroupMember.Read.All",
    "to read groups and who is in them",
    frozenset({"Group.Read.All", "Group.ReadWrite.All", "GroupMember.ReadWrite.All"}) | _DIRECTORY,
)
ORGANIZATION = Permission(
    "Organization.Read.All", "to read the tenant", frozenset({"Organization.ReadWrite.All"}) | _DIRECTORY
)
CALENDARS = Permission(
    "Calendars.ReadWrite",
    "to read calendars and to write Emply's events into them",
    frozenset(),
    writes=True,
    enough_to_read=frozenset({"Calendars.Read", "Calendars.ReadBasic.All"}),
)
APPLICATIONS = Permission(
    "Application.Read.All",
    "to read who is assigned to the application for single sign-on",
    frozenset({"Application.ReadWrite.All"}) | _DIRECTORY,
)
WRITING_USERS = Permission(
    "User.ReadWrite.All", "to write users (entra_write_back)", frozenset({"Directory.ReadWrite.All"}), writes=True
)


def needed(settings: Settings) -> tuple[Permission, ...]:
    """What these settings need, and nothing more."""
    switches = settings.entra_write_back
    return (
        USERS,
        MEMBERS,
        ORGANIZATION,
        *((CALENDARS,) if settings.synchronize_calendars else ()),
        *((APPLICATIONS,) if settings.sso.service_principal_id else ()),
        *((WRITING_USERS,) if switches.create or switches.update or switches.delete else ()),
    )


def superfluous(settings: Settings, granted: frozenset[str]) -> Mapping[str, str]:
    """Granted permissions that are more than needed: what would do instead, "" for nothing."""
    wanted = needed(settings)
    names = {permission.name for permission in wanted}
    instead = {
        name: ", ".join(each.name for each in wanted if name in each.included_in and each.name not in granted)
        for name in granted
    }
    return {name: instead[name] for name in sorted(granted - names)}
