"""Which of some groups a user is a member of now, in few requests. Whole lists of members are read by `directory`.

`users/{id}/memberOf` would answer at once, but is not documented for the permissions that the application has
(User.Read.All, GroupMember.Read.All). These are: `users/{id}/transitiveMemberOf` and `groups/{id}/members`.
"""

import threading
from collections.abc import Iterable
from typing import Protocol


class Groups(Protocol):
    """What is asked of the directory. Every method may raise SourceUnreadable and CredentialsError."""

    def all_groups_of(self, entra_id: str) -> frozenset[str]:
        """The ids of the groups that the user is a member of, directly or through groups; none for an unknown user."""
        ...

    def direct_members(self, group_id: str) -> frozenset[str]:
        """The ids of the direct members of a group; none for an unknown group."""
        ...


class Memberships:
    """The memberships of one moment: a group's members are read once, and only if somebody may be among them.

    Threads share it.
    """

    def __init__(self, directory: Groups, *, nested: bool) -> None:
        self._directory = directory
        self._nested = nested
        self._members: dict[str, frozenset[str]] = {}
        self._reading = threading.Lock()

    def among(self, entra_id: str, groups: Iterable[str]) -> frozenset[str]:
        """Those of `groups` that the user is a member of: directly, with `nested` also through groups in them."""
        at_any_depth = self._directory.all_groups_of(entra_id).intersection(groups)
        if self._nested:
            return at_any_depth
        return frozenset(group for group in at_any_depth if entra_id in self._direct_members(group))

    def _direct_members(self, group: str) -> frozenset[str]:
        with self._reading:
            if group not in self._members:
                self._members[group] = self._directory.direct_members(group)
            return self._members[group]
