"""Random histories of a small directory: what administrators do in Entra, one thing after the other."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

NAMES = ["Şükrü Öztürk", "Søren Ærøskøbing", "Łucja Święcicka", "Megan Jordan"]
GROUPS = ["staff", "hr", "rooms", "outside"]
_TEXTS = ["mail", "jobTitle", "mobilePhone", "department", "givenName"]
_ADDRESSES = ["otherMails", "proxyAddresses"]


@dataclass
class RandomDirectory:
    """Users, deleted users and groups in the scenario's form, and what may happen to them."""

    random: Random
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    deleted: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: int = 0

    def __post_init__(self) -> None:
        self.groups = {name: {"id": name, "displayName": name.title(), "members": []} for name in GROUPS}
        for _ in range(self.random.randint(0, 12)):
            self.joins()

    def scenario(self) -> dict[str, Any]:
        """The directory as a scenario."""
        lists = {"users": self.users, "deletedUsers": self.deleted, "groups": self.groups}
        return {"entra": {name: list(rows.values()) for name, rows in lists.items()}}

    def happens(self) -> None:
        """Something happens, or nothing where there is nobody for it."""
        each = [
            self.joins, self.changes, self.changes, self.is_deleted, self.is_restored, self.is_gone, self.enters,
            self.enters, self.leaves, self.group_changes, self.group_comes_or_goes, self.is_nested, self.fills_a_group,
        ]  # fmt: skip
        self.random.choice(each)()

    def joins(self) -> None:
        self.made += 1
        name = f"u{self.made:03}"
        made: dict[str, Any] = {"id": name, "displayName": self.random.choice(NAMES), "accountEnabled": True}
        made["userPrincipalName"] = f"{name}@contoso.com"
        made |= {what: f"{what} 0" for what in _TEXTS if self.random.random() < 0.5}
        if self.random.random() < 0.1:
            del made["displayName"]
        self.users[name] = made
        if self.random.random() < 0.7:
            self.enters()

    def changes(self) -> None:
        for name in self._some(self.users):
            row, what = dict(self.users[name]), self.random.choice([*_TEXTS, *_ADDRESSES, "accountEnabled", "userType"])
            texts = [f"smtp:{self.random.choice('aşø')}@contoso.com" for _ in range(self.random.randint(0, 2))]
            value: Any = self.random.choice([None, f"{what} {self.random.randint(1, 3)}"])
            value = (
                texts
                if what in _ADDRESSES
                else self.random.choice([True, False])
                if what.isascii() and what == "accountEnabled"
                else value
            )
            self.users[name] = row | {what: value}

    def is_deleted(self) -> None:
        for name in self._some(self.users):
            self.deleted[name] = self.users.pop(name)

    def is_restored(self) -> None:
        for name in self._some(self.deleted):
            self.users[name] = self.deleted.pop(name)

    def is_gone(self) -> None:
        for name in self._some(self.deleted):
            del self.deleted[name]
            for group, row in self.groups.items():
                self.groups[group] = row | {"members": [each for each in row["members"] if each != name]}

    def enters(self) -> None:
        for name in self._some(self.users):
            self._put(self.random.choice(list(self.groups)), name)

    def leaves(self) -> None:
        group = self.random.choice(list(self.groups))
        there = [each for each in self.groups[group]["members"] if each not in self.deleted]
        for name in self._some(dict.fromkeys(map(str, there))):
            row = self.groups[group]
            self.groups[group] = row | {"members": [each for each in row["members"] if each != name]}

    def group_changes(self) -> None:
        group = self.random.choice(list(self.groups))
        changes: list[dict[str, Any]] = [
            {"displayName": self.random.choice(NAMES)}, {"mail": None}, {"mail": "g@contoso.com"},
            {"groupTypes": self.random.choice([[], ["DynamicMembership"], ["Unified"]])},
            {"proxyAddresses": ["SMTP:g@contoso.com"]},
        ]  # fmt: skip
        self.groups[group] = self.groups[group] | self.random.choice(changes)

    def group_comes_or_goes(self) -> None:
        others = [name for name in self.groups if name not in GROUPS]
        if others and self.random.random() < 0.5:
            gone = self.random.choice(others)
            del self.groups[gone]
            for group, row in self.groups.items():
                self.groups[group] = row | {"members": [each for each in row["members"] if each != gone]}
        else:
            self.made += 1
            self.groups[f"g{self.made:03}"] = {"id": f"g{self.made:03}", "displayName": "Nowa grupa", "members": []}

    def is_nested(self) -> None:
        others = [name for name in self.groups if name not in GROUPS]
        if others:
            self._put(self.random.choice(GROUPS), self.random.choice(others))

    def fills_a_group(self) -> None:
        group = self.random.choice(GROUPS)
        for name in self.users:
            self._put(group, name)

    def _put(self, group: str, member: str) -> None:
        row = self.groups[group]
        if member not in row["members"]:
            self.groups[group] = row | {"members": [*row["members"], member]}

    def _some(self, rows: dict[str, Any]) -> list[str]:
        """One of them, none where there are none."""
        return [self.random.choice(sorted(rows))] if rows else []
