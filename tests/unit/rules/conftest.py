"""Every test of a rule runs against every implementation of the rules."""

import pytest

from tests.reference.subject import IMPLEMENTATIONS, PlanOf, comparable


@pytest.fixture(params=list(IMPLEMENTATIONS))
def plan_of(request: pytest.FixtureRequest) -> PlanOf:
    """The plan of a scenario, reduced to what the page fixes."""
    implementation = IMPLEMENTATIONS[request.param]
    return lambda scenario: comparable(implementation(*scenario))
