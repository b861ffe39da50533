"""Frames from JSON rows: defaults, order, and what is refused — by column, check, count and row ids, never by value."""

import time
import traceback
from collections.abc import Callable, Hashable
from typing import Any

import pandas as pd
import pandera.pandas as pandera
import pytest

from entra_emply.connectors import frame_checks
from entra_emply.connectors.emply import calendar_frames
from entra_emply.connectors.emply import frames as emply
from entra_emply.connectors.entra import frames as entra
from entra_emply.connectors.entra import mailbox_frames
from entra_emply.connectors.frame_checks import validate
from entra_emply.connectors.frames import describe, properties
from entra_emply.errors import SourceUnreadable

MODELS: list[type[pandera.DataFrameModel]] = [
    entra.Tenant, entra.Users, entra.Groups, entra.GroupMembers,
    entra.DeletedUsers, entra.Application, entra.Assigned, entra.Cursor,
    mailbox_frames.Photos, mailbox_frames.Mailboxes, mailbox_frames.Calendars, mailbox_frames.Events,
    mailbox_frames.Cursors,
    emply.Users, emply.Employees, emply.Roles, emply.Departments,
    calendar_frames.Calendars, calendar_frames.Events,
]  # fmt: skip
CANARY = "kaya@canary.example"
Build = Callable[[Any], pd.DataFrame]


def _values(frame: pd.DataFrame) -> list[dict[Hashable, Any]]:
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


@pytest.mark.parametrize("model", MODELS)
def test_every_column_is_described(model: type[pandera.DataFrameModel]) -> None:
    columns = describe(model)
    assert all(column.description for column in columns)
    assert len({column.description for column in columns}) == len(columns)
    assert model.__doc__


def test_absent_properties_have_the_rules_defaults() -> None:
    (person,) = _values(entra.users([{"id": "u"}]))
    defaults = {"entra_id": "u", "user_type": "Member", "account_enabled": True, "on_premises_sync_enabled": False}
    assert {name: value for name, value in person.items() if isinstance(value, str | bool)} == defaults
    assert [list(person[name]) for name in ("other_mails", "proxy_addresses")] == [[], []]
    (user,) = _values(emply.users([{"id": "u"}]))
    assert (user["active"], list(user["role_ids"]), user["username"]) == (True, [], None)
    (employee,) = _values(emply.employees([{"id": "e"}]))
    assert (employee["status"], employee["number"]) == ("active", None)
    (group,) = _values(entra.groups([{"id": "g"}]))
    assert group["dynamic"] is False
    (department,) = _values(emply.departments([{"id": "d"}]))
    assert department["active"] is True


def test_null_is_as_absent() -> None:
    names = ("accountEnabled", "userType", "mail", "onPremisesSyncEnabled")
    assert entra.users([{"id": "u", **dict.fromkeys(names)}]).equals(entra.users([{"id": "u"}]))


def test_text_is_kept_as_written() -> None:
    for text in (" Şükrü İpek ", "", "  ", "Ærø\u0301", "İ"):
        assert entra.users([{"id": "u", "displayName": text}])["display_name"][0] == text


def test_an_empty_list_is_a_frame_with_the_same_types() -> None:
    for build, row in ((entra.users, {"id": "u"}), (emply.users, {"id": "u"}), (emply.employees, {"id": "e"})):
        assert build([]).dtypes.equals(build([row]).dtypes)
    assert list(entra.members({}).columns) == ["group_id", "member_id", "member_type"]


def test_the_order_of_rows_never_matters() -> None:
    rows = [{"id": name, "mail": f"{name}@x"} for name in ("b", "A", "a", "ø", "0")]
    assert list(entra.users(rows)["entra_id"]) == ["0", "A", "a", "b", "ø"]
    assert entra.users(rows).equals(entra.users(rows[::-1]))
    member = {"@odata.type": "#microsoft.graph.user"}
    grouped = {"g2": [{"id": "b", **member}, {"id": "a", **member}], "g1": [{"id": "c", **member}]}
    assert entra.members(grouped).to_numpy().tolist() == [["g1", "c", "user"], ["g2", "a", "user"], ["g2", "b", "user"]]


def test_role_ids_are_sorted_and_unique() -> None:
    assert list(emply.users([{"id": "u", "roleIds": ["b", "a", "b"]}])["role_ids"][0]) == ["a", "b"]


def test_the_kind_of_a_member_is_graphs_type_without_its_namespace() -> None:
    rows = [
        {"id": str(n), "@odata.type": f"#microsoft.graph.{kind}"} for n, kind in enumerate(("user", "group", "device"))
    ]
    assert list(entra.members({"g": rows})["member_type"]) == ["user", "group", "device"]


def test_a_status_may_be_written_with_a_capital() -> None:
    assert list(emply.employees([{"id": "e", "status": "Archived"}])["status"]) == ["archived"]


REFUSED: list[tuple[Build, Any, str]] = [
    (entra.users, [{"mail": CANARY}], "entra_id is missing in 1 row"),
    (entra.users, [{"id": ""}], "entra_id is blank"),
    (entra.users, [{"id": 7}], "entra_id is not a text in 1 row"),
    (entra.users, [{"id": {"a": CANARY}}], "entra_id is not a text in 1 row"),
    (entra.users, [{"id": "u-1"}, {"id": "u-1"}], "entra_id is there more than once in 2 rows (ids u-1, u-1)"),
    (entra.users, [{"id": "u-1", "mail": 5}, {"id": "u-2"}], "mail is not a text in 1 row (ids u-1)"),
    (entra.users, [{"id": "u-1", "mail": [CANARY]}], "mail is not a text in 1 row (ids u-1)"),
    (entra.users, [{"id": "u-1", "accountEnabled": CANARY}], "account_enabled is not true or false in 1 row (ids u-1)"),
    (entra.users, [{"id": "u-1", "accountEnabled": 1}], "account_enabled is not true or false in 1 row (ids u-1)"),
    (entra.users, [CANARY, {"id": "u"}], "1 of 2 rows is not an object"),
    (entra.users, [{"id": CANARY, "mail": 1}], "mail is not a text in 1 row"),
    (entra.users, [{"id": f"u-{n}", "mail": n} for n in range(9)], "in 9 rows (ids u-0, u-1, u-2, u-3, u-4, …)"),
    (entra.groups, [{"id": "g", "groupTypes": 7}], "dynamic cannot be told from groupTypes in 1 row (ids g)"),
    (entra.members, {"g": [{"id": "m"}]}, "member_type is missing in 1 row"),
    (
        entra.members,
        {"g": [{"id": "m", "@odata.type": "#microsoft.graph.user"}] * 2},
        "there more than once with the same other ids",
    ),
    (entra.tenant, [], "exactly one tenant"),
    (entra.tenant, [{"id": "a"}, {"id": "b"}], "exactly one tenant"),
    (emply.users, [{"id": "u", "roleIds": CANARY}], "role_ids is not a list of texts in 1 row (ids u)"),
    (emply.users, [{"id": "u", "roleIds": [None]}], "role_ids is not a list of texts in 1 row (ids u)"),
    (emply.users, [{"id": "u", "roleIds": [1]}], "role_ids is not a list of texts in 1 row (ids u)"),
    (emply.employees, [{"id": "e", "number": 1.5}], "number is not a whole number in 1 row (ids e)"),
    (emply.employees, [{"id": "e", "number": True}], "number is not a whole number in 1 row (ids e)"),
    (emply.employees, [{"id": "e", "number": "12"}], "number is not a whole number in 1 row (ids e)"),
    (emply.employees, [{"id": "e", "number": 2**70}], "number is out of range"),
    (emply.employees, [{"id": "e", "status": CANARY}], "status is none of active, pending, archived in 1 row"),
]


@pytest.mark.parametrize(("build", "rows", "said"), REFUSED)
def test_what_is_wrong_is_told_without_values(build: Build, rows: object, said: str) -> None:
    with pytest.raises(SourceUnreadable) as refused:
        build(rows)
    assert said in str(refused.value)
    assert CANARY not in _everything(refused.value)


def _everything(error: BaseException) -> str:
    shown = "".join(traceback.format_exception(error)) + repr(error)
    return shown + "".join(_everything(each) for each in (error.__cause__, error.__context__) if each)


def test_a_stored_frame_is_checked_against_its_model() -> None:
    frame = entra.users([{"id": "u-1", "mail": CANARY}])
    assert validate(entra.Users, frame, "entra_users") is frame
    for wrong in (frame[["mail"]], frame.assign(more=1), frame[frame.columns[::-1]], frame.assign(mail=1)):
        with pytest.raises(SourceUnreadable) as refused:
            validate(entra.Users, wrong, "entra_users")
        assert CANARY not in _everything(refused.value)


SAMPLES: dict[type[pandera.DataFrameModel], list[pd.DataFrame]] = {
    entra.Users: [entra.users([{"id": "u-1", "mail": "łucja@x"}, {"id": "u-2"}])],
    emply.Employees: [emply.employees([{"id": "e-1", "number": 7}, {"id": "e-2", "status": "archived"}])],
    entra.GroupMembers: [entra.members({"g": [{"id": m, "@odata.type": "#microsoft.graph.user"} for m in "ab"]})],
    mailbox_frames.Photos: [mailbox_frames.photos({"u-1": "etag", "u-2": "etag"})],
}


@pytest.mark.parametrize("model", SAMPLES)
def test_what_is_accepted_without_pandera_is_accepted_by_it_too(model: type[pandera.DataFrameModel]) -> None:
    """Every column in turn: missing, empty, repeated, of another type or an unknown value, and left out."""
    (sound,) = SAMPLES[model]
    assert frame_checks._satisfies(model, sound)
    for name in sound.columns:
        column = sound[name]
        spoilt = [column.where(pd.Series(kept, index=column.index)) for kept in ([False, True], [False, False])]
        spoilt += [column.iloc[[0, 0]].reset_index(drop=True)]
        spoilt += [column.astype(object)] if column.dtype != "object" else []
        spoilt += [pd.Series(text, index=column.index, dtype="str") for text in ("", "Niemand", None)]
        for frame in [sound.drop(columns=name), *(sound.assign(**{name: values}) for values in spoilt)]:
            accepted = not frame_checks._failures(model, frame)
            assert accepted or not frame_checks._satisfies(model, frame), name


def test_times_are_in_utc_to_the_second() -> None:
    for start in ("2026-11-22T10:30:00Z", "2026-11-22T11:30:00+01:00", "2026-11-22T10:30:00.9Z", "2026-11-22T10:30:00"):
        event = {"id": "e", "start": start, "end": "2026-11-22T11:00:00Z"}
        assert calendar_frames.events({"c": [event]})["start"][0] == "2026-11-22T10:30:00Z"
    utc = {"dateTime": "2026-11-22T10:30:00.0000000", "timeZone": "UTC"}
    assert (
        mailbox_frames.events({("u", "c"): [{"id": "e", "start": utc, "end": utc}]})["end"][0] == "2026-11-22T10:30:00Z"
    )


def test_an_event_without_a_time_is_refused() -> None:
    local = {"dateTime": "2026-11-22T10:30:00", "timeZone": "Romance Standard Time"}
    for start in (local, None, "soon"):
        with pytest.raises(SourceUnreadable, match="start"):
            mailbox_frames.events({("u", "c"): [{"id": "e", "start": start, "end": start}]})


def test_an_occurrence_has_what_its_series_has() -> None:
    times = {name: {"dateTime": "2026-11-22T10:30:00", "timeZone": "UTC"} for name in ("start", "end")}
    series = {"id": "s", "type": "seriesMaster", "subject": "Stand-up", "showAs": "busy", **times}
    bare = {"id": "o", "type": "occurrence", "seriesMasterId": "s", **times}
    (event,) = _values(mailbox_frames.events({("u", "c"): [series, bare]}))
    assert (event["event_id"], event["title"], event["show_as"]) == ("o", "Stand-up", "busy")


def test_the_properties_to_select_are_those_of_the_columns() -> None:
    assert properties(entra.Tenant) == ("id", "displayName", "onPremisesSyncEnabled", "verifiedDomains")


def test_fifty_thousand_users_are_a_frame_in_a_moment() -> None:
    rows = [{"id": f"{n:032}", "mail": f"{n}@contoso.example", "accountEnabled": True} for n in range(50_000)]
    entra.users(rows[:1])
    start = time.process_time()  # whatever else the machine does
    entra.users(rows)
    assert time.process_time() - start < 0.6  # 0.07
