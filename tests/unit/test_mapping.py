"""R8: a name of the settings that means nothing, or two things, stops the run and is named."""

import pandas as pd
import pytest

from entra_emply.errors import SettingsError
from entra_emply.reconciliation.mapping import GroupMapping, groups_to_read, resolve
from entra_emply.reconciliation.settings import Settings, parse

GROUPS = {"g1": "Employees", "g2": "HR", "g3": "HR"}
ROLES = {"r1": "Employee", "r2": "HR", "r3": "HR", "r4": "Administrator"}
DEPARTMENTS = {"d1": "Copenhagen", "d2": "Łódź", "d3": "Łódź"}


def frame(rows: dict[str, str], *columns: str) -> pd.DataFrame:
    return pd.DataFrame(rows.items(), columns=list(columns), dtype="str")


def resolved(*groups: dict[str, object], recorded: dict[str, str] | None = None, **settings: object) -> GroupMapping:
    return resolved_of(Settings.model_validate({"groups": groups, **settings}), recorded)


def resolved_of(settings: Settings, recorded: dict[str, str] | None = None) -> GroupMapping:
    return resolve(
        settings,
        frame(GROUPS, "group_id", "display_name"),
        frame(ROLES, "role_id", "title"),
        frame(DEPARTMENTS, "department_id", "title"),
        frame(recorded or {}, "group_name", "group_id"),
    )


def employees(**more: object) -> dict[str, object]:
    return {"group": "Employees", "default_role": "Employee", **more}


def test_names_become_ids() -> None:
    mapping = resolved(employees(default_department="Copenhagen"), protected_roles=["Administrator"])
    assert mapping.groups[["group_id", "role_id", "department_id"]].iloc[0].tolist() == ["g1", "r1", "d1"]
    assert mapping.protected_roles == ("r4",)


def test_an_object_id_is_taken_as_it_is() -> None:
    mapping = resolved({"group": "g3", "default_role": "Employee"})
    assert mapping.groups["group_id"].tolist() == ["g3"]
    assert mapping.resolved.recorded.empty


def test_a_room_group_has_no_part_in_the_mapping() -> None:
    mapping = resolved(employees(), {"group": "g2", "meeting_rooms": True})
    assert mapping.rooms == ("g2",)
    assert mapping.groups["group_id"].tolist() == ["g1"]


def test_the_id_of_a_name_is_recorded_once_and_a_renamed_group_goes_on() -> None:
    mapping = resolved({"group": "Staff", "default_role": "Employee"}, recorded={"Staff": "g1"})
    assert mapping.groups["group_id"].tolist() == ["g1"]
    assert mapping.resolved.renamed["display_name"].tolist() == ["Employees"]


@pytest.mark.parametrize(
    ("groups", "protected", "named"),
    [
        ([{"group": "Nobody", "default_role": "Employee"}], [], "no group 'Nobody'"),
        ([{"group": "HR", "default_role": "Employee"}], [], "2 groups of Entra are called 'HR'"),
        ([employees(), {"group": "g1", "default_role": "Employee"}], [], "'Employees' and 'g1' are the same group"),
        ([employees(default_role="Chief")], [], "no role 'Chief'"),
        ([employees(default_role="HR")], [], "2 roles of Emply are called 'HR'"),
        ([employees(default_department="Aarhus")], [], "no department 'Aarhus'"),
        ([employees(default_department="Łódź")], [], "2 departments of Emply are called 'Łódź'"),
        ([employees()], ["Chief"], "no role 'Chief'"),
    ],
)
def test_what_does_not_exist_or_exists_twice_is_named(
    groups: list[dict[str, object]], protected: list[str], named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        resolved(*groups, protected_roles=protected)


def test_every_wrong_name_is_said_at_once_with_its_line() -> None:
    settings = parse("""\
protected_roles: [Administrator, Chief]
groups:
  - group: Nobody
    default_role: Employee
  - group: Employees
    default_role: HR
    default_department: Aarhus
""")
    with pytest.raises(SettingsError) as error:
        resolved_of(settings)
    said = [each.removeprefix("settings.yaml, ").split(": ")[0] for each in str(error.value).split("; ")]
    assert said == ["line 3", "line 6", "line 7", "line 1"]


def test_a_group_deleted_and_recreated_under_its_name_is_another_group() -> None:
    with pytest.raises(SettingsError, match="gone from Entra"):
        resolved(employees(), recorded={"Employees": "g0"})


def test_with_the_integration_off_nothing_is_refused_for_a_group() -> None:
    unknown, again = {"group": "Nobody", "meeting_rooms": True}, {"group": "g1", "meeting_rooms": True}
    mapping = resolved(unknown, employees(), again, enabled=False)
    assert mapping.groups["group_id"].tolist() == ["g1"]
    assert mapping.resolved.recorded["group_name"].tolist() == ["Employees"]


def test_the_members_of_every_group_that_is_known_are_read() -> None:
    groups = [{"group": "Nobody", "meeting_rooms": True}, {"group": "g2", "meeting_rooms": True}, employees()]
    settings = Settings.model_validate({"groups": groups, "enabled": False})
    there, nothing = frame(GROUPS, "group_id", "display_name"), frame({}, "group_name", "group_id")
    assert groups_to_read(settings, there, nothing) == ["g2", "g1"]
