"""The reference itself: its random scenarios reach every rule, and it leaves its input alone."""

import copy
from collections import Counter
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from tests.reference import rules
from tests.reference.applying import applied
from tests.reference.random_scenarios import random_scenario, scenarios
from tests.reference.signs import at_most_one_edit
from tests.reference.subject import Scenario, outcome

SCENARIOS = 2_000
EVERY_RULE = """
M1 renamed; M1 Emply end gone; M1 Entra end gone; M1 link replaced; M1 leaver's login; M2; M3; M4; M4 in M2; M4 in M3;
M4 Entra end gone; M4 a member's address; M3b; M3b several; M3b refused; M3b another's address; M5; M6;
L1 create_user; L1a address_taken; L1a shares; L2 no_email; L2 guest_without_mail; L3 employee_archived_in_group;
L4 activate_user; L4 deactivated_in_emply; L5 deactivate_user; L6 deactivate_user; L7 deactivate_user;
L7a deactivate_user; L8 unmanaged; L9 user_without_employee; L10 leaver_without_resignation_date;
L11 employee_archived_in_group; deactivated already; L12 login_email_differs; R1; R2; R3; R4; R5; R6 R2 roles_missing;
R6 R4 mapping_changed; R6 R4 group_joined; R6 R5 roles_missing; R7; R8 group_renamed; R8 error; R9; A1; A2;
A2 address_taken; A2 carried; A3; A4; Terms duplicate_employee; P1 first; P1 changed; P1 unchanged; P2; P4;
P5 photo_unreadable; C1 add_calendar; C1 attach_calendar; C1 of two people; C1a attach_calendar; C1a room; C1a pairs;
C3 name; C3 sharing; C4 remove_calendar; C4 detach_calendar; C4 gone; C4 not editable; C4 of an external user;
C4 of somebody; C5 add_calendar; C5 attach_calendar; C5 C3; C5 C4; C6 remove_calendar; C6 detach_calendar;
C6 never held; C7 mailbox_unavailable; C7 mailbox_unreadable; C7 Guest; C8 left alone; C7 closed; C8 unmanaged;
C8 held; C8 held link_user; C8 held activate_user; C8 held deactivate_user; G5b source_unreadable; E1 new; E1 changed;
E1 unchanged; E1 paired; E1 gone; E1 left the window; E1 not enabled; E2 create; E2 update; E2 one side in the window;
E2 by externalId alone; E2 delete_event; E2 deleted by its owner; E2 both ends gone; E3; E0 cancelled; E0 declined;
E1 all day, local; E2 moved by its owner; E2 of a moved event; E2 not editable; W0; W0 hybrid_read_only;
W1 by username; W1 by email; W1 known in Entra; W1 create_user; W1 needs_group; W1 domain_not_verified;
W1 upn_not_allowed; W1 duplicate_upn; W1 restorable_user; W2 givenName; W2 surname; W2 displayName; W2 jobTitle;
W2 not where L12 speaks; W2 department; W2 mobilePhone; W3 delete_user; W3 deactivate_user; W3 without deactivation;
W3 instead of L6; W3 instead of L7; W3 instead of L7a; W3 once; W3 held as one; W3 half approved; S sso_not_assigned;
S hidden_membership; S dynamic_group_guests; S nested_group_ignored; S multiple_groups_single_role;
S calendar_not_editable; S email_nearly_matches; S one edit; S same name; G1; G1 W3 delete_user; G2; G3;
G3 deactivate_user; G3 W3 delete_user; G3 link_user; G3 create_user; G3 set_roles; G3 replaces link;
G3 by another address; G3 with a held link; G4; G6 C4 remove_calendar; G6 C4 detach_calendar; G6 E2 delete_event; G7;
G7 W1 create_user; sticky; approved; X; X C6
"""

RARE_RULES = """
A2 created; A2 wanted twice; C1a of several; C1a instead of attaching; C5 nobody's; C5 nobody's stays; C6 not read;
E0 all day by Outlook alone; W1 restorable by another address; approved behind a held link; G5b for good;
G5b entra_deleted_users; G5b entra_app; G5b entra_photos; G5b entra_calendars; G5b entra_events; G5b emply_calendars;
G5b emply_events
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


@pytest.mark.parametrize("rule", [rule.strip() for rule in RARE_RULES.split(";")])
def test_one_random_scenario_in_five_hundred_reaches_what_is_rare(scenarios_by_rule: Counter[str], rule: str) -> None:
    assert scenarios_by_rule[rule] >= SCENARIOS / 500


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_after_two_runs_nothing_is_left_but_what_is_held(first: int) -> None:
    """Applying 6, without the ids that only a first run makes."""
    for seed in range(first, first + 50):
        systems, settings, state, now, unreadable, hidden = random_scenario(Random(seed))
        try:
            for _ in range(2):
                plan = rules.plan(systems, settings, state, now, unreadable, hidden)
                systems, state = applied(systems, settings, state, now, plan)
            last = rules.plan(systems, settings, state, now, unreadable, hidden)
        except rules.ConfigurationError:
            continue
        assert [row for row in last["actions"] if not row["held_by"]] == [], f"scenario {seed}"


@given(scenarios())
@hypothesis_settings(max_examples=50)
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
