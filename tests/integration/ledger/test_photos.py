"""Applying P: the photo that is planned is the one that is written, and its etag goes with the link."""

import pytest

from entra_emply.provisioning.apply import MAX_SERVICE_FAILURES, settle
from tests.integration.ledger.company import Company
from tests.integration.ledger.conftest import Rows
from tests.integration.ledger.fakes import Fault, Row, lost_after, lost_before
from tests.integration.ledger.office import OUTCOMES
from tests.integration.ledger.planned import action, plan, results

ETAGS = "SELECT emply_user_id, etag FROM photo_etags"


def setting(etag: str = "W/1") -> Row:
    return action("emply.set_photo", "P1", "ada", {"etag": None}, {"etag": etag})


def test_a_photo_is_written_and_its_etag_recorded(office: Company, rows: Rows) -> None:
    assert results(office, setting()) == [("set_photo", "applied")]
    assert office.emply.written == [("photo Ada's", "emply-ada")]
    assert office.login("ada")["photoEtag"] == "W/1"
    assert rows(ETAGS) == [("emply-ada", "W/1")]
    assert office.state().photo_etags.to_dict("records") == [{"emply_user_id": "emply-ada", "etag": "W/1"}]


def test_a_newer_photo_takes_the_place_of_the_recorded_one(office: Company, rows: Rows) -> None:
    results(office, setting())
    office.scenario["entra"]["photos"]["ada"]["mediaEtag"] = "W/2"
    assert results(office, setting("W/2")) == [("set_photo", "applied")]
    assert rows(ETAGS) == [("emply-ada", "W/2")]


@pytest.mark.parametrize("change", ["another", "none"])
def test_a_photo_that_changed_since_the_plan_is_the_next_runs(office: Company, rows: Rows, change: str) -> None:
    photos = office.scenario["entra"]["photos"]
    if change == "none":
        photos.clear()
    else:
        photos["ada"]["mediaEtag"] = "W/2"
    assert results(office, setting()) == [("set_photo", "superseded")]
    assert (office.emply.written, rows(ETAGS)) == ([], [])


def test_a_new_link_starts_without_a_photo(office: Company, rows: Rows) -> None:
    results(office, setting())
    link = action("ledger.link_user", "M2", "ada-again", None, {"matchedBy": "username"}, emply_user_id="emply-ada")
    assert results(office, link) == [("link_user", "applied")]
    assert rows(ETAGS) == []


def test_a_photo_of_somebody_whose_link_is_gone_is_not_remembered(office: Company, rows: Rows) -> None:
    made = plan(office, setting())
    rows("DELETE FROM links WHERE entra_id = 'ada'")
    assert office.apply(made).count("applied") == 1
    assert rows(ETAGS) == []


def test_a_photo_that_cannot_be_read_counts_as_a_failure(office: Company, rows: Rows) -> None:
    office.graph.unreadable = True
    assert results(office, setting()) == [("set_photo", "failed")]
    assert rows("SELECT code FROM failures") == [("source_unreadable",)]


@pytest.mark.parametrize(("down", "untried"), [(True, 1), (False, 0)])
def test_photos_in_a_row_that_cannot_be_read_stop_the_others_only_where_the_service_is_down(
    office: Company, down: bool, untried: int
) -> None:
    office.graph.unreadable, office.graph.down = True, down
    report = office.apply(plan(office, *(setting(f"W/{number}") for number in range(MAX_SERVICE_FAILURES + 1))))
    assert (report.count("failed"), report.untried) == (MAX_SERVICE_FAILURES + 1 - untried, untried)


@pytest.mark.parametrize("fault", [lost_after, lost_before])
def test_a_lost_answer_is_followed_by_a_look_and_the_photo_is_written_once(
    office: Company, rows: Rows, fault: Fault
) -> None:
    office.emply.faults = [fault]
    assert results(office, setting()) == [("set_photo", "applied")]
    assert len(office.emply.written) == 1
    assert rows(ETAGS) == [("emply-ada", "W/1")]


@pytest.mark.parametrize(("when", "result"), [("changed", "applied"), ("changing", "interrupted")])
def test_after_a_death_it_is_found_out_whether_it_was_written(
    office: Company, rows: Rows, when: str, result: str
) -> None:
    made = plan(office, setting())

    def die() -> None:
        raise KeyboardInterrupt

    setattr(office.emply, when, die)
    with pytest.raises(KeyboardInterrupt):
        office.apply(made)
    assert settle(office.ledger, graph=office.graph, emply=office.emply)
    assert rows(OUTCOMES)[-1] == ("set_photo", result, None)
    assert rows(ETAGS) == ([("emply-ada", "W/1")] if result == "applied" else [])
