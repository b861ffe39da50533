"""The company that the examples in docs/ are about: a few people, each a case, and some of whom nothing is told.

Its settings are those that docs/settings.md shows.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

Row = dict[str, Any]

APPLICATION = "5f0e6a52-3d0c-4a63-9a51-0c3a6b1f7e21"
LEAVERS = ("bo.dahl", "cem.kaya", "ewa.lis")
PROMOTED = "ida.storm"
FAILING = f"/users/emply-{PROMOTED}$"
"""The address at which the change of somebody is refused."""
_ROLES = ("Administrator", "Employee", "HR", "Manager", "Payroll", "Consultant", "New employee")
_GROUPS = {"Employees": "Employee", "HR": "HR", "Payroll": "Payroll", "Consultants": "Consultant"}
_OTHERS = (
    "anna.berg", "burak.can", "celina.wrona", "dorte.holm", "emre.ak", "finn.krogh", "gitte.ravn",
    PROMOTED, "jakub.zaremba", "karin.lund", *LEAVERS,
)  # fmt: skip


class Company:
    """A scenario that grows person by person."""

    def __init__(self) -> None:
        self._groups: dict[str, list[str]] = {name: [] for name in (*_GROUPS, "Meeting rooms")}
        self._users: list[Row] = []
        self._calendars: dict[str, list[Row]] = {}
        self._logins: list[Row] = []
        self._employees: list[Row] = []

    def person(
        self, name: str, groups: Iterable[str] = ("Employees",), domain: str = "contoso.com", **graph: Any
    ) -> str:
        """An Entra user, in these groups, with a mailbox; its id."""
        first, last = (part.title() for part in name.split("."))
        address = f"{name}@{domain}"
        user = f"entra-{name}"
        account = {"id": user, "userPrincipalName": address, "mail": address, "displayName": f"{first} {last}"}
        self._users.append({**account, "givenName": first, "surname": last, "accountEnabled": True, **graph})
        for group in groups:
            self._groups[group].append(user)
        return user

    def mailbox(self, user: str, *calendars: Row) -> None:
        """Its default calendar, and more."""
        default = {"id": f"{user}-default", "name": "Calendar", "canEdit": True, "isDefaultCalendar": True}
        self._calendars[user] = [default, *calendars]

    def login(self, name: str, *roles: str, domain: str = "contoso.com", **emply: Any) -> None:
        """An active Emply user."""
        first, last = (part.title() for part in name.split("."))
        address = f"{name}@{domain}"
        names = {"id": f"emply-{name}", "username": address, "email": address, "firstName": first, "lastName": last}
        self._logins.append({**names, "roleIds": [f"role-{role}" for role in roles], "active": True, **emply})

    def employee(self, name: str, address: str, status: str = "active") -> str:
        """An employee; its id."""
        first, last = (part.title() for part in name.split("."))
        names = {"firstName": first, "lastName": last, "email": address}
        number = 101 + len(self._employees)
        self._employees.append({"id": f"employee-{name}", "number": number, "status": status, **names})
        return f"employee-{name}"

    def scenario(self) -> Row:
        """What a sandbox is made of."""
        groups = [
            {"id": f"group-{name}", "displayName": name, "members": members} for name, members in self._groups.items()
        ]
        assigned = [{"principalId": "group-Employees", "principalType": "Group"}]
        application = {"id": APPLICATION, "appRoleAssignmentRequired": True, "appRoleAssignedTo": assigned}
        entra = {"users": self._users, "groups": groups, "calendars": self._calendars}
        emply = {"users": self._logins, "employees": self._employees}
        roles = [{"id": f"role-{title}", "title": title} for title in _ROLES]
        departments = [{"id": f"department-{title}", "title": title} for title in ("Copenhagen", "Warsaw")]
        return {
            "entra": {**entra, "servicePrincipals": [application]},
            "emply": {**emply, "roles": roles, "departments": departments},
        }


def company() -> Row:
    """Everybody, before anything was synchronised."""
    made = Company()
    made.login("megan.jordan", "Employee", "HR", "Manager")
    megan = made.person("megan.jordan", ["Employees", "HR"])
    made.mailbox(megan, _calendar(megan, "Projects", editable=True), _calendar(megan, "Holidays", editable=False))
    made.login("ray.ross", "Employee", "HR", "Manager", employeeId=made.employee("ray.ross", "ray.ross@contoso.com"))
    made.mailbox(made.person("ray.ross", ["Employees", "HR"]))
    made.login("ada.lind", "Employee", "Administrator")
    made.mailbox(made.person("ada.lind"))
    made.employee("søren.kjær", "søren.kjær@contoso.dk")
    made.login("søren.kjær", "Employee", domain="contoso.dk")
    made.mailbox(made.person("søren.kjær", domain="contoso.dk"))
    made.employee("zofia.wisniewska", "zofia.wisniewka@contoso.com")
    made.mailbox(made.person("zofia.wisniewska"))
    for name in ("jan.nowak", "ülkü.demir"):
        made.login(name, "Payroll")
        made.mailbox(made.person(name, ["Payroll"]))
    guest = {"userType": "Guest", "userPrincipalName": "noor.haddad_fabrikam.com#EXT#@contoso.onmicrosoft.com"}
    made.person("noor.haddad", ["Consultants"], domain="fabrikam.com", **guest)
    made.login("emil.winther", "Consultant", domain="adatum.com")
    room = made.person("room.one", ["Meeting rooms"], accountEnabled=False, displayName="Room One")
    made.mailbox(room)
    for name in _OTHERS:
        made.login(name, "Employee")
        made.mailbox(made.person(name))
    return made.scenario()


def later(state: Row) -> Row:
    """What happened to them between two syncs: somebody was deleted, a group emptied, people left and came."""
    entra = state["entra"]
    gone = "entra-søren.kjær"
    changes: dict[str, Row] = {f"entra-{name}": {"accountEnabled": False} for name in LEAVERS}
    changes[f"entra-{PROMOTED}"] = {"jobTitle": "Team Lead"}
    entra["users"] = [user | changes.get(user["id"], {}) for user in entra["users"] if user["id"] != gone]
    for group in entra["groups"]:
        group["members"] = [user for user in group["members"] if user != gone and group["displayName"] != "Payroll"]
    return state


def _calendar(owner: str, name: str, *, editable: bool) -> Row:
    day = datetime.combine(date.today(), datetime.min.time(), UTC) + timedelta(days=3)
    event = {
        "id": f"{owner}-{name}-event",
        "subject": "Review",
        "start": f"{day:%Y-%m-%d}T09:00:00Z",
        "end": f"{day:%Y-%m-%d}T10:00:00Z",
    }
    return {"id": f"{owner}-{name}", "name": name, "canEdit": editable, "isDefaultCalendar": False, "events": [event]}
