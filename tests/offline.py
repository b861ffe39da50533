"""Examples of `plan --offline` for tests: tiny companies, and what becomes of them."""

from typing import Any

from tests.reference.builders import scenario
from tests.reference.subject import Row

NOW = "2026-11-22T10:30:00Z"
SETTINGS = {"synchronize_roles": True, "groups": [{"group": "Employees", "default_role": "Employee"}]}


def example(*people: Row, logins: tuple[Row, ...] = (), **more: Any) -> Row:  # noqa: ANN401
    """People in a company with the group Employees and the role of that name."""
    made, settings, *_ = scenario(people, logins)
    return {"scenario": made, "settings": settings, "now": NOW, **more}


def kinds(plan: Row) -> dict[str, Row]:
    """What becomes of whom, by kind of action; each is there once."""
    return {action["kind"]: action for action in plan["actions"]}
