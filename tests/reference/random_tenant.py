"""What a random scenario holds around the people, in the tenant and in Emply: domains, applications, photos, fields."""

from tests.reference.random_people import NAMES, RandomPeople
from tests.reference.terms import Row

SOURCES = (
    *("entra_deleted_users", "entra_app", "entra_photos", "entra_calendars", "entra_events"),
    *("emply_calendars", "emply_events"),
)
SWITCHES = ("create", "update", "delete")


class RandomTenant(RandomPeople):
    """The people with everything that P, W and S ask about."""

    def furnish(self) -> tuple[Row, Row]:
        """Extend the settings and the people; the rest of the scenario's Entra side and of the state."""
        self.choose_write_back()
        for user in self.users:
            self.complete_user(user)
        for employee in self.employees:
            self.complete_employee(employee)
        for login in self.logins:
            if self.chance(0.1):
                login["jobTitle"] = " "
        entra = {
            "organization": self.make_organization(),
            "deletedUsers": self.make_deleted_users(),
            "servicePrincipals": self.make_application(),
            "photos": self.make_photos(),
        }
        return entra, {"deletedUsers": self.recall_deletions(), "photoEtags": self.recall_photos()}

    def choose_write_back(self) -> None:
        if self.chance(0.8):
            self.settings["entra_write_back"] = {name: self.chance(0.75) for name in SWITCHES if self.chance(0.9)}
        if self.chance(0.7):
            self.settings["profile_pictures"] = self.chance(0.9)
        if self.chance(0.4):
            self.settings["sso"] = {"service_principal_id": "sp-0" if self.chance(0.9) else None}
        for group in self.groups:
            self.complete_group(group)
            if self.chance(0.3):
                group["groupTypes"] = ["DynamicMembership"] if self.chance(0.5) else ["Unified"]

    def complete_group(self, group: Row) -> None:
        """Who may see its members, and its addresses: now and then somebody else's in Emply."""
        if self.chance(0.06):
            group["visibility"] = self.random.choice(["HiddenMembership", "hiddenmembership", "Private"])
        usernames = [login["username"] for login in self.logins if "xtern" in (login.get("username") or "")]
        if usernames and self.chance(0.05):
            group["mail"] = self.random.choice(usernames)
        elif usernames and self.chance(0.05):
            group["proxyAddresses"] = [f"smtp:{self.random.choice(usernames)}"]

    def make_organization(self) -> Row:
        organization: Row = {"id": "tenant", "verifiedDomains": []}
        for name in ("Contoso.com", "fabrikam.dk"):
            if self.chance(0.92):
                organization["verifiedDomains"].append({"name": name, "isDefault": False, "isInitial": False})
        if self.chance(0.3):
            organization["onPremisesSyncEnabled"] = self.random.choice([None, None, None, False, False, True])
        return organization

    def complete_user(self, user: Row) -> None:
        random = self.random
        given, surname = random.choice(NAMES)
        user["displayName"] = random.choice([f"{given} {surname}", user.get("givenName"), None])
        user["department"] = random.choice([None, "Aarhus", " Łódź", "Sales"])
        if self.chance(0.2):
            user["onPremisesSyncEnabled"] = self.chance(0.7)
        strangers = [login["username"] for login in self.logins if "xtern" in (login.get("username") or "")]
        if strangers and self.chance(0.1) and "otherMails" not in user:
            user["otherMails"] = [self.disguised(random.choice(strangers))]
        if strangers and self.chance(0.1) and "proxyAddresses" not in user:
            user["proxyAddresses"] = [random.choice(["SMTP:", "smtp:"]) + random.choice(strangers), "SIP:x@contoso.com"]

    def complete_employee(self, employee: Row) -> None:
        """Names and titles; now and then nearly an address, or the very name, of some Entra user."""
        random = self.random
        given, surname = random.choice(NAMES)
        employee |= {
            "firstName": random.choice([given, given, f" {given} ", None]),
            "lastName": random.choice([surname, surname, surname, " "]),
            "jobTitle": random.choice([None, "Bogholder", "Księgowa"]),
            "mobilePhone": random.choice([None, "+45 11 22 33 44", "+48 22 33 44 55"]),
            "departmentId": random.choice([None, "d0", "d1", "d-gone"]),
        }
        if self.users and self.chance(0.15):
            user = random.choice(self.users)
            employee |= {"firstName": user.get("givenName"), "lastName": self.disguised(user.get("surname"))}
        if self.users and self.chance(0.15):
            user = random.choice(self.users)
            employee["email"] = self.mistyped((user.get("mail") or "").strip() or user["userPrincipalName"])

    def mistyped(self, address: str) -> str:
        """One or two edits away; a single letter stays."""
        for _ in range(1 if self.chance(0.8) else 2):
            if len(address) <= 1:
                break
            at = self.random.randrange(len(address) - 1)
            before, two, after = address[:at], address[at : at + 2], address[at + 2 :]
            middle = self.random.choice([two[1], f"{two}y", f"q{two[1]}", two[1] + two[0]])
            address = before + middle + after
        return address

    def make_deleted_users(self) -> list[Row]:
        """Deleted users: Graph puts the object id, without dashes, before their UPN."""
        deleted = []
        for number, login in enumerate(self.logins):
            if login.get("username") and self.chance(0.5 if "xtern" in login["username"] else 0.05):
                object_id = f"0F00-{number}-d"
                prefix = self.random.choice([object_id.replace("-", ""), object_id.replace("-", "").lower(), "0f"])
                row: Row = {"id": object_id, "userPrincipalName": f"{prefix}{login['username'].strip()}"}
                if self.chance(0.5):
                    address = login.get("email") or login["username"]
                    row |= {"userPrincipalName": f"{prefix}x@contoso.com"}
                    row |= self.random.choice([{"mail": address}, {"otherMails": [address]}])
                deleted.append(row)
        return deleted

    def make_application(self) -> list[Row]:
        principals: list[Row] = [{"principalId": "g-other", "principalType": "Group"}]
        principals += [{"principalId": row["id"], "principalType": "User"} for row in self.users if self.chance(0.3)]
        principals += [{"principalId": row["id"], "principalType": "Group"} for row in self.groups if self.chance(0.3)]
        application: Row = {"id": "sp-0", "appRoleAssignedTo": principals}
        if self.chance(0.9):
            application["appRoleAssignmentRequired"] = self.chance(0.85)
        return [application] if self.chance(0.98) else []

    def make_photos(self) -> Row:
        return {
            user["id"]: {"mediaEtag": self.random.choice(['"1"', '"2"', '"2"', "", None])}
            for user in self.users
            if self.chance(0.7)
        }

    def choose_unreadable(self) -> Row:
        """What could not be read: of some people, or a source altogether."""
        codes = ["503", "503", "403 ErrorAccessDenied", "429 TooMany", "no_answer", "400 AuthenticationError"]
        unreadable: Row = {}
        for kind in ("photos", "mailboxes"):
            if self.chance(0.2):
                some = [user["id"] for user in self.users if self.chance(0.4)]
                unreadable[kind] = {entra_id: self.random.choice(codes) for entra_id in some}
        if self.chance(0.1):
            sources = self.random.sample(SOURCES, self.random.choice([1, 1, 1, 2]))
            unreadable["sources"] = {source: self.random.choice([*codes, "401"]) for source in sources}
        return unreadable

    # What is recorded

    def recall_photos(self) -> list[Row]:
        return [
            {"emplyUserId": link["emplyUserId"], "etag": self.random.choice(['"1"', '"2"'])}
            for link in self.links
            if self.chance(0.5)
        ]

    def recall_deletions(self) -> list[Row]:
        """W3 was applied for these; some were restored by hand, some have another employee now."""
        carried = {login["id"]: login.get("employeeId") for login in self.logins}
        return [
            {"entraId": link["entraId"], "employeeId": carried.get(link["emplyUserId"]) or "p0"}
            for link in self.links
            if self.chance(0.25)
        ]
