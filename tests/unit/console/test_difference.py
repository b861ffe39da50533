"""How two plans differ: by person, kind and what changes."""

import json

import pandas as pd

from entra_emply.console.queries.difference import difference
from entra_emply.console.queries.rows import differences_shown
from entra_emply.reconciliation.plan import ACTION_COLUMNS


def plan(*actions: tuple[str, str, str, list[str]]) -> pd.DataFrame:
    """Actions by id: kind, whose, and the roles that they get."""
    rows = [
        dict.fromkeys(ACTION_COLUMNS, "")
        | {"action_id": id_, "target": "emply", "kind": kind, "entra_id": who, "subject": f"{who}@contoso.com"}
        | {
            "rule": "R4",
            "reason": "group_joined",
            "before": json.dumps({"roleIds": []}),
            "after": json.dumps({"roleIds": roles}),
        }
        for id_, kind, who, roles in actions
    ]
    return pd.DataFrame(rows, columns=ACTION_COLUMNS).astype(dict.fromkeys(ACTION_COLUMNS, "str"))


def told(this: pd.DataFrame, other: pd.DataFrame) -> list[tuple[str, list[str], list[str]]]:
    """Who, the roles by this plan, the roles by the other."""
    shown = differences_shown(difference(this, other), {"r1": "Employee", "r2": "HR"})
    sides = [
        [[new for _, _, new in row[side]["fields"]] if row[side] else [] for side in ("this", "other")] for row in shown
    ]
    return [(row["who"], *both) for row, both in zip(shown, sides, strict=True)]


def test_equal_plans_do_not_differ() -> None:
    same = plan(("a", "set_roles", "ada", ["r1"]))
    assert told(same, same) == []


def test_what_only_one_plan_does_stands_on_its_side() -> None:
    this, other = plan(("a", "set_roles", "ada", ["r1"])), plan(("b", "set_roles", "bo", ["r2"]))
    assert told(this, other) == [("ada@contoso.com", ["Employee"], []), ("bo@contoso.com", [], ["HR"])]


def test_what_both_do_otherwise_stands_side_by_side() -> None:
    this, other = plan(("a", "set_roles", "ada", ["r1"])), plan(("b", "set_roles", "ada", ["r2"]))
    assert told(this, other) == [("ada@contoso.com", ["Employee"], ["HR"])]


def test_several_actions_of_one_kind_and_person_are_paired_one_by_one() -> None:
    this = plan(("a", "set_roles", "ada", ["r1"]), ("c", "set_roles", "ada", ["r2"]))
    assert told(this, plan(("b", "set_roles", "ada", ["r2"]))) == [
        ("ada@contoso.com", ["Employee"], ["HR"]),
        ("ada@contoso.com", ["HR"], []),
    ]


def test_without_actions_nothing_differs() -> None:
    assert told(plan(), plan()) == []
