"""The scenario that the examples in docs/ are about: some people who are a case each, and some of whom nothing is told.

Its settings are those that docs/settings.md shows.
"""

from collections.abc import Iterable

from sandbox.exchange import Row

LEAVERS = ("bo.dahl", "cem.kaya", "ewa.lis")
PROMOTED = "ida.storm"
FAILING = f"/users/emply-{PROMOTED}$"
"""The address at which a change of who was promoted can be refused."""

_APPLICATION = "5f0e6a52-3d0c-4a63-9a51-0c3a6b1f7e21"
_OTHERS = (
    "anna.berg", "burak.can", "celina.wrona", "dorte.holm", "emre.ak", "finn.krogh", "gitte.ravn", PROMOTED,
    "jakub.zaremba", "karin.lund", *LEAVERS,
)  # fmt: skip


def scenario() -> Row:
    """Everybody, before anything was synchronised."""
    made = _Scenario()
    megan = made.person("megan.jordan", groups=["Employees", "HR"], roles=["Employee", "HR", "Manager"])
    made.calendar(megan, "Projects", editable=True)
    made.calendar(megan, "Public holidays", editable=False)
    made.employee("ray.ross@contoso.com")
    made.person("ray.ross", groups=["Employees", "HR"], roles=["Employee", "HR", "Manager"])
    made.person("ada.lind", roles=["Employee", "Administrator"])
    made.employee("søren.kjær@contoso.dk")
    made.person("søren.kjær", "contoso.dk")
    made.employee("zofia.wisniewka@contoso.com")  # not quite the one that is to follow
    made.person("zofia.wisniewska", roles=[])
    for name in ("jan.nowak", "ülkü.demir"):
        made.person(name, groups=["Payroll"], roles=["Payroll"])
    guest = {"userType": "Guest", "userPrincipalName": "noor.haddad_fabrikam.com#EXT#@contoso.onmicrosoft.com"}
    made.person("noor.haddad", "fabrikam.com", groups=["Consultants"], roles=[], graph=guest)
    made.login("emil.winther", "adatum.com", ["Consultant"])
    room = {"accountEnabled": False, "displayName": "Storage room"}
    made.person("storage.room", groups=["Meeting rooms"], roles=[], graph=room)
    for name in _OTHERS:
        made.person(name)
    return made.scenario()


def later(state: Row) -> Row:
    """What happened next: one was deleted, three left, one was promoted, and nobody is in Payroll any more."""
    entra, gone = state["entra"], "entra-søren.kjær"
    changes: dict[str, Row] = {f"entra-{name}": {"accountEnabled": False} for name in LEAVERS}
    changes[f"entra-{PROMOTED}"] = {"jobTitle": "Team Lead"}
    entra["users"] = [user | changes.get(user["id"], {}) for user in entra["users"] if user["id"] != gone]
    for group in entra["groups"]:
        group["members"] = [user for user in group["members"] if user != gone and group["displayName"] != "Payroll"]
    return state


class _Scenario:
    """A scenario that grows person by person. Ids are made of the names."""

    def __init__(self) -> None:
        self._members: dict[str, list[str]] = {
            name: [] for name in ("Employees", "HR", "Payroll", "Consultants", "Meeting rooms")
        }
        self._users: list[Row] = []
        self._calendars: dict[str, list[Row]] = {}
        self._logins: list[Row] = []
        self._employees: list[Row] = []

    def person(
        self,
        name: str,
        domain: str = "contoso.com",
        *,
        groups: Iterable[str] = ("Employees",),
        roles: Iterable[str] = ("Employee",),
        graph: Row | None = None,
    ) -> str:
        """An Entra user with a mailbox, in these groups, and with a login where roles are given; its id."""
        first, last = name.title().split(".")
        address, user = f"{name}@{domain}", f"entra-{name}"
        account = {"id": user, "userPrincipalName": address, "mail": address, "displayName": f"{first} {last}"}
        self._users.append({**account, "givenName": first, "surname": last, "accountEnabled": True, **(graph or {})})
        for group in groups:
            self._members[group].append(user)
        self._calendars[user] = []
        self.calendar(user, "Calendar", editable=True)
        if roles:
            self.login(name, domain, roles)
        return user

    def login(self, name: str, domain: str, roles: Iterable[str]) -> None:
        """An active Emply user."""
        first, last = name.title().split(".")
        address = f"{name}@{domain}"
        names = {"username": address, "email": address, "firstName": first, "lastName": last}
        self._logins.append({"id": f"emply-{name}", **names, "roleIds": [f"role-{role}" for role in roles]})

    def calendar(self, owner: str, name: str, *, editable: bool) -> None:
        """A calendar without events; the first is the default one."""
        here = self._calendars[owner]
        here.append({"id": f"{owner}-{name}", "name": name, "canEdit": editable, "isDefaultCalendar": not here})

    def employee(self, email: str) -> None:
        """An active employee."""
        first, last = email.partition("@")[0].title().split(".")
        number = 101 + len(self._employees)
        names = {"firstName": first, "lastName": last, "email": email}
        self._employees.append({"id": f"employee-{number}", "number": number, "status": "active", **names})

    def scenario(self) -> Row:
        """What a sandbox is made of."""
        groups = [
            {"id": f"group-{name}", "displayName": name, "members": members} for name, members in self._members.items()
        ]
        assigned = [{"principalId": "group-Employees", "principalType": "Group"}]
        application = {"id": _APPLICATION, "appRoleAssignmentRequired": True, "appRoleAssignedTo": assigned}
        roles = ("Administrator", "Employee", "HR", "Manager", "Payroll", "Consultant", "New employee")
        return {
            "entra": {
                "users": self._users,
                "groups": groups,
                "calendars": self._calendars,
                "servicePrincipals": [application],
            },
            "emply": {
                "users": self._logins,
                "employees": self._employees,
                "roles": [{"id": f"role-{title}", "title": title} for title in roles],
                "departments": [{"id": "department-Copenhagen", "title": "Copenhagen"}],
            },
        }
