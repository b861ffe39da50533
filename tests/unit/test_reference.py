"""The reference itself: its random worlds reach every rule, and it leaves its input alone."""

import copy
from collections import Counter
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from tests.reference import rules
from tests.reference.subject import outcome
from tests.reference.worlds import World, random_world, worlds

WORLDS = 3_000
EVERY_RULE = """
M1 renamed; M1 Emply end gone; M1 Entra end gone; M1 link replaced; M1 leaver's login; M2; M3; M4; M4 in M2; M4 in M3;
M4 Entra end gone; M5; M6;
L1 create_user; L1a address_taken; L2 no_email; L2 guest_without_mail; L3 employee_archived_in_group; L4 activate_user;
L4 deactivated_in_emply; L5 deactivate_user; L6 deactivate_user; L7 deactivate_user; L7a deactivate_user; L8 unmanaged;
L9 user_without_employee; L10 leaver_without_resignation_date; L11 employee_archived_in_group; deactivated already;
R1; R2; R3; R4; R5; R6 R2 roles_missing; R6 R4 mapping_changed; R6 R4 group_joined; R6 R5 roles_missing; R7;
R8 group_renamed; R8 error; R9;
A1; A2; A2 address_taken; A3; A4; Terms duplicate_employee;
G1; G2; G3; G3 deactivate_user; G3 link_user; G3 create_user; G3 set_roles; G3 replaces link; G3 with a held link; G4;
G7; sticky; approved; X
"""


@pytest.fixture(scope="module")
def worlds_by_rule() -> Counter[str]:
    """In how many of the worlds each rule speaks."""
    spoken: Counter[str] = Counter()
    for seed in range(WORLDS):
        trace: Counter[str] = Counter()
        try:
            rules.plan(*random_world(Random(seed)), trace=trace)
        except rules.ConfigurationError:
            trace["R8 error"] += 1
        spoken.update(rule for rule, times in trace.items() if times)
    return spoken


@pytest.mark.parametrize("rule", [rule.strip() for rule in EVERY_RULE.split(";")])
def test_one_random_world_in_a_hundred_reaches_each_rule(worlds_by_rule: Counter[str], rule: str) -> None:
    assert worlds_by_rule[rule] >= WORLDS / 100


@given(worlds())
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_plan_leaves_its_world_as_it_was(world: World) -> None:
    before = copy.deepcopy(world)
    assert outcome(rules.plan, world) == outcome(rules.plan, before)
    assert world == before
