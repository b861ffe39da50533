"""A plan in the making: who has which actions and findings so far. What follows from those, and no rule."""

from collections import Counter
from dataclasses import dataclass, field

from tests.reference.terms import Person, Row

Found = tuple[list[Row], list[Row]]  # the actions and the findings of a letter for somebody


@dataclass
class Planned:
    """Actions and findings, each with its person; None: it is nobody's."""

    people: list[Person] = field(default_factory=list)  # linked, matched or in scope
    logins: list[Person] = field(default_factory=list)  # external (M6) or left alone (M4)
    actions: list[tuple[Person, Row]] = field(default_factory=list)
    findings: list[tuple[Person | None, Row]] = field(default_factory=list)
    renewed_calendars: dict[tuple[str | None, str], str] = field(default_factory=dict)  # C1a: owner, old id: new id
    unread_sources: dict[str, str] = field(default_factory=dict)  # of C and E, by source (G5b): the code

    def add(self, person: Person, found: Found) -> None:
        actions, findings = found
        self.actions += [(person, row) for row in actions]
        self.findings += [(person, row) for row in findings]

    def of(self, person: Person, *kinds: str) -> list[Row]:
        return [row for owner, row in self.actions if owner is person and row["kind"] in kinds]

    def told(self, person: Person, code: str) -> bool:
        return any(owner is person and row["code"] == code for owner, row in self.findings)

    def active(self, person: Person) -> bool:
        """The terms' "active (C, E, P)"; an action that is held is in the plan all the same."""
        if self.of(person, "deactivate_user", "delete_user"):
            return False
        return person.active or bool(self.of(person, "activate_user"))

    def may_have_calendars(self, person: Person) -> bool:
        """In scope, matched, active: whom C1 considers."""
        return person.matched and self.active(person)

    def kept_from_calendars(self, person: Person) -> bool:
        """C8: left alone, unmanaged, or the link, the activation or the deactivation is held."""
        held = any(row["held_by"] for row in self.of(person, "link_user", "activate_user", "deactivate_user"))
        return person.left_alone or held or self.told(person, "unmanaged")

    def trace(self, spoken: Counter[str]) -> None:
        """Count each rule with the kinds of action and the codes that it gave."""
        for _, row in self.actions:
            spoken[f"{row['rule']} {row['kind']}"] += 1
        for _, row in self.findings:
            spoken[f"{row['rule']} {row['code']}"] += 1
