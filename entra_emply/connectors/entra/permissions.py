"""The application permissions that Graph's calls need, and the broader ones that include them.

(Microsoft Graph's permissions reference)
"""

from dataclasses import dataclass

_DIRECTORY = frozenset({"Directory.Read.All", "Directory.ReadWrite.All"})


@dataclass(frozen=True)
class Permission:
    """A permission that the application needs.

    included_in: broader permissions that include it. writes: whether it lets the application write. enough_to_read:
    smaller permissions that suffice for reading; None where only a permission in the token lets it read.
    """

    name: str
    why: str
    included_in: frozenset[str]
    writes: bool = False
    enough_to_read: frozenset[str] | None = None

    @property
    def sufficient(self) -> tuple[str, ...]:
        """What suffices: the permission itself, first, and those that include it."""
        return self.name, *self.included_in

    def from_elsewhere(self, granted: frozenset[str]) -> bool:
        """Whether a successful read was granted by Exchange's RBAC for Applications, which no token names."""
        return self.enough_to_read is not None and granted.isdisjoint({self.name, *self.enough_to_read})

    def granted_as(self, granted: frozenset[str]) -> str | None:
        """The granted permission that includes this one, or itself; None where there is none."""
        if self.name in granted:
            return self.name
        return next(iter(sorted(self.included_in & granted)), None)


USERS = Permission("User.Read.All", "to read users", frozenset({"User.ReadWrite.All"}) | _DIRECTORY)
MEMBERS = Permission(
    "GroupMember.Read.All",
    "to read groups and who is in them",
    frozenset({"Group.Read.All", "Group.ReadWrite.All", "GroupMember.ReadWrite.All"}) | _DIRECTORY,
)
HIDDEN_MEMBERS = Permission(
    "Member.Read.Hidden", "to see who is in groups that hide their members (S, hidden_membership)", frozenset()
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
    "User.ReadWrite.All",
    "to create and change users (entra_write_back)",
    frozenset({"Directory.ReadWrite.All"}),
    writes=True,
)
DELETING_USERS = Permission(
    "User.DeleteRestore.All",
    "to delete users (entra_write_back.delete)",
    frozenset({"User.ReadWrite.All"}),
    writes=True,
)
"""Directory.ReadWrite.All does not include it."""
