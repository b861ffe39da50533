"""Applying: what a refusal leads to, now and at later runs."""

import pytest

from entra_emply.errors import CredentialsError
from entra_emply.ledger import approvals
from entra_emply.provisioning.crew import WORKERS
from entra_emply.provisioning.forbidden import MOST
from tests.integration.conftest import Rows
from tests.integration.ledger.fakes.faults import Fault, forbidden, no_access, refused, unauthorized
from tests.integration.ledger.staff import hire, leave
from tests.integration.ledger.systems import Systems


@pytest.fixture
def systems(staff: Systems) -> Systems:
    return staff


def test_one_failure_stops_no_other(systems: Systems) -> None:
    for name in ("zofia", "jörg", "ole"):
        hire(systems, name)
    systems.emply.faults = [None, refused, None]
    report = systems.sync()
    assert (report.count("applied"), report.count("failed")) == (2, 1)


def test_a_failed_creation_leaves_neither_link_nor_role_state(systems: Systems, rows: Rows) -> None:
    hire(systems, "zofia")
    systems.emply.faults = [refused]
    systems.sync()
    assert rows("SELECT count(*) FROM links") == [(4,)]


def test_a_failed_role_change_keeps_the_old_role_state(systems: Systems, rows: Rows) -> None:
    systems.members("g-hr").append("ada")
    systems.emply.faults = [refused]
    systems.sync()
    assert rows("SELECT group_id FROM role_states WHERE emply_user_id = 'emply-ada'") == [("g-staff",)]
    systems.sync()
    assert rows("SELECT count(*) FROM role_states WHERE emply_user_id = 'emply-ada'") == [(2,)]


def test_refused_credentials_stop_everything_and_count_for_nobody(systems: Systems, rows: Rows) -> None:
    for number in range(2 * WORKERS):
        hire(systems, f"zofia-{number}")
    systems.emply.faults = [None, *([no_access] * 2 * WORKERS)]
    with pytest.raises(CredentialsError):
        systems.sync()
    assert len(systems.emply.written) == 1
    assert len(systems.emply.faults) >= WORKERS, "each worker met with it once, at most"
    assert rows("SELECT ending FROM plans ORDER BY plan_no DESC LIMIT 1") == [("stopped",)]
    systems.emply.faults.clear()
    assert systems.sync().count("applied") == 2 * WORKERS - 1
    assert rows("SELECT count(*) FROM failures") == [(0,)]


@pytest.mark.parametrize(("fault", "code"), [(forbidden, "403 forbidden"), (unauthorized, "401 unauthorized")])
def test_what_is_not_allowed_of_one_object_is_a_failure_of_its_own(
    systems: Systems, rows: Rows, fault: Fault, code: str
) -> None:
    for number in range(2 * WORKERS):
        hire(systems, f"zofia-{number}")
    systems.emply.faults = [fault]
    report = systems.sync()
    assert (report.count("applied"), report.count("failed")) == (2 * WORKERS - 1, 1)
    assert rows("SELECT failures, code FROM failures") == [(1, code)]


def test_an_only_write_that_the_key_is_not_taken_for_is_a_failure_too(systems: Systems, rows: Rows) -> None:
    """The key is taken for what every run reads, so it is not the key."""
    hire(systems, "zofia")
    systems.emply.faults = [unauthorized]
    assert systems.sync().count("failed") == 1
    assert rows("SELECT failures, code FROM failures") == [(1, "401 unauthorized")]


@pytest.mark.parametrize("leaving", [False, True])
def test_a_key_that_is_revoked_in_the_middle_stops_everything_and_counts_for_nobody(
    systems: Systems, rows: Rows, leaving: bool
) -> None:
    """Found out by a write, or by reading the subject again first."""
    for number in range(2 * WORKERS):
        hire(systems, f"zofia-{number}")
    if leaving:
        leave(systems, "disabled")
    plan = systems.plan()
    systems.emply.revoked = True
    with pytest.raises(CredentialsError):
        systems.apply(plan)
    assert systems.emply.written == []
    assert rows("SELECT count(*) FROM failures") == [(0,)]
    systems.emply.revoked = False
    assert systems.sync().count("applied") == 2 * WORKERS + leaving


@pytest.mark.parametrize(("fault", "code"), [(forbidden, "403 forbidden"), (unauthorized, "401 unauthorized")])
def test_a_login_that_is_protected_fails_alone_where_another_is_changed(
    systems: Systems, rows: Rows, fault: Fault, code: str
) -> None:
    """Deactivating one and giving a role to another need the same access of the key."""
    leave(systems, "disabled")
    systems.members("g-hr").append("søren")
    systems.emply.faults = [fault]
    report = systems.sync()
    assert report.results["emply.deactivate_user"]["failed"] == report.results["emply.set_roles"]["applied"] == 1
    assert rows("SELECT failures, code FROM failures") == [(1, code)]


def test_what_is_forbidden_of_all_is_a_missing_access_once_the_rest_is_done(systems: Systems, rows: Rows) -> None:
    leave(systems, "disabled")
    for number in range(2 * WORKERS):
        hire(systems, f"zofia-{number}")
    systems.emply.faults = [forbidden]
    with pytest.raises(CredentialsError):
        systems.sync()
    assert len(systems.emply.written) == 2 * WORKERS
    assert rows("SELECT count(*) FROM failures") == [(0,)]
    created = {row["id"] for row in systems.emply.users if row["username"].startswith("zofia")}
    assert created <= {login for (login,) in rows("SELECT emply_user_id FROM role_states")}
    assert systems.sync().count("applied") == 1


def test_a_kind_that_is_forbidden_is_not_tried_for_ever(systems: Systems) -> None:
    for number in range(MOST + 2 * WORKERS):
        hire(systems, f"zofia-{number}")
    systems.settings["guards"] = {"max_grants": {"min_count": 200, "percent": 100}}
    systems.emply.faults = [forbidden] * (MOST + 2 * WORKERS)
    with pytest.raises(CredentialsError):
        systems.sync()
    assert systems.emply.written == []
    assert len(systems.emply.faults) >= WORKERS


def test_however_much_is_forbidden_what_needs_another_access_is_done(
    systems: Systems, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(MOST + 2 * WORKERS):
        hire(systems, f"zofia-{number}")
    systems.members("g-hr").append("søren")
    systems.settings["guards"] = {"max_grants": {"min_count": 200, "percent": 100}}
    monkeypatch.setattr(systems.emply, "create_user", forbidden)
    with pytest.raises(CredentialsError):
        systems.sync()
    assert [object_id for _, object_id in systems.emply.written] == ["emply-søren"]
    results = "SELECT DISTINCT result FROM attempts JOIN actions USING (plan_no, action_id) LEFT JOIN outcomes"
    left = rows(f"{results} USING (attempt_no) WHERE kind = 'create_user' AND rule = 'L1' AND subject LIKE 'zofia%'")
    assert left == [("interrupted",)], "nobody has to look for what was certainly not made"


@pytest.mark.parametrize(("call", "result"), [("user", "failed"), ("update_user", "unknown")])
def test_an_answer_of_a_form_that_nobody_foresaw_is_the_trouble_of_one_action(
    systems: Systems,
    rows: Rows,
    call: str,
    result: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """While its subject is read again, before anything is written; and while it is written, when something may be."""
    right = getattr(systems.emply, call)

    def odd(emply_user_id: str, *rest: object) -> object:
        if emply_user_id == "emply-ada":
            raise OverflowError("Ada's date value is out of range")
        return right(emply_user_id, *rest)

    monkeypatch.setattr(systems.emply, call, odd)
    for name in ("søren", "ada", "łukasz"):
        systems.members("g-hr").append(name)
    report = systems.sync()
    assert report.results["emply.set_roles"] == {"applied": 2, result: 1}
    assert rows("SELECT code FROM failures") == ([("unforeseen OverflowError",)] if result == "failed" else [])
    assert "OverflowError, test_refusals.py, line" in caplog.text
    assert "Ada's" not in caplog.text


def test_a_failed_creation_is_tried_again_after_1_2_4_4_runs_and_quarantined_after_eight(
    systems: Systems, rows: Rows
) -> None:
    hire(systems, "zofia")
    tried = []
    for run in range(28):
        systems.emply.faults = [refused]
        report = systems.sync()
        if report.count("failed"):
            tried.append(run)
    assert tried == [0, 1, 3, 7, 11, 15, 19, 23]
    assert (report.quarantined, report.waiting) == (1, 0)
    [(action_id,)] = rows("SELECT action_id FROM failures WHERE quarantined_at IS NOT NULL")
    systems.ledger.write(approvals.release, str(action_id), by="Kaya")
    systems.emply.faults = []
    assert systems.sync().count("applied") == 1
    assert rows("SELECT count(*) FROM failures") == [(0,)]


def test_a_failed_deactivation_is_tried_at_every_run(systems: Systems) -> None:
    leave(systems, "disabled")
    results = []
    for _ in range(9):
        systems.emply.faults = [refused]
        report = systems.sync()
        results.append((report.count("failed"), report.quarantined))
    assert results == [(1, 0)] * 8 + [(0, 1)]


@pytest.mark.parametrize("failures", [1, 8])
def test_the_failures_of_what_is_no_longer_planned_are_forgotten_but_not_its_quarantine(
    systems: Systems, rows: Rows, failures: int
) -> None:
    for _ in range(failures):
        leave(systems, "disabled")
        systems.emply.faults = [refused]
        systems.sync()
    systems.person("ada")["accountEnabled"] = True
    systems.sync()
    assert rows("SELECT failures FROM failures") == ([] if failures == 1 else [(8,)])


def test_a_person_whose_turn_has_not_come_waits_and_keeps_his_role_state(systems: Systems, rows: Rows) -> None:
    systems.members("g-hr").append("ada")
    for _ in range(2):
        systems.emply.faults = [refused]
        systems.sync()
    assert systems.sync().waiting == 1
    assert rows("SELECT group_id FROM role_states WHERE emply_user_id = 'emply-ada'") == [("g-staff",)]
