"""The frames of Microsoft Graph's lists: one pandera model and one function from JSON rows to frame for each.

Text is kept as Graph wrote it (trimming and folding is the rules' business), a missing value is NaN, absent
switches have the defaults of rules.md. Reading the rows is `client.py`'s business.
"""

from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from typing import ClassVar

import pandas as pd
import pandera.pandas as pandera

from assets.frames import Derivation, FrameModel, Row, column, identity, of_rows

_TYPE_PREFIX = "#microsoft.graph."


class Tenant(FrameModel):
    """The organization, one row."""

    tenant_id: str = identity("id", "The tenant's id")
    display_name: str = column("displayName", "The organization's name")
    on_premises_sync_enabled: bool = column(
        "onPremisesSyncEnabled", "Whether the directory is mastered on-premises (a hybrid tenant)", default=False
    )

    @pandera.dataframe_check(name="exactly one tenant")
    @classmethod
    def one_row(cls, frame: pd.DataFrame) -> bool:
        """A tenant is one organization."""
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
    user_type: str = column("userType", "Member or Guest", default="Member")
    account_enabled: bool = column("accountEnabled", "Whether the user may sign in", default=True)
    on_premises_sync_enabled: bool = column(
        "onPremisesSyncEnabled", "Whether this user is mastered on-premises", default=False
    )


class Groups(FrameModel):
    """Every group of the tenant, one row a group, sorted by id."""

    group_id: str = identity("id", "The group's object id")
    display_name: str = column("displayName", "The group's name; not unique in a tenant")
    dynamic: bool = column(None, "Whether a rule decides who is a member (DynamicMembership)", nullable=False)


class GroupMembers(FrameModel):
    """The members of the groups of the settings, one row a group and member, sorted by both."""

    group_id: str = identity(None, "The group's object id", unique=False)
    member_id: str = identity("id", "The member's object id", unique=False)
    member_type: str = column(None, "What the member is: user, group, device, orgContact …", nullable=False)

    class Config(FrameModel.Config):
        """A member counts once."""

        unique: ClassVar = ["group_id", "member_id"]


def tenant(rows: Sequence[Row]) -> pd.DataFrame:
    """The frame `Tenant` of the rows of `organization`. Raises SourceUnreadable."""
    return of_rows(Tenant, rows, "entra_tenant")


def users(rows: Sequence[Row]) -> pd.DataFrame:
    """The frame `Users` of the rows of `users`. Raises SourceUnreadable."""
    return of_rows(Users, rows, "entra_users")


def groups(rows: Sequence[Row]) -> pd.DataFrame:
    """The frame `Groups` of the rows of `groups`. Raises SourceUnreadable."""
    return of_rows(Groups, rows, "entra_groups", {"dynamic": _dynamic})


def members(rows: Mapping[str, Sequence[Row]]) -> pd.DataFrame:
    """The frame `GroupMembers` of the rows of `members` of each group id. Raises SourceUnreadable."""
    group_ids = list(chain.from_iterable(repeat(group, len(each)) for group, each in rows.items()))
    derived: dict[str, Derivation] = {"group_id": lambda _: group_ids, "member_type": _member_type}
    return of_rows(GroupMembers, list(chain.from_iterable(rows.values())), "entra_group_members", derived)


# A value of the wrong type is passed on as it is: the column's type then refuses it.


def _dynamic(rows: Sequence[Row]) -> list[object]:
    types = (row.get("groupTypes") for row in rows)
    return ["DynamicMembership" in each if type(each) is list else each or False for each in types]


def _member_type(rows: Sequence[Row]) -> list[object]:
    types = (row.get("@odata.type") for row in rows)
    return [each.removeprefix(_TYPE_PREFIX) if type(each) is str else each for each in types]
