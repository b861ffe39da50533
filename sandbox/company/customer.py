"""The made-up company's side in Emply: roles, departments, logins and employees. Its Entra side is `tenant`."""

from collections.abc import Sequence
from itertools import count
from random import Random

from sandbox.company.names import OFFICES, Addresses, guid, phone
from sandbox.company.people import Person
from sandbox.exchange import Row

ROLES = ("Administrator", "Manager", "Employee", "HR", "Payroll", "Recruitment Team", "Consultant")
ROLE_OF_GROUP = {
    "Employees": "Employee",
    "Managers": "Manager",
    "HR": "HR",
    "Payroll": "Payroll",
    "Recruitment": "Recruitment Team",
    "Consultants": "Consultant",
}
WITH_EMPLOYEE, CARRIES_ID = 0.6, 0.75
ROLES_MISSING, EXTRA_ROLE, OUTDATED = 0.08, 0.03, 0.06
_HAVE_LOGIN = ("login", "deactivated", "administrator", "twice")


def make_emply(rng: Random, people: Sequence[Person]) -> Row:
    """The customer of these people, and some who are in Emply alone."""
    return _Customer(rng).fill(people)


class _Customer:
    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._roles = {title: guid(rng) for title in ROLES}
        self._departments = {office.city: guid(rng) for office in OFFICES}
        self._users: list[Row] = []
        self._employees: list[Row] = []
        self._numbers = count(1001)

    def fill(self, people: Sequence[Person]) -> Row:
        taken: list[Person] = []
        for person in people:
            if person.fate in _HAVE_LOGIN:
                self._add_login(person)
            elif person.fate == "taken":
                taken.append(person)
            elif person.fate == "leaver":
                self._add_leaver(person)
            elif person.fate == "archived":
                self._add_employee(person, "archived")
            elif person.fate == "joiner" and not person.is_guest and self._rng.random() < WITH_EMPLOYEE:
                self._add_employee(person, self._rng.choice(("active", "pending")))
        for owner, other in zip(taken[::2], taken[1::2], strict=False):
            # The login is one's, the e-mail another's: the other cannot be created.
            self._users.append({**self._login(owner, None), "username": owner.upn, "email": other.mail})
        self._add_others(len(people))
        return {
            "users": self._users,
            "employees": self._employees,
            "roles": [{"id": name, "title": title} for title, name in self._roles.items()],
            "departments": [
                {"id": name, "title": title, "parentId": None, "active": True}
                for title, name in self._departments.items()
            ],
        }

    def _add_login(self, person: Person) -> None:
        rng = self._rng
        employee = None
        if not person.is_guest and rng.random() < WITH_EMPLOYEE:
            employee = self._add_employee(person, "active")
        carried = employee["id"] if employee and rng.random() < CARRIES_ID else None
        login = self._login(person, carried)
        if person.fate == "administrator":
            login["roleIds"].append(self._roles["Administrator"])
        self._users.append(login)
        if person.fate == "twice":
            first = plain_username(person)
            # Two logins of one e-mail, and neither has the principal name: nobody can tell which is the right one.
            login["username"] = first
            self._users.append({**self._login(person, None), "username": f"{first}.old", "email": login["email"]})

    def _login(self, person: Person, employee: str | None) -> Row:
        rng, office = self._rng, person.office
        username, email = self._names(person)
        titles = [ROLE_OF_GROUP[group] for group in person.groups]
        if employee is None and rng.random() < ROLES_MISSING:
            titles = titles[:-1]
        if rng.random() < EXTRA_ROLE:
            titles.append("Recruitment Team")
        outdated = rng.random() < OUTDATED
        return {
            "id": guid(rng),
            "username": username,
            "email": email,
            "firstName": person.first,
            "lastName": person.last,
            "jobTitle": "Trainee" if outdated else person.title,
            "mobilePhone": None if outdated else person.mobile,
            "roleIds": list(dict.fromkeys(self._roles[title] for title in titles)),
            "departmentId": self._departments[office.city],
            "language": office.language,
            "timeZone": office.time_zone,
            "currency": office.currency,
            "employeeId": employee,
            "active": person.fate != "deactivated",
            "photoEtag": None,
        }

    def _names(self, person: Person) -> tuple[str, str | None]:
        """Username and e-mail: mostly the principal name, or in other letters, or only the e-mail fits."""
        drawn = self._rng.random()
        if drawn < 0.7:  # noqa: PLR2004 - the shares, as in the sentence above
            return person.upn, person.mail
        if drawn < 0.8:  # noqa: PLR2004
            return person.upn.title() if not person.is_guest else person.upn, person.mail
        if drawn < 0.95 or person.mail is None:  # noqa: PLR2004
            return plain_username(person), person.mail
        return plain_username(person), person.mail.upper()

    def _add_employee(self, person: Person, status: str) -> Row:
        employee = {
            "id": guid(self._rng),
            "number": next(self._numbers),
            "firstName": person.first,
            "lastName": person.last,
            "email": person.mail,
            "status": status,
            "jobTitle": person.title,
            "mobilePhone": person.mobile,
            "departmentId": self._departments[person.office.city],
            "resignationDate": "2026-09-30" if status == "archived" else None,
        }
        self._employees.append(employee)
        return employee

    def _add_leaver(self, person: Person) -> None:
        employee = self._add_employee(person, "archived")
        if self._rng.random() < 0.7:  # noqa: PLR2004 - the others never had a login
            login = self._login(person, employee["id"])
            self._users.append({**login, "active": self._rng.random() < 0.3})  # noqa: PLR2004 - nobody switched it off

    def _add_others(self, people: int) -> None:
        """Externals with a login, and employees without account: the warehouse."""
        addresses = Addresses()
        for _ in range(people // 25):
            external = self._stranger(addresses, "adatum.com", "Recruiter")
            role = self._roles["Recruitment Team"]
            names = {"username": external.upn, "email": external.mail, "roleIds": [role]}
            self._users.append({**self._login(external, None), **names})
        for _ in range(people // 20):
            worker = self._stranger(addresses, "example.com", "Warehouse Worker")
            worker.mail = None
            self._add_employee(worker, "active")

    def _stranger(self, addresses: Addresses, domain: str, title: str) -> Person:
        rng = self._rng
        office = rng.choice(OFFICES)
        first, last = rng.choice(office.first), rng.choice(office.last)
        address = f"{addresses.take(first, last)}@{domain}"
        mobile = phone(rng, office.prefix)
        return Person(guid(rng), office, first, last, f"{first} {last}", address, address, title, mobile)


def plain_username(person: Person) -> str:
    """A username from before the directory: no address."""
    return person.upn.partition("@")[0].partition("_")[0]
