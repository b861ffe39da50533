"""X: the integration switched off."""

from tests.reference.builders import login, person, world
from tests.reference.subject import PlanOf

SWITCHED_OFF = {"actions": [], "findings": [], "roleStates": [], "endedPairs": []}


def test_x_nothing_is_planned_and_nothing_is_found(plan_of: PlanOf) -> None:
    people, logins = [person("megan"), person("ray", accountEnabled=False)], [login("ray")]
    assert plan_of(world(people, logins, linked=["ray"], enabled=False)) == SWITCHED_OFF


def test_x_comes_before_r8(plan_of: PlanOf) -> None:
    assert plan_of(world([person()], mapping={"Employees": "No such role"}, enabled=False)) == SWITCHED_OFF
