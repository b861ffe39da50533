"""The reference itself: its random scenarios reach every rule, and it leaves its input alone."""

import copy
from collections import Counter
from itertools import product
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from tests.reference import rules
from tests.reference.random_scenarios import Scenario, random_scenario, scenarios
from tests.reference.signs import at_most_one_edit
from tests.reference.subject import outcome

SCENARIOS = 3_000
EVERY_RULE = """
M1 renamed; M1 Emply end gone; M1 Entra end gone; M1 link replaced; M1 leaver's login; M2; M3; M4; M4 in M2; M4 in M3;
M4 Entra end gone; M5; M6;
L1 create_user; L1a address_taken; L2 no_email; L2 guest_without_mail; L3 employee_archived_in_group; L4 activate_user;
L4 deactivated_in_emply; L5 deactivate_user; L6 deactivate_user; L7 deactivate_user; L7a deactivate_user; L8 unmanaged;
L9 user_without_employee; L10 leaver_without_resignation_date; L11 employee_archived_in_group; deactivated already;
R1; R2; R3; R4; R5; R6 R2 roles_missing; R6 R4 mapping_changed; R6 R4 group_joined; R6 R5 roles_missing; R7;
R8 group_renamed; R8 error; R9;
A1; A2; A2 address_taken; A3; A4; Terms duplicate_employee;
P1 first; P1 changed; P1 unchanged; P2; P4;
C1 add_calendar; C1 attach_calendar; C1 of two people; C3 name; C3 sharing; C4 remove_calendar; C4 detach_calendar;
C4 gone; C4 not editable; C4 of an external user; C4 of somebody; C5 add_calendar; C5 attach_calendar; C5 C3;
C5 C4; C6 remove_calendar; C6 detach_calendar; C6 never held; C7 mailbox_unavailable; C7 Guest; C8 left alone;
C7 closed; C8 unmanaged; C8 held;
E1 new; E1 changed; E1 unchanged; E1 paired; E1 gone; E1 left the window; E1 not enabled; E2 create; E2 update;
E2 one side in the window; E2 by externalId alone; E2 delete_event; E2 deleted by its owner; E2 both ends gone; E3;
W0; W0 hybrid_read_only; W1 by username; W1 by email; W1 known in Entra; W1 create_user; W1 needs_group;
W1 domain_not_verified; W1 duplicate_upn; W1 restorable_user; W2 givenName; W2 surname; W2 displayName; W2 jobTitle;
W2 department; W2 mobilePhone; W3 delete_user; W3 deactivate_user; W3 without deactivation; W3 instead of L6;
W3 instead of L7; W3 instead of L7a; W3 once; W3 held as one; W3 half approved;
S sso_not_assigned; S dynamic_group_guests; S nested_group_ignored; S multiple_groups_single_role;
S calendar_not_editable; S email_nearly_matches; S one edit; S same name;
G1; G1 W3 delete_user; G2; G3; G3 deactivate_user; G3 W3 delete_user; G3 link_user; G3 create_user; G3 set_roles;
G3 replaces link; G3 with a held link; G4; G6 C4 remove_calendar; G6 C4 detach_calendar; G6 E2 delete_event; G7;
G7 W1 create_user; sticky; approved; X; X C6
"""


@pytest.fixture(scope="module")
def scenarios_by_rule() -> Counter[str]:
    """In how many of the scenarios each rule speaks."""
    spoken: Counter[str] = Counter()
    for seed in range(SCENARIOS):
        trace: Counter[str] = Counter()
        try:
            rules.plan(*random_scenario(Random(seed)), trace=trace)
        except rules.ConfigurationError:
            trace["R8 error"] += 1
        spoken.update(rule for rule, times in trace.items() if times)
    return spoken


@pytest.mark.parametrize("rule", [rule.strip() for rule in EVERY_RULE.split(";")])
def test_one_random_scenario_in_a_hundred_reaches_each_rule(scenarios_by_rule: Counter[str], rule: str) -> None:
    assert scenarios_by_rule[rule] >= SCENARIOS / 100


@given(scenarios())
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_plan_leaves_its_scenario_as_it_was(scenario: Scenario) -> None:
    before = copy.deepcopy(scenario)
    assert outcome(rules.plan, scenario) == outcome(rules.plan, before)
    assert scenario == before


def test_one_edit_is_what_trying_every_edit_finds() -> None:
    texts = ["".join(letters) for length in range(5) for letters in product("abc", repeat=length)]
    for one in texts:
        edits = {one}
        for at in range(len(one) + 1):
            before, after = one[:at], one[at:]
            edits |= {before + after[1:], before + after[1:2] + after[:1] + after[2:]}
            edits |= {before + letter + rest for letter in "abc" for rest in (after, after[1:])}
        assert {other for other in texts if at_most_one_edit(one, other)} == edits & set(texts), one
