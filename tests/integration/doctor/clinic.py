"""A sandbox, a settings file and a home, and what `doctor` finds there."""

from pathlib import Path

import yaml

from entra_emply.doctor.checks import Check
from entra_emply.doctor.doctor import doctor
from entra_emply.environment import Environment
from sandbox import Sandbox

PEOPLE = {
    "entra": {
        "users": [{"id": "user-1", "userPrincipalName": "łucja@contoso.com", "mail": "łucja@contoso.com"}],
        "groups": [{"id": "group-1", "displayName": "Employees", "members": ["user-1"]}],
        "servicePrincipals": [{"id": "app-1", "appRoleAssignmentRequired": True}],
        "calendars": {"user-1": [{"id": "calendar-1", "name": "Calendar", "canEdit": True, "isDefaultCalendar": True}]},
    },
    "emply": {
        "users": [{"id": "login-1", "username": "łucja@contoso.com"}],
        "employees": [{"id": "employee-1"}],
        "roles": [{"id": "role-1", "title": "Employee"}],
        "calendars": [{"id": "emply-1", "userId": "login-1", "name": "Calendar"}],
    },
}
LEAST = ["User.Read.All", "GroupMember.Read.All", "Organization.Read.All"]


class Clinic:
    """A sandbox, a settings file and a home, and what doctor finds there."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.variables: dict[str, str] = {}
        self.settings()
        sandbox.put_state(PEOPLE)
        sandbox.change_settings(permissions=LEAST)

    def settings(self, **settings: object) -> None:
        groups = [{"group": "Employees", "default_role": "Employee"}]
        (self.folder / "settings.yaml").write_text(yaml.safe_dump({"groups": groups} | settings))

    def examine(self) -> dict[str, Check]:
        ours = {
            "ENTRA_EMPLY_HOME": str(self.folder / "home"),
            "ENTRA_EMPLY_SETTINGS": str(self.folder / "settings.yaml"),
        }
        checks = doctor(Environment.load(self.sandbox.environment | ours | self.variables))
        return {check.name: check for check in checks}

    def failing(self) -> list[str]:
        found = self.examine().values()
        assert all(check.remedy for check in found if check.status == "failed")
        return [check.name for check in found if check.status == "failed"]
