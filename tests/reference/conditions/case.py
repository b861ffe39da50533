"""What a condition is judged by: a scenario, the reference's plan of it, and the person. No condition is here."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from tests.reference.matching import is_leavers_login, linked_only, share_address
from tests.reference.planned import Planned
from tests.reference.rules import fill
from tests.reference.subject import Scenario
from tests.reference.terms import Inputs, Mapping, Person, Row, get, make_person, trimmed

STAGES: dict[str, tuple[str, ...]] = {"M2": (), "M3": ("username",), "M3b": ("username", "email")}
"""What was matched before each comparison."""


@dataclass
class Case:
    """A scenario as the reference plans it. Raises ConfigurationError (R8, W0)."""

    inputs: Inputs
    planned: Planned
    _unplanned: dict[str | None, Person] = field(default_factory=dict)

    @classmethod
    def of(cls, scenario: Scenario) -> "Case":
        systems, settings, state, now, unreadable, hidden = scenario
        inputs = Inputs(systems, settings, state, now, Mapping(), Counter())
        inputs.unreadable, inputs.member_read_hidden = unreadable, hidden
        planned = Planned()
        if get(settings, "enabled", True):
            fill(inputs, planned)
        else:
            linked = linked_only(inputs)
            planned.people, planned.logins = linked.people, linked.external
        return cls(inputs, planned)

    def person(self, entra_id: str | None, login_id: str | None) -> Person:
        """The person with these ids; neither: an employee who is nobody's."""
        everybody = [*self.planned.people, *self.planned.logins]
        found = [person for person in everybody if login_id is not None and person.login_id == login_id]
        found += [person for person in everybody if entra_id is not None and person.entra_id == entra_id]
        if found:
            return found[0]
        if entra_id not in self._unplanned:
            users = {row["id"]: row for row in self.inputs.entra("users")}
            user = users.get(entra_id or "")
            self._unplanned[entra_id] = make_person(self.inputs, entra_id=entra_id, user=user, login=None)
        return self._unplanned[entra_id]

    # Who takes part in M2, M3 and M3b

    def seeking(self, rule: str) -> list[Row]:
        """The Entra users that a comparison begins with: in scope, and matched by nothing before it."""
        found = [person for person in self.planned.people if person.in_scope and not person.linked]
        return [person.user or {} for person in found if person.matched_by not in STAGES[rule]]

    def offered(self, rule: str) -> list[Row]:
        """The Emply users that a comparison begins with: no leaver's, and linked or matched by nothing before it."""
        taken = {
            person.login_id
            for person in self.planned.people
            if (person.linked and person.user is not None) or person.matched_by in STAGES[rule]
        }
        logins = [row for row in self.inputs.emply("users") if row["id"] not in taken]
        return [row for row in logins if not is_leavers_login(self.inputs, row)]

    @cached_property
    def shared(self) -> list[tuple[Row, Row]]:
        """M3b: who shares an address with whom."""
        users, logins = self.seeking("M3b"), self.offered("M3b")
        return [(user, login) for user in users for login in logins if share_address(self.inputs, user, login)]

    @cached_property
    def alone(self) -> set[str]:
        """M4: the ids of the Entra users and of the Emply users that are left alone."""
        people = [person for person in (*self.planned.people, *self.planned.logins) if person.left_alone]
        return {identity for person in people for identity in (person.entra_id, person.login_id) if identity}

    # What things are called

    def group(self, group_id: str) -> str:
        names = {row["id"]: trimmed(row.get("displayName")) for row in self.inputs.entra("groups")}
        return names.get(group_id) or group_id

    def role(self, role_id: str) -> str:
        titles = {row["id"]: trimmed(row.get("title")) for row in self.inputs.emply("roles")}
        return titles.get(role_id) or role_id
