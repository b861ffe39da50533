"""`settings.yaml`: what is accepted, and errors that name the line and what was expected."""

from pathlib import Path

import pytest

from entra_emply.errors import SettingsError
from entra_emply.reconciliation.settings import Limit, load, parse

ROLE = "groups:\n  - group: Employees\n    default_role: Employee\n"


def test_the_shipped_settings_are_valid() -> None:
    assert len(load(Path("settings.yaml")).groups) == 7


def test_absent_settings_have_the_defaults_of_the_rules() -> None:
    settings = parse("enabled: true")
    assert settings.reactivate == "ours"
    assert not settings.synchronize_roles
    assert settings.guards.max_deactivations == Limit(min_count=5, percent=5)
    assert settings.guards.max_role_changes == Limit(min_count=20, percent=25)
    assert settings.guards.max_grants == Limit(min_count=20, percent=10)
    assert settings.guards.min_rows_percent == 80


def test_a_limit_that_names_one_number_keeps_the_default_of_the_other() -> None:
    guards = parse("guards: {max_deactivations: {min_count: 9}, max_grants: {percent: 1}}").guards
    assert guards.max_deactivations == Limit(min_count=9, percent=5)
    assert guards.max_grants == Limit(min_count=20, percent=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "line 1: expected a mapping"),
        ("- a", "line 1: expected a mapping"),
        ("enabled: [", "line 1: not valid YAML"),
        ("enabled: true\nreactivate: @", "line 2: not valid YAML"),
        ("enabled: true\nenabeld: true", "line 2: enabeld: unknown key"),
        ("enabled: 'yes'", "line 1: enabled: expected true or false"),
        ("enabled: true\nenabled: false", "line 2: enabled: the key is given twice"),
        ("reactivate: mine", "line 1: reactivate: expected 'ours' or 'all'"),
        ("groups: Employees", "line 1: groups: expected a list"),
        ("groups: [Employees]", "line 1: groups.0: expected a mapping"),
        ("groups:\n  - group: Employees", "line 2: groups.0: expected default_role"),
        ("groups:\n  - default_role: Employee", "line 2: groups.0.group: is missing"),
        ("groups:\n  - group: ' '\n    default_role: Employee", "line 2: groups.0.group: expected a text"),
        ("groups:\n  - group: [HR]\n    default_role: HR", "line 2: groups.0.group: expected a text"),
        (ROLE + "    colour: red", "line 4: groups.0.colour: unknown key"),
        (ROLE + ROLE.removeprefix("groups:\n"), "line 4: groups: the group 'Employees' is given twice"),
        ("guards:\n  min_rows_percent: many", "line 2: guards.min_rows_percent: expected a number"),
        (
            "guards:\n  max_grants: {min_count: -1, percent: 5}",
            "line 2: guards.max_grants.min_count: expected at least",
        ),
        ("guards: {max_grants: {min_count: 9223372036854775808}}", "guards.max_grants.min_count: expected at most"),
        ("guards: {max_grants: {count: 3}}", "line 1: guards.max_grants.count: unknown key"),
        ("retention: {frames_days: 1}", "line 1: retention.frames_days: expected at least"),
        ("retention: {runs_days: 999999999999}", "line 1: retention.runs_days: expected at most"),
        (
            "enabled: true\ncalendar_window: {days_back: 999999999999}",
            "line 2: calendar_window: expected days_",
        ),
        ("calendar_window: {days_back: 1000, days_ahead: 825}", "line 1: calendar_window: expected days_back and"),
        ("enabled: true\ngroups: &all\n  - *all", "line 3: is nested too deeply, or an alias"),
        ("enabled: true\ngroups:\n  " + "[" * 5000, "line 3: is nested too deeply, or an alias"),
        ("enabled: true\nsso: \x00", "line 2: not valid YAML: a character that YAML does not allow"),
        (
            'groups:\n  - group: "H\\0R"\n    default_role: HR',
            "line 2: groups.0.group: expected a text without",
        ),
        ('protected_roles:\n  - "\\ud800"', "line 2: protected_roles.0: expected a text without control"),
        ("enabled: 2026-13-45", "line 1: not valid YAML: a value cannot be read"),
        ("enabled: true\nreactivate: !!bool perhaps", "line 2: not valid YAML: a value cannot be read"),
        ("groups:\n  - {group: A, language: !!int ''}", "line 2: not valid YAML: a value cannot be read"),
        ("retention:\n  frames_days: " + "9" * 5000, "line 2: not valid YAML: a value cannot be read"),
        ("enabled: true\nyes: true", "line 2: yes: expected a key that is a text"),
        ("enabled: true\n5: true", "line 2: 5: expected a key that is a text"),
        ("groups:\n  - group: A\n    ~: B", "line 3: ~: expected a key that is a text"),
        ("k" * 500 + ": 1", f"line 1: {'k' * 60}…: unknown key"),
    ],
)
def test_an_error_names_the_line_and_what_was_expected(text: str, expected: str) -> None:
    with pytest.raises(SettingsError) as error:
        parse(text)
    assert "settings.yaml" in str(error.value)
    assert expected in str(error.value)
    assert "\n" not in str(error.value)


def test_a_mapping_may_be_merged_and_one_of_its_keys_given_otherwise() -> None:
    assert not parse("<<: {enabled: true, nested_groups: true}\nenabled: false").enabled


def test_aliases_of_aliases_are_looked_at_once() -> None:
    """Each line nine times the one before: written out, more places than anybody can wait for."""
    lines = [f"a{depth}: &a{depth} [{', '.join([f'*a{depth - 1}'] * 9)}]" for depth in range(1, 30)]
    with pytest.raises(SettingsError, match="line 30: a29: unknown key"):
        parse("\n".join(["a0: &a0 [x]", *lines]))


def test_a_window_of_five_years_is_what_graph_shows_at_most() -> None:
    assert parse("calendar_window: {days_back: 1000, days_ahead: 824}").calendar_window.days_ahead == 824


def test_every_mistake_is_reported_at_once() -> None:
    with pytest.raises(SettingsError) as error:
        parse("enabled: 1\nreactivate: none\nnonsense: true")
    assert [f"line {line}" in str(error.value) for line in (1, 2, 3)] == [True, True, True]


def test_a_missing_file_names_the_variable_that_points_to_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ENTRA_EMPLY_SETTINGS"):
        load(tmp_path / "none.yaml")


def test_a_file_that_is_not_text_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load(tmp_path / "settings.yaml")


def test_the_version_follows_the_meaning_and_not_the_layout() -> None:
    assert parse(ROLE).version == parse("# a comment\n" + ROLE + "\nenabled:   true\n").version
    assert parse(ROLE).version != parse(ROLE.replace("default_role: Employee", "default_role: HR")).version


@pytest.mark.parametrize(
    ("percent", "population", "allowed"), [(5, 100, 5), (5, 101, 6), (33.3, 1000, 333), (33.3, 1001, 334), (0, 9, 5)]
)
def test_a_limit_is_the_larger_of_count_and_exact_share(percent: float, population: int, allowed: int) -> None:
    assert Limit(min_count=5, percent=percent).of(population) == allowed
