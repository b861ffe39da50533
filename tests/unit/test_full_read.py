"""G5: which reads are believed, compared with the last accepted one."""

import pytest

from entra_emply.errors import SourceUnreadable
from entra_emply.reconciliation.completeness import Counted, require_full_read
from entra_emply.reconciliation.mapping import may_be_empty
from entra_emply.reconciliation.settings import Guards, parse

GUARDS = Guards()
BEFORE = {"entra_users": Counted(100)}


def users(rows: int) -> dict[str, Counted]:
    return {"entra_users": Counted(rows)}


def members(**of_groups: int) -> dict[str, Counted]:
    return {"entra_group_members": Counted(sum(of_groups.values()), of_groups)}


@pytest.mark.parametrize("rows", [80, 81, 100, 5000])
def test_a_read_of_at_least_80_percent_of_the_last_accepted_one_is_believed(rows: int) -> None:
    require_full_read(users(rows), BEFORE, GUARDS)


@pytest.mark.parametrize("rows", [79, 1, 0])
def test_a_smaller_one_is_refused_and_says_how_to_accept_it(rows: int) -> None:
    with pytest.raises(SourceUnreadable, match="--accept-shrink entra_users"):
        require_full_read(users(rows), BEFORE, GUARDS)


def test_the_share_is_computed_exactly() -> None:
    require_full_read(users(29), BEFORE, Guards(min_rows_percent=29))
    with pytest.raises(SourceUnreadable):
        require_full_read(users(29), BEFORE, Guards(min_rows_percent=29.1))


def test_an_empty_first_read_is_refused() -> None:
    with pytest.raises(SourceUnreadable, match="first read is empty"):
        require_full_read(users(0), {}, GUARDS)


def test_an_empty_read_after_an_empty_one_that_was_accepted_is_believed() -> None:
    require_full_read(users(0), users(0), GUARDS)


def test_a_first_read_with_rows_is_believed() -> None:
    require_full_read(users(1), {}, GUARDS)


def test_a_shrinking_that_a_person_accepted_passes_for_that_source_alone() -> None:
    before = {**BEFORE, "emply_users": Counted(100)}
    require_full_read({**users(0), "emply_users": Counted(100)}, before, GUARDS, accepted=["entra_users"])
    with pytest.raises(SourceUnreadable, match="emply_users"):
        require_full_read({**users(0), "emply_users": Counted(0)}, before, GUARDS, accepted=["entra_users"])


def test_a_group_taken_out_of_the_settings_is_no_shrinking() -> None:
    require_full_read(members(staff=10), members(staff=10, everybody=90), GUARDS)
    require_full_read(members(), members(staff=10, everybody=90), GUARDS)


def test_the_groups_that_stay_in_the_settings_must_not_shrink() -> None:
    with pytest.raises(SourceUnreadable, match="6 rows where the last accepted read had 10"):
        require_full_read(members(staff=6), members(staff=10, everybody=90), GUARDS)
    with pytest.raises(SourceUnreadable, match="0 rows where the last accepted read had 10"):
        require_full_read(members(staff=0), members(staff=10), GUARDS)


def test_of_a_read_without_parts_all_rows_are_compared() -> None:
    with pytest.raises(SourceUnreadable, match="70 rows where the last accepted read had 100"):
        require_full_read(members(staff=70), {"entra_group_members": Counted(100)}, GUARDS)


@pytest.mark.parametrize(("now", "few"), [(7, 3), (1, 9), (2, 3)])
def test_of_members_a_few_may_be_missing(now: int, few: int) -> None:
    require_full_read(members(staff=now), members(staff=now + few), Guards(min_rows_lost=few))


@pytest.mark.parametrize(("now", "before"), [(6, 10), (1, 5), (0, 3), (0, 1)])
def test_of_members_more_or_all_may_not(now: int, before: int) -> None:
    with pytest.raises(SourceUnreadable, match=rf"{now} rows? where the last accepted read had {before}"):
        require_full_read(members(staff=now), members(staff=before), GUARDS)


def test_of_other_lists_not_even_a_few_may_be_missing() -> None:
    with pytest.raises(SourceUnreadable):
        require_full_read({"emply_users": Counted(2)}, {"emply_users": Counted(3)}, GUARDS)


def test_none_where_there_were_some_is_refused_whatever_the_share() -> None:
    with pytest.raises(SourceUnreadable):
        require_full_read(users(0), BEFORE, Guards(min_rows_percent=0))


ROLES = """
groups:
  - {group: Employees, default_role: Employee}
  - {group: Rooms, meeting_rooms: true}
"""
DEPARTMENTS = ROLES.replace("role: Employee", "role: Employee, default_department: Copenhagen")


@pytest.mark.parametrize(
    ("settings", "sources"),
    [
        (DEPARTMENTS, set()),
        (ROLES, {"emply_departments"}),
        ("enabled: false", {"emply_departments", "entra_group_members"}),
    ],
    ids=["a department", "no department", "no group"],
)
def test_what_the_settings_name_none_of_may_be_empty_at_first(settings: str, sources: set[str]) -> None:
    assert may_be_empty(parse(settings)) == sources


def test_it_may_be_empty_at_first_and_not_later() -> None:
    none = {"emply_departments": Counted(0)}
    require_full_read(none, {}, GUARDS, may_be_empty=none)
    with pytest.raises(SourceUnreadable):
        require_full_read(none, {"emply_departments": Counted(3)}, GUARDS, may_be_empty=none)
