"""The frames of Microsoft Graph's directory: for each a pandera model, and a function that makes it of JSON rows.

Text stays as Graph wrote it, a missing value is NaN, absent switches have the defaults of rules.md. Not here: reading
the rows (`directory`), trimming and folding text (the rules), and the frames of mailboxes (`mailbox_frames`).
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import ClassVar

import pandas as pd
import pandera.pandas as pandera

from entra_emply.connectors.frames import Derivation, FrameModel, Row, column, identity, of_rows, sorted_texts, texts

_TYPE_PREFIX = "#microsoft.graph."
A_USER = f"{_TYPE_PREFIX}user"
"""How Graph's rows of members say that one is a user."""
_HIDDEN = "hiddenmembership"


class Tenant(FrameModel):
    """The organization, one row."""

    tenant_id: str = identity("id", "The tenant's id")
    display_name: str = column("displayName", "The organization's name")
    on_premises_sync_enabled: bool = column(
        "onPremisesSyncEnabled", "Whether the directory is mastered on-premises (a hybrid tenant)", default=False
    )
    verified_domains: pd.ArrowDtype = texts("verifiedDomains", "Names of the domains that addresses may be made in")
    member_read_hidden: bool = column(None, "Whether the application may see hidden members", nullable=False)

    @pandera.dataframe_check(name="exactly one tenant")
    @classmethod
    def one_row(cls, frame: pd.DataFrame) -> bool:
        """Whether there is exactly one organization."""
        return len(frame) == 1


class Users(FrameModel):
    """Every user of the tenant, one row a user, sorted by id."""

    entra_id: str = identity("id", "The user's object id")
    user_principal_name: str = column("userPrincipalName", "The sign-in name, as written")
    mail: str = column("mail", "The mailbox's primary address, as written; many users have none")
    given_name: str = column("givenName", "First name")
    surname: str = column("surname", "Last name")
    display_name: str = column("displayName", "Name shown in the directory")
    job_title: str = column("jobTitle", "Job title")
    mobile_phone: str = column("mobilePhone", "Mobile phone number")
    department: str = column("department", "Name of the department")
    user_type: str = column("userType", "Member or Guest", default="Member")
    account_enabled: bool = column("accountEnabled", "Whether the user may sign in", default=True)
    on_premises_sync_enabled: bool = column(
        "onPremisesSyncEnabled", "Whether this user is mastered on-premises", default=False
    )
    other_mails: pd.ArrowDtype = texts("otherMails", "Other addresses of the person")
    proxy_addresses: pd.ArrowDtype = texts("proxyAddresses", "Addresses of the mailbox: SMTP: primary, smtp: others")


class Groups(FrameModel):
    """Every group of the tenant, one row a group, sorted by id."""

    group_id: str = identity("id", "The group's object id")
    display_name: str = column("displayName", "The group's name; not unique in a tenant")
    dynamic: bool = column("groupTypes", "Whether a rule decides who is a member (DynamicMembership)", nullable=False)
    hidden: bool = column("visibility", "Whether only some apps see who is a member (HiddenMembership)", nullable=False)
    mail: str = column("mail", "The group's primary address, as written; many groups have none")
    proxy_addresses: pd.ArrowDtype = texts("proxyAddresses", "Addresses of the group: SMTP: primary, smtp: others")


class GroupMembers(FrameModel):
    """The members of the groups of the settings, one row a group and member, sorted by both."""

    group_id: str = identity(None, "The group's object id", unique=False)
    member_id: str = identity("id", "The member's object id", unique=False)
    member_type: str = column(None, "What the member is: user, group, device, orgContact …", nullable=False)

    class Config(FrameModel.Config):
        """A member is in a group once."""

        unique: ClassVar = ["group_id", "member_id"]


class Cursor(FrameModel):
    """Where the next read of a list goes on (`tracking`), one row for each delta; stored beside the list's frame."""

    path: str = identity(None, "What is tracked: users or groups")
    delta_link: str = column(None, "Graph's address of the changes since this read; missing where it gave none")
    properties: str = column(None, "The properties whose changes it tells", nullable=False)
    tenant: str = column(None, "The tenant that was read, as ENTRA_TENANT_ID names it", nullable=False)
    read_whole_at: str = column(None, "When the list was last read whole, or begun to be; UTC", nullable=False)


class DeletedUsers(FrameModel):
    """The users deleted in the last 30 days, one row a user, sorted by id. Read only where users are written back."""

    entra_id: str = identity("id", "The user's object id")
    user_principal_name: str = column("userPrincipalName", "The sign-in name, behind the object id without dashes")
    mail: str = column("mail", "The mailbox's primary address, as written")
    other_mails: pd.ArrowDtype = texts("otherMails", "Other addresses of the person")
    proxy_addresses: pd.ArrowDtype = texts("proxyAddresses", "Addresses of the mailbox: SMTP: primary, smtp: others")


class Application(FrameModel):
    """The enterprise application for signing in to Emply, at most one row. Read only where it is configured."""

    service_principal_id: str = identity("id", "The application's object id in this tenant")
    assignment_required: bool = column(
        "appRoleAssignmentRequired", "Whether only assigned users may sign in", default=False
    )


class Assigned(FrameModel):
    """The users assigned to the application, directly or as direct members of an assigned group, one row a user."""

    entra_id: str = identity("id", "The user's object id")


def tenant(rows: Sequence[Row], *, member_read_hidden: bool = False) -> pd.DataFrame:
    """The frame `Tenant` of the rows of `organization`. Raises SourceUnreadable.

    member_read_hidden: whether the application has the permission to see members of groups that hide them.
    """
    hidden: Derivation = lambda rows: [member_read_hidden] * len(rows)  # noqa: E731 (a derivation is a function)
    return of_rows(Tenant, rows, "entra_tenant", {"verified_domains": _domains, "member_read_hidden": hidden})


def users(rows: Sequence[Row]) -> pd.DataFrame:
    """The frame `Users` of the rows of `users`. Raises SourceUnreadable."""
    return of_rows(Users, rows, "entra_users", _ADDRESSES)


def groups(rows: Sequence[Row]) -> pd.DataFrame:
    """The frame `Groups` of the rows of `groups`. Raises SourceUnreadable."""
    derived = {"dynamic": _dynamic, "hidden": _hidden, "proxy_addresses": _ADDRESSES["proxy_addresses"]}
    return of_rows(Groups, rows, "entra_groups", derived)


def members(rows: Mapping[str, Sequence[Row]]) -> pd.DataFrame:
    """The frame `GroupMembers` of the rows of `members` of each group id. Raises SourceUnreadable."""
    group_ids = list(chain.from_iterable(repeat(group, len(each)) for group, each in rows.items()))
    derived: dict[str, Derivation] = {"group_id": lambda _: group_ids, "member_type": _member_type}
    return of_rows(GroupMembers, list(chain.from_iterable(rows.values())), "entra_group_members", derived)


def deleted_users(rows: Sequence[Row]) -> pd.DataFrame:
    """The frame `DeletedUsers` of the rows of `directory/deletedItems`. Raises SourceUnreadable."""
    return of_rows(DeletedUsers, rows, "entra_deleted_users", _ADDRESSES)


def application(rows: Sequence[Row]) -> pd.DataFrame:
    """The frame `Application` of the service principal, if it exists. Raises SourceUnreadable."""
    return of_rows(Application, rows, "entra_app")


def assigned(entra_ids: Iterable[str]) -> pd.DataFrame:
    """The frame `Assigned` of these users. Raises SourceUnreadable."""
    return of_rows(Assigned, [{"id": entra_id} for entra_id in sorted(set(entra_ids))], "entra_app")


# A value of the wrong type is passed on unchanged, so that the column's type refuses it.


def _lists(name: str) -> Derivation:
    """Lists of text as Graph wrote them; absent lists are empty.

    Each user has two, so valid lists are not checked one by one, and absent ones share one empty list.
    """
    none: list[str] = []

    def lists(rows: Sequence[Row]) -> Sequence[object]:
        values = [none if (value := row.get(name)) is None else value for row in rows]
        right = set(map(type, values)) <= {list} and set(map(type, chain.from_iterable(values))) <= {str}
        return values if right else sorted_texts(row.get(name) for row in rows)

    return lists


def _dynamic(rows: Sequence[Row]) -> list[object]:
    types = (row.get("groupTypes") for row in rows)
    return ["DynamicMembership" in each if type(each) is list else False if each is None else each for each in types]


def _hidden(rows: Sequence[Row]) -> list[object]:
    return [_is_hidden(row.get("visibility")) for row in rows]


def _is_hidden(visibility: object) -> object:
    if visibility is None:
        return False
    return visibility.strip().casefold() == _HIDDEN if isinstance(visibility, str) else visibility


def _member_type(rows: Sequence[Row]) -> list[object]:
    types = (row.get("@odata.type") for row in rows)
    return [each.removeprefix(_TYPE_PREFIX) if type(each) is str else each for each in types]


def _domains(rows: Sequence[Row]) -> list[object]:
    """The names of verified domains. A domain of another form than Graph's makes the list invalid."""
    return sorted_texts([_names(row.get("verifiedDomains")) for row in rows])


def _names(domains: object) -> object:
    if not isinstance(domains, list):
        return domains
    return [each.get("name") if type(each) is dict else each for each in domains]


_ADDRESSES: Mapping[str, Derivation] = {
    "other_mails": _lists("otherMails"),
    "proxy_addresses": _lists("proxyAddresses"),
}
"""The lists of other addresses that users have, deleted ones, too."""
