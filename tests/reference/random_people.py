"""The tenant, the settings and the people of a random scenario; what was recorded of them is in random_scenarios.py."""

import unicodedata
from random import Random

from tests.reference.terms import Row

NAMES = [
    ("İpek", "Çağlayan"),
    ("Işıl", "Öztürk"),
    ("Søren", "Ågård"),
    ("Łukasz", "Żółć"),
    ("Jörg", "Weiß"),
    ("Megan", "Jordan"),
    ("Ray", "Ross"),
    ("Ada", "Öz"),
    ("Ole", "Lund"),
]
ZONES = ["Europe/Copenhagen", "Europe/Warsaw", "America/New_York", "Romance Standard Time", "Nowhere/Atlantis"]
TITLES = ["Employee", "HR", "Manager", "Payroll", "Administrator"]
GROUPS = ["Employees", "HR", "Løn", "Çalışanlar", "Zarząd"]
CASES = {
    "linked": 45,
    "same username": 11,
    "same email": 11,
    "newcomer": 15,
    "entra end gone": 7,
    "emply end gone": 4,
    "both ends gone": 1,
    "made again": 5,
    "external": 22,
    "leaver's login": 4,
    "leaver": 14,
    "two accounts": 9,
    "another address": 16,
    "renamed": 9,
    "shared address": 12,
}

LINKED = (
    "linked",
    "renamed",
    "shared address",
    "leaver",
    "entra end gone",
    "emply end gone",
    "both ends gone",
    "made again",
)
NO_USER = ("entra end gone", "both ends gone", "external")
NO_LOGIN = ("newcomer", "emply end gone", "both ends gone")
DEFAULTS: Row = {
    "accountEnabled": True,
    "userType": "Member",
    "active": True,
    "status": "active",
    "roleIds": [],
    "canEdit": False,
    "enabled": False,
    "origin": "outlook",
}


class RandomPeople:
    """The settings and the people of one scenario in the making."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.users: list[Row] = []
        self.logins: list[Row] = []
        self.employees: list[Row] = []
        self.groups: list[Row] = []
        self.roles: list[Row] = []
        self.departments: list[Row] = [{"id": f"d{n}", "title": title} for n, title in enumerate(["Aarhus", "Łódź"])]
        self.mapping: dict[str, str] = {}  # configured group id -> role id
        self.rooms: list[str] = []
        self.settings: Row = {}
        self.links: list[Row] = []
        self.refused: list[Row] = []
        self.role_states: list[Row] = []
        self.group_ids: list[Row] = []
        self.couples: list[tuple[str, str]] = []  # an Entra user and the Emply user of one case

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    # The tenant and the settings

    def make_roles_and_groups(self) -> None:
        random = self.random
        self.roles = [{"id": f"r{n}", "title": title} for n, title in enumerate(TITLES[: random.randint(2, 5)])]
        names = GROUPS[: random.randint(1, 5)]
        self.groups = [{"id": f"g{n}", "displayName": name, "members": []} for n, name in enumerate(names)]
        entries = [self.make_entry(group) for group in self.groups if self.chance(0.85)]
        if self.chance(0.4):
            entries.append(self.make_room_group())
        random.shuffle(entries)
        if len(self.groups) > 1 and self.chance(0.3):
            parent, child = random.sample(self.groups, 2)
            parent["members"].append(child["id"])
            if self.chance(0.2):
                child["members"].append(parent["id"])
        self.settings = {"groups": entries}
        if self.chance(0.7):
            self.settings["synchronize_roles"] = self.chance(0.9)
        if self.chance(0.5):
            self.settings["reactivate"] = random.choice(["ours", "all"])
        if self.chance(0.4):
            self.settings["nested_groups"] = self.chance(0.8)
        if self.chance(0.02):
            self.settings["enabled"] = False
        if self.chance(0.6):
            titles = [role["title"] for role in self.roles]
            self.settings["protected_roles"] = random.sample(titles, random.choice([0, 1, 1, 1, 2]))
        if self.chance(0.85):
            self.settings["guards"] = {
                name: {
                    "min_count": random.choice([0, 0, 0, 1, 1, 2, 4]),
                    "percent": random.choice([0, 2.5, 10, 33.3, 50, 100]),
                }
                for name in ("max_deactivations", "max_role_changes", "max_grants", "max_unreadable")
                if self.chance(0.8)
            }

    def make_room_group(self) -> Row:
        self.groups.append({"id": "g9", "displayName": "Meeting rooms", "members": []})
        self.rooms.append("g9")
        entry: Row = {"group": "Meeting rooms", "meeting_rooms": True}
        return entry | ({"time_zone": self.random.choice(ZONES)} if self.chance(0.5) else {})

    def make_entry(self, group: Row) -> Row:
        random = self.random
        role = random.choice(self.roles)
        self.mapping[group["id"]] = role["id"]
        entry: Row = {"group": group["displayName"], "default_role": role["title"]}
        if self.chance(0.6):
            entry["default_department"] = random.choice(self.departments)["title"]
        if self.chance(0.6):
            entry |= {
                "language": random.choice(["da-DK", "tr-TR"]),
                "time_zone": random.choice(ZONES),
                "currency": "DKK",
            }
        if self.chance(0.1):
            entry["group"] = group["id"]
        elif self.chance(0.3):
            self.group_ids.append({"groupName": group["displayName"], "groupId": group["id"]})
            if self.chance(0.3):
                group["displayName"] += " (new)"
        return entry

    # The people

    def make_case(self, number: int, case: str) -> None:
        """One person's case; addresses come from so few names that cases collide."""
        who = number % len(NAMES) if self.chance(0.85) else self.random.randrange(len(NAMES))
        user = self.make_user(f"e{number}", who)
        if case == "leaver":
            self.make_leave(user)
        login = self.make_login(f"u{number}", who, user)
        self.couples.append((user["id"], login["id"]))
        self.make_addresses(number, case, user, login)
        if case in LINKED:
            entra_id = f"e{number}-old" if case == "made again" else user["id"]
            self.links.append({"entraId": entra_id, "emplyUserId": login["id"]})
            if self.chance(0.8):
                self.make_role_state(login, user["id"])
        if case in {"leaver", "leaver's login"}:
            self.make_employee(login, user, status="archived")
        elif case == "renamed" or self.chance(0.35):
            self.make_employee(login, user, renamed=case == "renamed")
        if case in NO_USER:
            for group in self.groups:
                group["members"] = [member for member in group["members"] if member != user["id"]]
        else:
            self.users.append(self.sparse(user))
        if case not in NO_LOGIN:
            self.logins.append(self.sparse(login))
        if case == "two accounts":
            self.make_second_account(number, who, user, login)

    def make_leave(self, user: Row) -> None:
        """Disabled, a room, or in no group; or nobody did anything yet."""
        what = self.random.choice(["disabled", "room", "room", "room", "no group", "nothing", "nothing"])
        user["accountEnabled"] = what != "disabled"
        if what == "no group":
            for group in self.groups:
                group["members"] = [member for member in group["members"] if member != user["id"]]
        if what == "room" and self.rooms and user["id"] not in self.groups[-1]["members"]:
            self.groups[-1]["members"].append(user["id"])

    def make_addresses(self, number: int, case: str, user: Row, login: Row) -> None:
        """What the case says about the Emply user's addresses."""
        if case == "another address":
            self.make_another_address(number, user, login)
        elif case in {"same email", "leaver's login"}:
            login["email"] = self.disguised(user["mail"] or user["userPrincipalName"])
            login["username"] = self.random.choice([None, f"login-{number}", login["username"]])
        elif case in {"same username", "made again", "two accounts"}:
            login["username"] = self.disguised(user["userPrincipalName"])
        elif case == "renamed":
            login["email"] = f"old-name{number}@contoso.com"
        elif case == "shared address":
            user["mail"] = self.disguised(
                self.random.choice(["team@contoso.com", "team@contoso.com", "butik@fabrikam.dk", "extern@contoso.com"])
            )
            login["email"] = None
            login["username"] = self.random.choice([f"login-{number}", login["username"]])
        elif case == "external":
            names = ["extern", f"extern{number}@contoso.com", f"extern{number}@contoso.com", " Extern@fabrikam.dk"]
            names += [
                "ekstern.Ø@contoso.com",
                f"{'x' * 65}@contoso.com",
                ".extern@fabrikam.dk",
                "ex\u200btern@contoso.com",
            ]
            login["username"] = self.random.choice([*names, f"guest{number}@example.com"])
            login["email"] = self.random.choice([None, None, f"extern{number}@fabrikam.dk", "extern@Contoso.com"])
            if self.chance(0.35):  # and another stranger of the same name
                self.logins.append(self.sparse({**login, "id": f"u{number}-2", "email": None}))

    def make_another_address(self, number: int, user: Row, login: Row) -> None:
        """The login is of an alias, of a mail that is not the UPN, or of its employee's address; or of nearly two."""
        random = self.random
        alias = random.choice([f"alias{number}@contoso.com", f"alias{number}@contoso.com", "alias@fabrikam.dk"])
        how = random.choice(["proxy", "proxy", "other mail", "mail", "employee", "several"])
        login |= {"username": random.choice([alias, self.disguised(alias)]), "email": None}
        if how == "mail":
            user["mail"] = alias
        elif how == "other mail":
            user["otherMails"] = [self.disguised(alias)]
        else:
            user["proxyAddresses"] = [random.choice(["smtp:", "SMTP:", "\u200bsmtp:"]) + alias, "SIP:alias@contoso.com"]
        if how == "employee":
            login |= {"username": f"login-{number}", "employeeId": f"p{len(self.employees)}"}
            self.employees.append({"id": login["employeeId"], "number": 1, "email": alias, "status": "active"})
        if how == "several":
            again = random.choice([{"username": None, "email": alias}, {"username": alias, "email": None}])
            self.logins.append(self.sparse({**login, "id": f"u{number}-2", "employeeId": None, **again}))
        if self.chance(0.25):
            login["email"] = f"private{number}@example.com"
        if self.chance(0.25):
            self.refused.append({"entraId": user["id"], "emplyUserId": login["id"]})

    def make_second_account(self, number: int, who: int, user: Row, login: Row) -> None:
        """An address twice: a UPN, a mail, a username or an e-mail."""
        email = self.disguised(user["mail"] or user["userPrincipalName"])
        twice = self.random.choice(["upn", "mail", "username", "email", "email"])
        if twice == "upn":
            second = self.make_user(f"e{number}-2", who)
            self.users.append(self.sparse({**second, "userPrincipalName": self.disguised(user["userPrincipalName"])}))
        elif twice == "mail":
            second = self.make_user(f"e{number}-2", (who + 1) % len(NAMES))
            self.users.append(self.sparse({**second, "mail": email}))
        elif twice == "username":
            self.logins.append(self.sparse({**login, "id": f"u{number}-2", "email": self.address(who)}))
        else:
            login |= {"username": f"login-{number}", "email": email}
            self.logins[-1] = self.sparse(login)
            self.logins.append(self.sparse({**login, "id": f"u{number}-2", "username": None}))
        if self.chance(0.25):  # one of them, or its like, was somebody's who is gone
            self.links.append({"entraId": f"e{number}-old", "emplyUserId": login["id"]})

    def make_user(self, entra_id: str, who: int) -> Row:
        given, surname = NAMES[who]
        user: Row = {
            "id": entra_id,
            "userPrincipalName": self.address(who),
            "mail": self.random.choice([None, "  ", self.address(who), self.address(who)]),
            "givenName": self.random.choice([given, given, None, f" {given} "]),
            "surname": self.random.choice([surname, surname, ""]),
            "jobTitle": self.random.choice([None, "Bogholder", "Księgowa"]),
            "mobilePhone": self.random.choice([None, "+45 11 22 33 44"]),
            "accountEnabled": not self.chance(0.1),
            "userType": "Member",
        }
        if self.chance(0.12):
            user["userType"] = "Guest" if self.chance(0.6) else "Member"
            user["mail"] = None if self.chance(0.6) else user["mail"]
            user["userPrincipalName"] = f"{user['userPrincipalName'].strip().replace('@', '_')}#EXT#@contoso.com"
            if self.users and self.chance(0.6):  # somebody's own address
                other = self.random.choice(self.users)
                user["mail"] = self.disguised(other.get("mail") or other["userPrincipalName"])
        configured = [group for group in self.groups if group["id"] not in self.rooms]
        if not self.chance(0.15):
            for group in self.random.sample(configured, self.random.randint(1, min(3, len(configured)))):
                group["members"].append(entra_id)
        if self.rooms and self.chance(0.12):
            self.groups[-1]["members"].append(entra_id)
        return user

    def make_login(self, login_id: str, who: int, user: Row) -> Row:
        wanted = [self.mapping[group_id] for group_id in self.groups_of(user["id"])]
        role_ids = {role_id for role_id in wanted if self.chance(0.85)}
        if self.chance(0.5):
            role_ids.add(self.random.choice(self.roles)["id"])
        if self.chance(0.12):
            role_ids = set()
        given, surname = NAMES[who]
        return {
            "id": login_id,
            "username": self.random.choice([self.address(who), self.address(who), self.address(who), None, " "]),
            "email": self.random.choice([self.address(who), self.address(who), self.address(who), None]),
            "firstName": self.random.choice([given, given, f"{given} ", None]),
            "lastName": self.random.choice([surname, surname, "Hansen"]),
            "jobTitle": self.random.choice([None, "Bogholder"]),
            "mobilePhone": self.random.choice([None, "+45 11 22 33 44"]),
            "roleIds": sorted(role_ids, reverse=self.chance(0.5)),
            "employeeId": None,
            "active": not self.chance(0.25),
            "timeZone": self.random.choice([None, *ZONES]),
        }

    def make_employee(self, login: Row, user: Row, status: str | None = None, *, renamed: bool = False) -> None:
        """An employee of this person, by carried id or by an e-mail; now and then one more."""
        random = self.random
        addresses = [login["email"], user["mail"], user["userPrincipalName"]]
        for _ in range(2 if self.chance(0.2) else 1):
            employee = {
                "id": f"p{len(self.employees)}",
                "number": random.randint(1, 3),
                "email": self.disguised(random.choice(addresses)) if self.chance(0.8) else None,
                "status": status or random.choice(["active", "active", "active", "pending", "archived", "archived"]),
                "resignationDate": random.choice([None, None, "2026-12-31"]),
            }
            if renamed:
                employee["email"] = self.disguised((user["mail"] or "").strip() or user["userPrincipalName"])
                employee["status"] = random.choice(["active", "active", "pending", "archived"])
            elif self.chance(0.4):
                login["employeeId"] = employee["id"]
            self.employees.append(self.sparse(employee))

    def make_role_state(self, login: Row, entra_id: str) -> None:
        """The groups and roles when last reconciled: mostly those of now; or others, gone, stale, not mapped."""
        random = self.random
        before = self.groups_of(entra_id)
        if self.chance(0.35) or not before:
            others = [group["id"] for group in self.groups if group["id"] not in self.rooms]
            before = random.sample(others, random.randint(0, min(2, len(others))))
        if self.chance(0.15):
            before = [group_id for group_id in before if self.chance(0.4)]
            before.append("g-stale")
        for group_id in before:
            role_id = self.mapping.get(group_id)
            if role_id is None or self.chance(0.45):
                had = random.choice([had for had in login["roleIds"] if had != role_id] or [None])
                role_id = random.choice([had, had, random.choice(self.roles)["id"], None])
            self.role_states.append({"emplyUserId": login["id"], "groupId": group_id, "roleId": role_id})

    def groups_of(self, entra_id: str) -> list[str]:
        """Configured groups that it is a direct member of."""
        return [group["id"] for group in self.groups if group["id"] in self.mapping and entra_id in group["members"]]

    def address(self, who: int) -> str:
        given, surname = NAMES[who]
        domain = "contoso.com" if self.chance(0.75) else "fabrikam.dk"
        return self.disguised(f"{given}.{surname}@{domain}") or ""

    def disguised(self, text: str | None) -> str | None:
        """The same address by `key`, but for the Turkish dotless i in capitals."""
        if text is None or self.chance(0.6):
            return text
        ways = [text.upper(), text.lower(), unicodedata.normalize("NFD", text), f" {text}\t", f"\u00a0{text}"]
        ways += [f"\u200b{text}", f"{text[:3]}\u200d{text[3:]}\u200f "]
        return self.random.choice(ways)

    def sparse(self, row: Row) -> Row:
        """Leave out what is the default anyway, now and then."""
        return {
            name: value
            for name, value in row.items()
            if not (value == DEFAULTS.get(name) and self.chance(0.3)) or name == "id"
        }
