"""G5: which reads are believed."""

import pytest

from assets.errors import SourceUnreadable
from assets.reconciliation.guards import require_full_read
from assets.reconciliation.mapping import may_be_empty
from assets.reconciliation.settings import parse

BEFORE = {"entra_users": 100}


@pytest.mark.parametrize("rows", [80, 81, 100, 5000])
def test_a_read_of_at_least_80_percent_of_the_last_accepted_one_is_believed(rows: int) -> None:
    require_full_read({"entra_users": rows}, BEFORE, 80)


@pytest.mark.parametrize("rows", [79, 1, 0])
def test_a_smaller_one_is_refused_and_says_how_to_accept_it(rows: int) -> None:
    with pytest.raises(SourceUnreadable, match="--accept-shrink entra_users"):
        require_full_read({"entra_users": rows}, BEFORE, 80)


def test_the_share_is_computed_exactly() -> None:
    require_full_read({"entra_users": 29}, BEFORE, 29.0)
    with pytest.raises(SourceUnreadable):
        require_full_read({"entra_users": 29}, BEFORE, 29.1)


def test_an_empty_first_read_is_refused() -> None:
    with pytest.raises(SourceUnreadable, match="first read is empty"):
        require_full_read({"entra_users": 0}, {}, 80)


def test_an_empty_read_after_an_empty_one_that_was_accepted_is_believed() -> None:
    require_full_read({"entra_users": 0}, {"entra_users": 0}, 80)


def test_a_first_read_with_rows_is_believed() -> None:
    require_full_read({"entra_users": 1}, {}, 80)


def test_a_shrinking_that_a_person_accepted_passes_for_that_source_alone() -> None:
    before = {**BEFORE, "emply_users": 100}
    require_full_read({"entra_users": 0, "emply_users": 100}, before, 80, accepted=["entra_users"])
    with pytest.raises(SourceUnreadable, match="emply_users"):
        require_full_read({"entra_users": 0, "emply_users": 0}, before, 80, accepted=["entra_users"])


def test_departments_may_be_empty_at_first_only_where_no_setting_names_one() -> None:
    role = "groups:\n  - {group: Employees, default_role: Employee%s}"
    assert may_be_empty(parse(role % "")) == {"emply_departments"}
    named = role % ", default_department: Copenhagen" + "\n  - {group: Rooms, meeting_rooms: true}"
    assert may_be_empty(parse(named)) == frozenset()
    require_full_read({"emply_departments": 0}, {}, 80, may_be_empty={"emply_departments"})
    with pytest.raises(SourceUnreadable):
        require_full_read({"emply_departments": 0}, {"emply_departments": 3}, 80, may_be_empty={"emply_departments"})
