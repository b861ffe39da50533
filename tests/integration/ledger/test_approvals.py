"""What a person approves of the newest plan, and releases of what is in quarantine."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, event

from entra_emply import clock
from entra_emply.errors import PlanRefused
from entra_emply.ledger import approvals
from entra_emply.ledger.which import ANY, Which
from entra_emply.reconciliation.plan import Plan
from tests.integration.conftest import Begin, Rows
from tests.integration.ledger.fakes.faults import refused
from tests.integration.ledger.in_step import held_plan, in_step
from tests.integration.ledger.systems import Systems


@pytest.fixture
def systems(begin: Begin) -> Systems:
    return begin(in_step)


@pytest.fixture
def held(systems: Systems) -> Plan:
    return held_plan(systems)


# Approving


@pytest.mark.parametrize(
    ("which", "approved"),
    [
        (ANY, {"ipek", "ada", "zofia", "ole"}),
        (Which(kind="deactivate_user"), {"ipek", "ada"}),
        (Which(kind="emply.create_user"), {"zofia", "ole"}),
        (Which(domain="FABRIKAM.com"), {"ole"}),
        (Which(domain="contoso.com", kind="create_user"), {"zofia"}),
        (Which(group="g-hr"), {"ipek"}),
        (Which(person=" Ole@fabrikam.com "), {"ole"}),
        (Which(person="ada"), {"ada"}),
        (Which(person="emply-ada"), {"ada"}),
        (Which(group="HR"), {"ipek"}),
    ],
)
def test_who_is_approved(systems: Systems, held: Plan, which: Which, approved: set[str]) -> None:
    ids = systems.ledger.write(approvals.approve, held.plan_id, which, by="Kaya", reason="checked")
    assert set(held.actions.loc[held.actions["action_id"].isin(ids), "entra_id"]) == approved


@pytest.mark.parametrize(
    ("which", "said"),
    [
        (Which(group="Hr"), "no plan knows a group 'Hr'"),
        (Which(kind="deactivate"), "no kind 'deactivate': the kinds are emply.deactivate_user, "),
        (Which(person="nobody@contoso.com"), "holds nothing that fits all these filters"),
        (Which(domain="contoso.com", person="ole"), "holds nothing that fits all these filters"),
        *((Which(person=blank), "person is blank") for blank in ("", " ", "\u200b")),
        *((Which(group=blank), "group is blank") for blank in ("", " ", "\u200b")),
    ],
)
def test_an_approval_of_nothing_is_refused(systems: Systems, held: Plan, rows: Rows, which: Which, said: str) -> None:
    with pytest.raises(PlanRefused, match=said):
        systems.ledger.write(approvals.approve, held.plan_id, which, by="Kaya", reason="checked")
    assert rows("SELECT * FROM approvals") == []


@pytest.mark.parametrize("blank", ["", " ", "\u200b"])
def test_an_approval_of_no_plan_by_nobody_or_for_no_reason_is_refused(
    systems: Systems, held: Plan, rows: Rows, blank: str
) -> None:
    with pytest.raises(PlanRefused, match="names no plan"):
        systems.ledger.write(approvals.approve, blank, by="Kaya", reason="checked")
    with pytest.raises(PlanRefused, match="by is blank"):
        systems.ledger.write(approvals.approve, held.plan_id, by=blank, reason="checked")
    with pytest.raises(PlanRefused, match="reason is blank"):
        systems.ledger.write(approvals.approve, held.plan_id, by="Kaya", reason=blank)
    assert rows("SELECT * FROM approvals") == []


def test_a_plan_is_named_by_its_first_characters(systems: Systems, held: Plan) -> None:
    with pytest.raises(PlanRefused, match="names no plan"):
        systems.ledger.write(approvals.approve, held.plan_id[:5], by="Kaya", reason="checked")
    assert len(systems.ledger.write(approvals.approve, held.plan_id[:6], by="Kaya", reason="checked")) == 4


def test_one_action_is_approved_by_the_first_characters_of_its_id(systems: Systems, held: Plan) -> None:
    one = held.actions.loc[held.actions["entra_id"] == "ole", "action_id"].iloc[0]
    assert systems.ledger.write(approvals.approve, one[:12].upper(), by="Kaya", reason="hired") == [one]


@pytest.mark.parametrize("named", ["%%%%%%%%", "________", "0123456789ab"])
def test_an_id_of_nothing_held_approves_nothing(systems: Systems, held: Plan, rows: Rows, named: str) -> None:
    assert not held.actions["action_id"].str.startswith(named).any()
    with pytest.raises(PlanRefused, match="is not the newest plan"):
        systems.ledger.write(approvals.approve, named, by="Kaya", reason="hired")
    assert rows("SELECT * FROM approvals") == []


def test_an_id_of_an_applied_action_approves_nothing(systems: Systems, held: Plan, rows: Rows) -> None:
    (linked,) = rows("SELECT action_id FROM actions WHERE plan_no = 1 LIMIT 1")[0]
    with pytest.raises(PlanRefused, match="is not the newest plan"):
        systems.ledger.write(approvals.approve, linked, by="Kaya", reason="hired")
    assert held.plan_id != linked


def test_what_would_be_approved_is_what_is_approved_and_nothing_the_second_time(
    systems: Systems, held: Plan, rows: Rows
) -> None:
    wanted = systems.ledger.read(approvals.would_approve, held.plan_id, Which(domain="contoso.com"))
    assert rows("SELECT * FROM approvals") == []
    assert {row["subject"] for row in wanted.actions} == {"ada@contoso.com", "ipek@contoso.com", "zofia@contoso.com"}
    assert [row["action_id"] for row in wanted.actions] == wanted.approved
    freed = systems.ledger.write(
        approvals.approve, held.plan_id, Which(domain="contoso.com"), by="Kaya", reason="checked"
    )
    assert (freed, wanted.again) == (wanted.freed, False)
    second = systems.ledger.read(approvals.would_approve, held.plan_id, Which(domain="contoso.com"))
    assert (second.approved, second.freed, second.again) == ([], [], True)


def test_an_approval_reads_nothing_of_the_actions_that_it_does_not_need(systems: Systems, held: Plan) -> None:
    """Everybody who records, approves or claims waits for it, and there may be 100,000."""
    asked: list[str] = []

    def approve(connection: Connection) -> list[str]:
        event.listen(connection, "before_cursor_execute", lambda *about: asked.append(about[2]))
        return approvals.approve(connection, held.plan_id, by="Kaya", reason='checked, "twice"')

    assert len(systems.ledger.write(approve)) == 4
    read = [each for each in asked if each.startswith("SELECT entra_emply.actions.action_id, entra_emply.actions.t")]
    assert len(read) == 1
    assert not any(f"actions.{name}" in read[0] for name in ("before", "after", "reason", "held_because"))
    assert not [each for each in asked if "INSERT INTO entra_emply.approvals" in each], "they are copied in"


def test_who_approved_why_and_when_is_recorded_as_it_was_said(systems: Systems, held: Plan, rows: Rows) -> None:
    with clock.frozen(datetime(2026, 11, 30, 23, 59, 59, 123456, tzinfo=UTC)):
        systems.ledger.write(approvals.approve, held.plan_id, by='Kaya "Ö"', reason="a, b\nc\\")
        now = clock.now()
    recorded = rows("SELECT DISTINCT plan_id, by, reason, at, expires_at, used_at FROM approvals")
    assert recorded == [(held.plan_id, 'Kaya "Ö"', "a, b\nc\\", now, now + timedelta(hours=72), None)]


def test_what_was_approved_is_applied_by_the_next_run_and_the_approval_is_used_up(
    systems: Systems, held: Plan, rows: Rows
) -> None:
    assert systems.apply(held).held == 4
    systems.ledger.write(approvals.approve, held.plan_id, by="Kaya", reason="checked")
    assert systems.sync().count("applied") == 4
    assert rows("SELECT DISTINCT by, reason, ending FROM approvals") == [("Kaya", "checked", "applied")]
    assert (
        rows("SELECT DISTINCT approved FROM deactivations UNION ALL SELECT DISTINCT approved FROM grants")
        == [(True,)] * 2
    )


def test_what_is_approved_already_is_not_approved_twice(systems: Systems, held: Plan, rows: Rows) -> None:
    systems.ledger.write(approvals.approve, held.plan_id, by="Kaya", reason="checked")
    assert systems.ledger.write(approvals.approve, held.plan_id, by="Kaya", reason="again") == []
    assert rows("SELECT DISTINCT reason FROM approvals") == [("checked",)]


def test_an_approval_is_used_up_when_its_action_leaves_the_newest_plan(
    systems: Systems, held: Plan, rows: Rows
) -> None:
    systems.ledger.write(approvals.approve, held.plan_id, Which(person="ada"), by="Kaya", reason="left")
    systems.person("ada")["accountEnabled"] = True
    systems.plan()
    assert rows("SELECT ending FROM approvals") == [("left",)]
    systems.person("ada")["accountEnabled"] = False
    assert "G1" in str(systems.plan().actions.set_index("entra_id").loc["ada", "held_by"])


def test_a_backfilled_plan_uses_up_no_approval(systems: Systems, held: Plan, rows: Rows) -> None:
    systems.ledger.write(approvals.approve, held.plan_id, Which(person="ada"), by="Kaya", reason="left")
    systems.person("ada")["accountEnabled"] = True
    systems.record(systems.inputs(), origin="backfill")
    assert rows("SELECT ending FROM approvals") == [(None,)]


def test_only_the_newest_plan_is_approved(systems: Systems, held: Plan) -> None:
    systems.person("ada")["accountEnabled"] = True
    systems.plan()
    with pytest.raises(PlanRefused, match="is not the newest plan"):
        systems.ledger.write(approvals.approve, held.plan_id, by="Kaya", reason="late")


def test_after_an_approval_expired_a_new_one_can_be_given(systems: Systems, held: Plan, rows: Rows) -> None:
    with clock.frozen(clock.now() - timedelta(hours=73)):
        systems.ledger.write(approvals.approve, held.plan_id, Which(person="ada"), by="Kaya", reason="early")
    assert (
        len(systems.ledger.write(approvals.approve, held.plan_id, Which(person="ada"), by="Kaya", reason="again")) == 1
    )
    assert rows("SELECT reason, ending FROM approvals ORDER BY approval_no") == [("early", "expired"), ("again", None)]


def test_an_approved_link_frees_what_only_waits_for_it(systems: Systems, rows: Rows) -> None:
    administrator = {
        "id": "emply-zofia",
        "username": "zofia@contoso.com",
        "roleIds": ["r-Administrator"],
        "active": True,
    }
    systems.scenario["emply"]["users"].append(administrator)
    systems.members("g-staff").append("zofia")
    plan = systems.plan()
    assert set(plan.actions["kind"]) == {"link_user", "update_user"}
    with pytest.raises(PlanRefused, match="holds nothing that fits"):
        systems.ledger.write(approvals.approve, plan.plan_id, Which(kind="update_user"), by="Kaya", reason="no")
    freed = systems.ledger.write(
        approvals.approve, plan.plan_id, Which(kind="link_user"), by="Kaya", reason="it is she"
    )
    assert set(freed) == set(plan.actions["action_id"])
    assert rows("SELECT count(*) FROM approvals") == [(1,)]
    assert systems.sync().count("applied") == 2


def test_approving_a_groups_emptying_forgets_its_count_and_no_other(systems: Systems, rows: Rows) -> None:
    systems.settings.pop("guards")
    systems.members("g-hr").clear()
    systems.members("g-staff").remove("ipek")
    plan = systems.plan()
    assert plan.actions.loc[plan.actions["entra_id"] == "ipek", "own_guards"].tolist() == ["G4"]
    systems.ledger.write(approvals.approve, plan.plan_id, Which(group="g-staff"), by="Kaya", reason="looked")
    assert rows("SELECT group_id FROM group_counts ORDER BY 1") == [("g-hr",), ("g-staff",)]
    systems.ledger.write(approvals.approve, plan.plan_id, Which(group="g-hr"), by="Kaya", reason="dissolved")
    assert rows("SELECT group_id FROM group_counts") == [("g-staff",)]
    assert systems.sync().count("applied") == 1


# Releasing


@pytest.mark.parametrize("failed", [0, 1])
def test_only_a_quarantined_action_can_be_released(systems: Systems, rows: Rows, failed: int) -> None:
    systems.settings.pop("guards")
    systems.members("g-staff").append("zofia")
    systems.emply.faults = [refused] * failed
    plan = systems.plan()
    systems.apply(plan)
    with pytest.raises(PlanRefused, match="not quarantined"):
        systems.ledger.write(approvals.release, plan.actions["action_id"].iloc[0], by="Kaya")
    assert rows("SELECT failures FROM failures") == [(1,)] * failed


def test_a_quarantined_action_is_released_by_the_first_characters_of_its_id(systems: Systems, rows: Rows) -> None:
    systems.settings.pop("guards")
    systems.members("g-staff").append("zofia")
    systems.emply.faults = [refused]
    plan = systems.plan()
    systems.apply(plan)
    (action_id,) = rows("UPDATE failures SET failures = 8, quarantined_at = now() RETURNING action_id")[0]
    for named in (action_id[:5], "%%%%%%"):
        with pytest.raises(PlanRefused, match="not quarantined"):
            systems.ledger.write(approvals.release, named, "Kaya")
    assert systems.ledger.write(approvals.release, action_id[:6], "Kaya") == action_id
    assert rows("SELECT * FROM failures") == []


@pytest.mark.parametrize(("action", "by"), [("", "Kaya"), (" ", "Kaya"), ("81d0", " ")])
def test_releasing_nothing_or_by_nobody_is_refused(systems: Systems, action: str, by: str) -> None:
    with pytest.raises(PlanRefused, match="is blank"):
        systems.ledger.write(approvals.release, action, by)
