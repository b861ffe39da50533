"""Every rule there is, and the rules that a plan's rows about somebody are of."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

from entra_emply.reconciliation import completeness, guard_counts, guards, rules
from entra_emply.reconciliation.explain.facts import Row
from entra_emply.reconciliation.guards import GUARDS
from entra_emply.reconciliation.rule import Rule

SHARED = {"calendars of users", "calendars of rooms", "people without employee"}
"""Conditions that several rules of a letter have in front, asked as a rule of their own."""
WITHOUT_ROWS = {"X", "M1", "M4", "M5", "M6", "R1", "R3", "R6", "R9", "A3", "A4", "P2", "P4", "C2", "C8", "E3", "W4"}
"""Rules that decide without a row of their own."""
ABOUT_GROUPS = {"R8", "dynamic_group_guests", "nested_group_ignored", "hidden_membership", "G5b"}


def modules() -> Iterator[ModuleType]:
    yield from (guards, guard_counts, completeness)
    for each in pkgutil.iter_modules(rules.__path__, f"{rules.__name__}."):
        yield import_module(each.name)


def every_rule() -> list[Rule[Any]]:
    """Each rule object of the rule modules and of the guards, once."""
    named = [value for module in modules() for value in vars(module).values()]
    of_guards = [rule for guard in GUARDS.values() for rule in (guard.rule, guard.own)]
    found = {id(value): value for value in [*named, *of_guards] if isinstance(value, Rule)}
    return sorted((rule for rule in found.values() if rule.name not in SHARED), key=lambda rule: rule.name)


def rules_planned(rows: list[Row], ids: dict[str, str | None]) -> set[str]:
    """The rules of the plan's rows about somebody, and the guards that hold some of them."""
    rules: set[str] = set()
    for row in rows:
        mine = any(value is not None and row[name] == value for name, value in ids.items())
        if mine and row.get("code") != "duplicate_employee":  # whose employee counts, not what is decided
            rules |= {row["code"] if row["rule"] == "S" else row["rule"], *row.get("held_by", [])}
        if mine and row.get("kind") == "update_user" and {"email", "username"} & row["after"].keys():
            rules.add("A2")  # the row's rule is A1 where both spoke
    return rules
