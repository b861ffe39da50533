"""Every test of a rule runs against every implementation of the rules, or, marked `reference_only`, the reference."""

import pytest

from tests.reference.subject import IMPLEMENTATIONS, PlanOf, comparable


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "plan_of" in metafunc.fixturenames:
        alone = metafunc.definition.get_closest_marker("reference_only") is not None
        metafunc.parametrize("plan_of", ["reference"] if alone else list(IMPLEMENTATIONS), indirect=True)


@pytest.fixture
def plan_of(request: pytest.FixtureRequest) -> PlanOf:
    """The plan of a scenario, reduced to what the page fixes."""
    implementation = IMPLEMENTATIONS[request.param]
    return lambda scenario: comparable(implementation(*scenario))
