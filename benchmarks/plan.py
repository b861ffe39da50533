"""`benchmark plan`: join, rules and plan over N synthetic people. No HTTP, no database, no Dagster.

The company: three groups a user, 40 configured groups, and one person in ten who needs something. A person's place in
a thousand (`slot`) says what happened to them: the first 900 are as they should be, the others run through the rules.
"""

import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from entra_emply.reconciliation.inputs import Inputs, SyncState
from entra_emply.reconciliation.join import join
from entra_emply.reconciliation.mapping import mapping_of
from entra_emply.reconciliation.plan import make_plan
from entra_emply.reconciliation.settings import Group, Settings

_GROUPS = 40
_NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
_ARROW_LIST = pd.ArrowDtype(pa.list_(pa.string()))

Numbers = npt.NDArray[np.int64]
Result = TypeVar("Result")


def benchmark_plan(users: int) -> dict[str, object]:
    """Seconds for each stage and peak memory (MiB, of the whole process, the making of the company included)."""
    seconds: dict[str, float] = {}

    def timed(stage: str, work: Callable[[], Result]) -> Result:
        start = time.perf_counter()
        result = work()
        seconds[stage] = round(time.perf_counter() - start, 3)
        return result

    inputs = synthetic_inputs(users)
    mapping = mapping_of(inputs)
    joined = timed("join", lambda: join(inputs, mapping))
    plan = timed("rules and plan", lambda: make_plan(inputs, joined))
    return {
        "users": users,
        "memberships": len(inputs.entra_group_members),
        "actions": len(plan.actions),
        "findings": len(plan.findings),
        "rules": sorted({*plan.actions["rule"], *plan.findings["rule"]}),
        "seconds": seconds | {"total": round(sum(seconds.values()), 3)},
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def synthetic_inputs(users: int) -> Inputs:
    """A company of `users` people in which every rule of M, L, R, A and G has something to do."""
    number = np.arange(users)
    slot = number % 1000
    return Inputs(
        entra_tenant=pd.DataFrame(
            {"tenant_id": ["t"], "display_name": ["Contoso"], "on_premises_sync_enabled": [False]}
        ),
        entra_users=_entra_users(number, slot),
        entra_groups=pd.DataFrame(
            {
                "group_id": _ids("g", np.arange(_GROUPS + 1)),
                "display_name": _group_names(),
                "dynamic": False,
                "hidden": False,
            }
        ),
        entra_group_members=_members(number, slot),
        emply_users=_emply_users(number, slot),
        emply_employees=_employees(number, slot),
        emply_roles=pd.DataFrame(
            {"role_id": _ids("r", np.arange(_GROUPS + 2)), "title": [f"Role {i}" for i in range(_GROUPS + 2)]}
        ),
        emply_departments=pd.DataFrame({"department_id": _ids("d", np.arange(1)), "title": ["Copenhagen"]}),
        state=_state(number, slot),
        settings=Settings(
            synchronize_roles=True,
            protected_roles=(f"Role {_GROUPS + 1}",),
            groups=(
                *(
                    Group(group=f"Group {i}", default_role=f"Role {i}", default_department="Copenhagen")
                    for i in range(_GROUPS)
                ),
                Group(group="Rooms", meeting_rooms=True),
            ),
        ),
    )


def _entra_users(number: Numbers, slot: Numbers) -> pd.DataFrame:
    """990 and 991 share an address, 992 carries one that the login of 0 has, 993 and 994 have none."""
    address = _address(np.select([slot == 991, slot == 992], [number - 1, number - 992], number))
    mail = _text(address, slot != 993, slot != 994)
    upn = _text(_joined("u", number, "@contoso.com"))
    guest = slot == 994
    upn = upn.where(~guest, _text(_joined("g", number, "_x.com#EXT#@contoso.com")))
    upn = upn.where(slot != 993, _text(_joined("n", number, "#ext#@contoso.com")))
    return pd.DataFrame(
        {
            "entra_id": _ids("e", number),
            "user_principal_name": upn,
            "mail": mail,
            "given_name": _text(_joined("Søren", number % 977, "")),
            "surname": _text(_joined("Łukasz", number % 1009, "")),
            "display_name": _text(_joined("Name", number, "")),
            "job_title": _text(_joined("Title", number % 31, "")),
            "mobile_phone": _text(_joined("+45", 10_000_000 + number, "")),
            "user_type": pd.Series(np.where(guest, "Guest", "Member"), dtype="str"),
            "account_enabled": ~_between(slot, 970, 974),
            "on_premises_sync_enabled": False,
            "other_mails": _no_lists(number),
            "proxy_addresses": _no_lists(number),
        }
    )


def _no_lists(number: Numbers) -> "pd.Series[Any]":
    offsets = np.zeros(len(number) + 1, dtype=np.int32)
    nothing = pa.ListArray.from_arrays(offsets, pa.array([], type=pa.string()))
    return pd.Series(pd.array(nothing, dtype=pd.ArrowDtype(nothing.type)))


def _members(number: Numbers, slot: Numbers) -> pd.DataFrame:
    """Three groups a user; leavers of groups (965-969, 975-979, 982-983, 998-999) have none, 980-981 are rooms."""
    out = _between(slot, 965, 969) | _between(slot, 975, 983) | (slot >= 998)
    inside = number[~out]
    group = np.concatenate([_group(inside, place) for place in range(3)])
    rooms = number[_between(slot, 980, 981)]
    return pd.DataFrame(
        {
            "group_id": _ids("g", np.concatenate([group, np.full(len(rooms), _GROUPS)])),
            "member_id": _ids("e", np.concatenate([np.tile(inside, 3), rooms])),
            "member_type": pd.Series(["user"], dtype="str").repeat(3 * len(inside) + len(rooms)).reset_index(drop=True),
        }
    )


def _emply_users(number: Numbers, slot: Numbers) -> pd.DataFrame:
    """Everybody but the joiners (900-914, 989, 990-994) has a login."""
    has = ~(_between(slot, 900, 914) | _between(slot, 989, 994))
    number, slot = number[has], slot[has]
    missing, protected = _between(slot, 935, 944), slot == 996
    roles = [_group(number, place) for place in range(3)]
    first = np.select([missing, protected], [_GROUPS, _GROUPS + 1], roles[0])
    roles[0] = np.where(_between(slot, 925, 934), _GROUPS, first)
    flat = np.sort(np.stack(roles, axis=1), axis=1).ravel()
    lists = pa.ListArray.from_arrays(np.arange(0, len(flat) + 1, 3, dtype=np.int32), pa.array(_ids("r", flat)))
    return pd.DataFrame(
        {
            "emply_user_id": _ids("l", number),
            "username": _text(_joined("u", number, "@contoso.com"), ~_between(slot, 960, 964)),
            "email": _text(_address(number), slot != 995, ~_between(slot, 955, 959)),
            "first_name": _text(_joined("Søren", number % 977, "")),
            "last_name": _text(_joined("Łukasz", number % 1009, "")),
            "job_title": _text(_joined("Title", np.where(_between(slot, 945, 954), 99, number % 31), "")),
            "mobile_phone": _text(_joined("+45", 10_000_000 + number, "")),
            "role_ids": pd.Series(lists, dtype=_ARROW_LIST),
            "department_id": _ids("d", np.zeros(len(number), dtype=np.int64)),
            "language": "da-DK",
            "time_zone": "Europe/Copenhagen",
            "currency": "DKK",
            "employee_id": _text(_ids("p", number), _is_employee(slot)),
            "active": ~_between(slot, 984, 987),
        }
    )


def _employees(number: Numbers, slot: Numbers) -> pd.DataFrame:
    """Four in five are employees, as in an HR system; 988 and 989 are archived, 997 is there twice, 999 stays."""
    own = number[_is_employee(slot) | (slot == 989)]
    twice = number[slot == 997]
    who = np.concatenate([own, twice])
    archived = np.isin(who % 1000, (988, 989))
    return pd.DataFrame(
        {
            "employee_id": pd.concat([_ids("p", own), _ids("q", twice)], ignore_index=True),
            "number": pd.Series(np.arange(len(who)), dtype="Int64"),
            "first_name": "Søren",
            "last_name": "Łukasz",
            "email": _text(_address(who)),
            "status": pd.Series(np.where(archived, "archived", "active"), dtype="str"),
            "job_title": "Title",
            "mobile_phone": pd.Series(pd.NA, index=range(len(who)), dtype="str"),
            "department_id": "d",
            "resignation_date": pd.Series(pd.NA, index=range(len(who)), dtype="str"),
        }
    )


def _state(number: Numbers, slot: Numbers) -> SyncState:
    """Everybody with a login is linked, but for who is matched now (955-964) and the external 998."""
    linked = ~(_between(slot, 900, 914) | _between(slot, 955, 964) | _between(slot, 989, 994) | (slot == 998))
    number, slot = number[linked], slot[linked]
    joined = np.tile(_between(slot, 915, 924), 3) & (np.arange(3 * len(number)) < len(number))
    group = np.concatenate([_group(number, place) for place in range(3)])
    role = np.where(np.tile(_between(slot, 925, 934), 3) & (np.arange(len(group)) < len(number)), _GROUPS, group)
    stale = np.tile(_between(slot, 982, 983), 3)
    states = pd.DataFrame(
        {
            "emply_user_id": _ids("l", np.tile(number, 3)),
            "group_id": _text(_ids("g", np.where(stale, 900 + group, group))),
            "role_id": _text(_ids("r", role), np.tile(~_is_employee(slot), 3)),
        }
    )[~joined]
    gone = _between(slot, 965, 969)
    deactivated = number[_between(slot, 984, 986)]
    frames = {
        "links": pd.DataFrame(
            {"entra_id": _ids("x", number).where(gone, _ids("e", number)), "emply_user_id": _ids("l", number)}
        ),
        "role_states": states,
        "deactivations": pd.DataFrame(
            {"emply_user_id": _ids("l", deactivated), "at": _NOW - timedelta(days=9), "approved": False}
        ),
        "group_counts": pd.DataFrame({"group_id": _ids("g", np.arange(_GROUPS)), "members": 9}),
    }
    return SyncState.of(frames, read_at=_NOW)


def _is_employee(slot: Numbers) -> npt.NDArray[np.bool_]:
    return ((slot < 900) & (slot % 5 > 0)) | np.isin(slot, (988, 997, 999))


def _group(number: Numbers, place: int) -> Numbers:
    """The group (0-39) that a person has in the first, second or third place; three different ones."""
    return (number + 13 * place) % _GROUPS


def _group_names() -> list[str]:
    return [*(f"Group {i}" for i in range(_GROUPS)), "Rooms"]


def _between(slot: Numbers, first: int, last: int) -> npt.NDArray[np.bool_]:
    return (slot >= first) & (slot <= last)


def _ids(letter: str, number: Numbers) -> "pd.Series[str]":
    return _text(_joined(f"{letter}0000000-0000-4000-8000-", number, ""))


def _address(number: Numbers) -> pa.Array:
    return _joined("Given.Surname", number, "@Contoso.com")


def _joined(before: str, number: Numbers, after: str) -> pa.Array:
    digits = pc.utf8_lpad(pc.cast(pa.array(number), pa.string()), width=12, padding="0")
    return pc.binary_join_element_wise(before, digits, after, "")


def _text(values: "pa.Array | pd.Series[str]", *keep: npt.NDArray[np.bool_]) -> "pd.Series[str]":
    """The texts as a column, missing wherever one of `keep` is false."""
    text = pd.Series(values, dtype="str")
    for mask in keep:
        text = text.where(mask)
    return text
