"""Applying P: the photo that is planned is the one that is written, and its etag goes with the link."""

import pytest

from entra_emply.provisioning.apply import settle
from entra_emply.provisioning.outages import MAX_SERVICE_FAILURES
from tests.integration.conftest import Rows
from tests.integration.ledger.fakes.faults import Fault, lost_after, lost_before
from tests.integration.ledger.fakes.system import Row
from tests.integration.ledger.mailbox_systems import OUTCOMES
from tests.integration.ledger.planned import action, plan, results
from tests.integration.ledger.systems import Systems

ETAGS = "SELECT emply_user_id, etag FROM photo_etags"


def setting(etag: str = "W/1") -> Row:
    return action("emply.set_photo", "P1", "ada", {"etag": None}, {"etag": etag})


def test_a_photo_is_written_and_its_etag_recorded(systems: Systems, rows: Rows) -> None:
    assert results(systems, setting()) == [("set_photo", "applied")]
    assert systems.emply.written == [("photo Ada's", "emply-ada")]
    assert systems.login("ada")["photoEtag"] == "W/1"
    assert rows(ETAGS) == [("emply-ada", "W/1")]
    assert systems.state().photo_etags.to_dict("records") == [{"emply_user_id": "emply-ada", "etag": "W/1"}]


def test_a_newer_photo_takes_the_place_of_the_recorded_one(systems: Systems, rows: Rows) -> None:
    results(systems, setting())
    systems.scenario["entra"]["photos"]["ada"]["mediaEtag"] = "W/2"
    assert results(systems, setting("W/2")) == [("set_photo", "applied")]
    assert rows(ETAGS) == [("emply-ada", "W/2")]


@pytest.mark.parametrize("change", ["another", "none"])
def test_a_photo_that_changed_since_the_plan_is_the_next_runs(systems: Systems, rows: Rows, change: str) -> None:
    photos = systems.scenario["entra"]["photos"]
    if change == "none":
        photos.clear()
    else:
        photos["ada"]["mediaEtag"] = "W/2"
    assert results(systems, setting()) == [("set_photo", "superseded")]
    assert (systems.emply.written, rows(ETAGS)) == ([], [])


def test_a_new_link_starts_without_a_photo(systems: Systems, rows: Rows) -> None:
    results(systems, setting())
    link = action("ledger.link_user", "M2", "ada-again", None, {"matchedBy": "username"}, emply_user_id="emply-ada")
    assert results(systems, link) == [("link_user", "applied")]
    assert rows(ETAGS) == []


def test_a_photo_of_somebody_whose_link_is_gone_is_not_remembered(systems: Systems, rows: Rows) -> None:
    made = plan(systems, setting())
    rows("DELETE FROM links WHERE entra_id = 'ada'")
    assert systems.apply(made).count("applied") == 1
    assert rows(ETAGS) == []


def test_a_photo_that_cannot_be_read_counts_as_a_failure(systems: Systems, rows: Rows) -> None:
    systems.graph.unreadable = True
    assert results(systems, setting()) == [("set_photo", "failed")]
    assert rows("SELECT code FROM failures") == [("source_unreadable",)]


@pytest.mark.parametrize(("down", "untried"), [(True, 1), (False, 0)])
def test_photos_in_a_row_that_cannot_be_read_stop_the_others_only_where_the_service_is_down(
    systems: Systems, down: bool, untried: int
) -> None:
    systems.graph.unreadable, systems.graph.down = True, down
    report = systems.apply(plan(systems, *(setting(f"W/{number}") for number in range(MAX_SERVICE_FAILURES + 1))))
    assert (report.count("failed"), report.untried) == (MAX_SERVICE_FAILURES + 1 - untried, untried)


@pytest.mark.parametrize("fault", [lost_after, lost_before])
def test_a_lost_answer_is_followed_by_a_look_and_the_photo_is_written_once(
    systems: Systems, rows: Rows, fault: Fault
) -> None:
    systems.emply.faults = [fault]
    assert results(systems, setting()) == [("set_photo", "applied")]
    assert len(systems.emply.written) == 1
    assert rows(ETAGS) == [("emply-ada", "W/1")]


@pytest.mark.parametrize(("when", "result"), [("changed", "applied"), ("changing", "interrupted")])
def test_after_a_death_it_is_found_out_whether_it_was_written(
    systems: Systems, rows: Rows, when: str, result: str
) -> None:
    made = plan(systems, setting())

    def die() -> None:
        raise KeyboardInterrupt

    setattr(systems.emply, when, die)
    with pytest.raises(KeyboardInterrupt):
        systems.apply(made)
    assert settle(systems.ledger, graph=systems.graph, emply=systems.emply)
    assert rows(OUTCOMES)[-1] == ("set_photo", result, None)
    assert rows(ETAGS) == ([("emply-ada", "W/1")] if result == "applied" else [])
