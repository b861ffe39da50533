"""Plans of random scenarios are applied as they are: what is looked at again agrees with what the rules decided.

In a scenario that stands still no action is superseded or fails, and after two runs nothing is left to do.
"""

import copy
import random
from collections import Counter
from collections.abc import Iterable

import pytest

from entra_emply import clock
from entra_emply.errors import SettingsError
from entra_emply.ledger.ledger import Ledger
from tests.integration.ledger.fakes.system import Row
from tests.integration.ledger.systems import Systems
from tests.reference.random_scenarios import random_scenario

NO_LIMIT = {"min_count": 1000, "percent": 100}
WITHOUT_LIMITS = {"max_deactivations": NO_LIMIT, "max_role_changes": NO_LIMIT, "max_grants": NO_LIMIT}
NOTHING_HELD = {"guards": WITHOUT_LIMITS, "protected_roles": []}
MEMORY = {
    "links": "INSERT INTO links VALUES (%(entraId)s, %(emplyUserId)s, 'username', now())",
    "roleStates": "INSERT INTO role_states SELECT emply_user_id, %(groupId)s, %(roleId)s FROM links"
    " WHERE emply_user_id = %(emplyUserId)s",
    "photoEtags": "INSERT INTO photo_etags SELECT emply_user_id, %(etag)s FROM links"
    " WHERE emply_user_id = %(emplyUserId)s",
    "calendars": "INSERT INTO calendars VALUES (%(calendarId)s, %(entraId)s, %(externalId)s, %(detached)s)",
    "eventPairs": "INSERT INTO event_pairs"
    " VALUES (%(emplyEventId)s, %(externalId)s, %(entraId)s, %(calendarExternalId)s)",
    "deletedUsers": "INSERT INTO deleted_users VALUES (%(entraId)s, %(employeeId)s, now())",
    "groupIds": "INSERT INTO group_ids VALUES (%(groupName)s, %(groupId)s)",
    "groupCounts": "INSERT INTO group_counts VALUES (%(groupId)s, %(members)s, 0)",
    "deactivations": "INSERT INTO deactivations VALUES (%(emplyUserId)s, %(at)s, %(approved)s)",
    "grants": "INSERT INTO grants VALUES (%(entraId)s, %(at)s, %(approved)s)",
}
ABSENT = {"detached": False, "roleId": None}


@pytest.mark.parametrize("seed", range(4))
def test_a_scenario_that_stands_still_is_in_step_after_two_runs(ledger: Ledger, seed: int) -> None:
    _comes_into_step(ledger, seed)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(4, 400))
def test_another_scenario_is_in_step_after_two_runs(ledger: Ledger, seed: int) -> None:
    _comes_into_step(ledger, seed)


def _comes_into_step(ledger: Ledger, seed: int) -> None:
    scenario, settings, state, now, *_ = copy.deepcopy(random_scenario(random.Random(seed)))
    systems = Systems(ledger, _complete(scenario), settings | NOTHING_HELD)
    _remember(ledger, state)
    with clock.frozen(now):
        try:
            results = [_by_result(systems) for _ in range(3)]
        except SettingsError:
            return
    first, second, third = results
    assert (first | second).keys() <= {"applied"}
    assert third == {}


def _by_result(systems: Systems) -> Counter[str]:
    counted: Counter[str] = Counter()
    for results in systems.sync().results.values():
        counted += results
    return counted


def _complete(scenario: Row) -> Row:
    """With the lists that the systems in memory expect; a scenario may leave them out."""
    for system, lists in (
        ("entra", ("users", "groups", "deletedUsers")),
        ("emply", ("users", "employees", "roles", "departments", "calendars", "events")),
    ):
        for name in lists:
            scenario[system].setdefault(name, [])
    entra: Row = scenario["entra"]
    for name in ("calendars", "photos", "organization"):
        entra.setdefault(name, {})
    entra["organization"]["id"] = "tenant"
    for group in entra["groups"]:
        group.setdefault("members", [])
    return scenario


def _remember(ledger: Ledger, state: Row) -> None:
    """Make the ledger know what the scenario says is recorded; of what needs a link, only what has one."""
    with ledger._database.writing() as connection:
        connection.exec_driver_sql("SET LOCAL search_path = entra_emply")
        for name, statement in MEMORY.items():
            rows: Iterable[Row] = state.get(name, [])
            for row in rows:
                connection.exec_driver_sql(statement, ABSENT | row)
