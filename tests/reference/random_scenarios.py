"""Scenarios in which every rule fires often: small populations that share few addresses, groups and roles.

`random_scenario` is for campaigns, `scenarios` the hypothesis strategy. No rule is decided here.
"""

from datetime import datetime, timedelta
from random import Random

from hypothesis import strategies as st

from tests.reference import rules
from tests.reference.guards import action_id
from tests.reference.random_calendars import NOW, RandomCalendars
from tests.reference.random_people import CASES
from tests.reference.subject import Scenario
from tests.reference.terms import ConfigurationError, Row


def random_scenario(random: Random) -> Scenario:
    """The arguments of an implementation of the rules."""
    return _Draft(random).scenario()


def scenarios() -> st.SearchStrategy[Scenario]:
    return st.randoms(use_true_random=False).map(random_scenario)


class _Draft(RandomCalendars):
    """One scenario in the making."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self.deactivations: list[Row] = []
        self.grants: list[Row] = []

    def scenario(self) -> Scenario:
        self.make_roles_and_groups()
        cases = self.random.choices(list(CASES), list(CASES.values()), k=self.random.randint(2, 8))
        for number, case in enumerate(cases):
            self.make_case(number, case)
        self.employees = self.employees[:6]
        tenant, remembered = self.furnish()
        self.fill_calendars()
        counts = self.empty_groups()
        self.record_times()
        for rows in (self.users, self.logins, self.employees, self.groups, self.links, self.role_states):
            self.random.shuffle(rows)
        for rows in (self.emply_calendars, self.emply_events, self.pairs, self.recorded_calendars):
            self.random.shuffle(rows)
        scenario = {
            "entra": {"users": self.users, "groups": self.groups, "calendars": self.mailboxes, **tenant},
            "emply": {
                "users": self.logins,
                "employees": self.employees,
                "roles": self.roles,
                "departments": self.departments,
                "calendars": self.emply_calendars,
                "events": self.emply_events,
            },
        }
        state = {
            "links": self.links,
            "roleStates": self.role_states,
            "groupIds": self.group_ids,
            "deactivations": self.deactivations,
            "grants": self.grants,
            "groupCounts": counts,
            "calendars": self.recorded_calendars,
            "eventPairs": self.pairs,
            "refused": self.refused,
            **remembered,
            "holds": [],
            "approvals": [],
        }
        if self.chance(0.03):
            self.spoil()
        if self.mailboxes and self.chance(0.1):
            self.close_a_calendar()
        unreadable, hidden = self.choose_unreadable(), self.chance(0.85)
        self.remember_actions(scenario, state, unreadable, hidden)
        return scenario, self.settings, state, NOW, unreadable, hidden

    # What is recorded

    def empty_groups(self) -> list[Row]:
        """Each group's last count; and groups that lost everybody."""
        counts = [{"groupId": group["id"], "members": self.random.randint(1, 9)} for group in self.groups]
        if self.chance(0.25):
            self.random.choice(self.groups)["members"] = ["device-1"] if self.chance(0.3) else []
        for group in self.groups:
            if not group["members"] and self.chance(0.5):
                del group["members"]
        return [row for row in counts if self.chance(0.7)]

    def record_times(self) -> None:
        for login in self.logins:
            if self.chance(0.1 if login.get("active", True) else 0.55):
                self.deactivations.append({"emplyUserId": login["id"], **self.some_time()})
        if self.chance(0.1):
            self.deactivations.append({"emplyUserId": "u-gone", **self.some_time()})
        for user in self.users:
            if self.chance(0.12):
                self.grants.append({"entraId": user["id"], **self.some_time()})

    def some_time(self) -> Row:
        ago = self.random.choice([timedelta(hours=1), timedelta(hours=23, minutes=59), timedelta(days=1), timedelta(3)])
        return {"at": _iso(NOW - ago), "approved": self.chance(0.3)}

    def close_a_calendar(self) -> None:
        """Graph lists it, and does not open it."""
        for calendar in self.random.choice(list(self.mailboxes.values()))[-1:]:
            calendar["closed"] = True

    def spoil(self) -> None:
        """R8: something that the settings name is not there, or there twice."""
        entries = self.settings["groups"]
        what = self.random.randrange(5)
        if what == 0:
            self.settings["protected_roles"] = ["No such role"]
        elif what == 1:
            self.departments.append({"id": "d9", "title": "Aarhus "})
        elif what == 2:
            self.roles.append({"id": "r9", "title": " Employee"})
        elif what == 3 and entries:
            self.group_ids[:] = [{"groupName": entry["group"], "groupId": "g-deleted"} for entry in entries]
        elif entries:
            group = next((row for row in self.groups if row["id"] in self.mapping), self.groups[0])
            entries += [{"group": group["id"], "default_role": "Employee"}]

    def remember_actions(self, scenario: Row, state: Row, unreadable: Row, hidden: bool) -> None:
        """Holds and approvals of actions that this scenario plans, and of some that it no longer plans."""
        try:
            actions = rules.plan(scenario, self.settings, state, NOW, unreadable, hidden)["actions"]
        except ConfigurationError:
            return
        possible = {
            "emply.deactivate_user": ["G1", "G3", "G4"],
            "emply.set_roles": ["G2", "G3"],
            "emply.create_user": ["G3", "G7"],
            "emply.activate_user": ["G7"],
            "ledger.link_user": ["G3"],
            "emply.remove_calendar": ["G6"],
            "emply.detach_calendar": ["G6"],
            "entra.create_user": ["G7"],
            "entra.delete_user": ["G1", "G3"],
            "entra.delete_event": ["G6"],
        }
        for row in actions:
            guards = possible.get(f"{row['target']}.{row['kind']}", [])
            if guards and self.chance(0.15):
                chosen = sorted(self.random.sample(guards, self.random.randint(1, len(guards))))
                state["holds"].append({"action": action_id(self.changed(row)), "guards": chosen})
            if guards and self.chance(0.5 if row["rule"] == "W3" else 0.15):
                left = self.random.choice([timedelta(hours=71), timedelta(hours=71), timedelta(0), timedelta(hours=-1)])
                expires = _iso(NOW + left)
                state["approvals"].append({"action": action_id(self.changed(row)), "expiresAt": expires})

    def changed(self, row: Row) -> Row:
        """Now and then an action of the newest plan that the next one does not hold any more."""
        return {**row, "entra_id": f"{row['entra_id']}-other"} if self.chance(0.1) else row


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
