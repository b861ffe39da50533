"""A list that is empty, cut off, refused or throttled harms nobody, and the next healthy run goes on as if nothing had
been: every list of both systems × every fault × the first, second and third run.
"""

from typing import Any

import pytest

from tests.system.conftest import Installation, Row

LISTS = {
    "users": r"^/v1\.0/users$",
    "groups": r"^/v1\.0/groups$",
    "members": r"^/v1\.0/groups/[^/]+/members$",
    "organization": r"^/v1\.0/organization$",
    "emply users": r"/users$",
    "emply employees": r"/employees$",
    "emply roles": r"/roles$",
    "emply departments": r"/departments$",
}
FAULTS: dict[str, Any] = {
    "empty": {"status": 200, "body": {"value": []}},
    "cut in half": {"truncate": 0.5},
    "not found": {"status": 404},
    "forbidden": {"status": 403},
    "broken server": {"status": 500, "headers": {"Retry-After": "0"}},
    "throttled for long": {"status": 429, "headers": {"Retry-After": "600"}},
    "connection broken": {"close": "mid-body"},
}
EVERYTHING = [(name, fault, run) for name in LISTS for fault in FAULTS for run in (1, 2, 3)]
SHARE = [("users", "empty", 2), ("members", "not found", 1), ("emply users", "cut in half", 2)]


@pytest.mark.parametrize(("name", "fault", "run"), SHARE)
def test_a_half_read_source_harms_nobody(installation: Installation, name: str, fault: str, run: int) -> None:
    _harms_nobody(installation, name, fault, run)


@pytest.mark.campaign
@pytest.mark.parametrize(("name", "fault", "run"), EVERYTHING)
def test_no_half_read_source_ever_harms_anybody(installation: Installation, name: str, fault: str, run: int) -> None:
    _harms_nobody(installation, name, fault, run)


def _harms_nobody(installation: Installation, name: str, fault: str, run: int) -> None:
    for _ in range(run - 1):
        installation.sync()
    before, log = installation.logins(), len(installation.writes())
    what = FAULTS[fault]
    if fault == "empty" and name.startswith("emply"):
        what = {**what, "body": []}
    installation.sandbox.put_faults({"path": LISTS[name], "method": "GET", "fault": what})
    done = installation.run("sync")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), (done.returncode, done.stdout, done.stderr)
    assert installation.logins() == before
    assert len(installation.writes()) == log
    installation.sandbox.put_faults()
    installation.sync()
    assert _harmed(before, installation.logins(), first=run == 1) == []


def _harmed(before: dict[str, Row], after: dict[str, Row], *, first: bool) -> list[str]:
    """Who lost a login, or got one twice; on a later run, whoever changed at all."""
    lost = [name for name, row in before.items() if row.get("active", True) and not after[name].get("active", True)]
    changed = [name for name in after if before.get(name) != after[name]]
    return lost if first else changed
