"""Which random scenarios are worth the time of `make test`: those in which most happens. Campaigns take the rest."""

import random
from collections.abc import Iterable

from tests.reference import rules
from tests.reference.random_scenarios import random_scenario
from tests.reference.terms import ConfigurationError


def telling(count: int, among: Iterable[int]) -> list[int]:
    """The seeds of so many scenarios: one after the other the one with most that no earlier one has."""
    found = {seed: _happenings(seed) for seed in among}
    chosen: list[int] = []
    seen: set[str] = set()
    for _ in range(count):
        best = max(found, key=lambda seed: len(found[seed] - seen))
        seen |= found.pop(best)
        chosen.append(best)
    return chosen


def _happenings(seed: int) -> set[str]:
    """What the reference plans and finds: kinds by rule, reason and guard, fields that change, codes of findings."""
    try:
        plan = rules.plan(*random_scenario(random.Random(seed)))
    except ConfigurationError:
        return {"error"}
    happened = {f"{row['code']} {row['rule']}" for row in plan["findings"]}
    for row in plan["actions"]:
        kind = f"{row['target']}.{row['kind']}"
        happened |= {f"{kind} {row['rule']} {row['reason']}", *(f"{kind} {guard}" for guard in row["held_by"])}
        happened |= {f"{kind} {field}" for field in row["after"] or {}}
    return happened
